//! A role, and where it holds.

use std::fmt;
use std::str::FromStr;

use goalpost_model::Namespace;

use crate::Role;

/// A role in one namespace, or in every one. Written `ROLE@NAMESPACE`, with `*` for every namespace; that of a worker may
/// name what it offers: `worker:CAPABILITY@*`, where a capability that ends in `*` stands for all that begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where it holds; `None`: everywhere.
    pub namespace: Option<Namespace>,
    /// What a worker may offer; `None`: everything.
    pub capability: Option<String>,
}

/// Text that is no grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrant {
    /// It does not look like one.
    #[error(
        "'{0}' is no grant: write ROLE@NAMESPACE, such as submitter@production or viewer@*; roles are viewer, \
         submitter, approver, operator, worker and admin"
    )]
    Form(String),
    /// A worker of one namespace.
    #[error(
        "'{0}': workers serve the goals of every namespace; write worker@*, or worker:CAPABILITY@* for a worker of \
         certain capabilities"
    )]
    WorkerOfOne(String),
}

impl Grant {
    /// A role everywhere.
    pub fn everywhere(role: Role) -> Self {
        Self { role, namespace: None, capability: None }
    }

    /// Whether it holds in the namespace.
    pub fn holds_in(&self, namespace: &Namespace) -> bool {
        self.namespace.as_ref().is_none_or(|own| own == namespace)
    }

    /// Whether a worker with it may offer the capability.
    pub fn lets_offer(&self, capability: &str) -> bool {
        self.role == Role::Worker
            && self.capability.as_deref().is_none_or(|own| match own.strip_suffix('*') {
                Some(beginning) => capability.starts_with(beginning),
                None => own == capability,
            })
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, namespace, capability } = self;
        write!(f, "{role}")?;
        if let Some(capability) = capability {
            write!(f, ":{capability}")?;
        }
        match namespace {
            Some(namespace) => write!(f, "@{namespace}"),
            None => write!(f, "@*"),
        }
    }
}

impl FromStr for Grant {
    type Err = InvalidGrant;

    fn from_str(text: &str) -> Result<Self, InvalidGrant> {
        let wrong = || InvalidGrant::Form(text.to_owned());
        let (who, place) = text.split_once('@').ok_or_else(wrong)?;
        let (role, capability) = match who.split_once(':') {
            Some((role, capability)) if !capability.is_empty() => (role, Some(capability.to_owned())),
            Some(_) => return Err(wrong()),
            None => (who, None),
        };
        let role: Role = role.parse().map_err(|()| wrong())?;
        let namespace = match place {
            "*" => None,
            name => Some(name.parse::<Namespace>().map_err(|_| wrong())?),
        };
        if capability.is_some() && role != Role::Worker {
            return Err(wrong());
        }
        if role == Role::Worker && namespace.is_some() {
            return Err(InvalidGrant::WorkerOfOne(text.to_owned()));
        }
        Ok(Self { role, namespace, capability })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_read_as_it_is_written() {
        for text in ["viewer@default", "admin@*", "worker@*", "worker:weather.fetch@*", "worker:weather.*@*"]
        {
            assert_eq!(text.parse::<Grant>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_grant_says_how_to_write_one() {
        for text in ["", "viewer", "viewer@", "@default", "root@*", "viewer:x@*", "worker:@*", "viewer@a b"] {
            assert!(matches!(text.parse::<Grant>(), Err(InvalidGrant::Form(_))), "{text}");
        }
        assert!(matches!("worker@default".parse::<Grant>(), Err(InvalidGrant::WorkerOfOne(_))));
    }

    #[test]
    fn a_worker_offers_what_its_grant_names() {
        let may = |grant: &str, capability: &str| grant.parse::<Grant>().unwrap().lets_offer(capability);
        assert!(may("worker@*", "a.b") && may("worker:a.b@*", "a.b") && may("worker:a.*@*", "a.b"));
        assert!(!may("worker:a.b@*", "a.c") && !may("worker:a.*@*", "b.a") && !may("admin@*", "a.b"));
    }
}
