//! Somebody who calls.

use std::collections::BTreeSet;

use goalpost_model::Namespace;

use crate::{Grant, Role, Rule};

/// How somebody has proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not at all: the service is open.
    Open,
    /// With the key that a deployment begins with.
    Bootstrap,
    /// With an API key.
    ApiKey,
    /// With a token of an identity provider.
    Token,
    /// With a service's certificate.
    Service,
}

/// Somebody who calls, and what they may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// How they have proved who they are.
    pub kind: Kind,
    /// Who they are: the name of a key, the subject of a token, a service. Empty where the service is open.
    pub name: String,
    /// What they may be.
    pub grants: Vec<Grant>,
}

impl Principal {
    /// Everybody, where the service is open.
    pub fn open() -> Self {
        Self { kind: Kind::Open, name: String::new(), grants: Vec::new() }
    }

    /// One of the system's services.
    pub fn service(name: &str) -> Self {
        Self { kind: Kind::Service, name: name.to_owned(), grants: Vec::new() }
    }

    /// Whether they may do this at all, somewhere.
    pub fn may(&self, rule: &Rule) -> bool {
        match self.kind {
            Kind::Open => true,
            Kind::Service => rule.services.contains(&self.name.as_str()),
            Kind::Bootstrap | Kind::ApiKey | Kind::Token => self.fitting(rule).next().is_some(),
        }
    }

    /// Whether they may do this in the namespace.
    pub fn may_in(&self, rule: &Rule, namespace: &Namespace) -> bool {
        match self.kind {
            Kind::Open | Kind::Service => self.may(rule),
            Kind::Bootstrap | Kind::ApiKey | Kind::Token => {
                self.fitting(rule).any(|grant| grant.holds_in(namespace))
            }
        }
    }

    /// Where they may do this; `None`: everywhere.
    pub fn namespaces(&self, rule: &Rule) -> Option<BTreeSet<Namespace>> {
        match self.kind {
            Kind::Open | Kind::Service if self.may(rule) => None,
            Kind::Open | Kind::Service => Some(BTreeSet::new()),
            // One that holds everywhere makes it everywhere.
            Kind::Bootstrap | Kind::ApiKey | Kind::Token => {
                self.fitting(rule).map(|grant| grant.namespace.clone()).collect()
            }
        }
    }

    /// Whether a worker of theirs may offer the capability.
    pub fn may_offer(&self, capability: &str) -> bool {
        self.kind == Kind::Open || self.grants.iter().any(|grant| grant.lets_offer(capability))
    }

    /// Whether they may give the grant to somebody else: administrators may, as far as they are ones themselves.
    pub fn may_give(&self, grant: &Grant) -> bool {
        let covers = |own: &Grant| {
            own.role == Role::Admin && (own.namespace.is_none() || own.namespace == grant.namespace)
        };
        self.kind == Kind::Open || self.grants.iter().any(covers)
    }

    fn fitting(&self, rule: &Rule) -> impl Iterator<Item = &Grant> {
        let fits = |grant: &&Grant| {
            rule.roles.contains(&grant.role) && !(rule.everywhere && grant.namespace.is_some())
        };
        self.grants.iter().filter(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(grants: &[&str]) -> Principal {
        let grants = grants.iter().map(|grant| grant.parse().unwrap()).collect();
        Principal { kind: Kind::ApiKey, name: "ann".into(), grants }
    }

    fn namespace(name: &str) -> Namespace {
        name.parse().unwrap()
    }

    #[test]
    fn a_grant_holds_in_its_namespace_alone() {
        let rule = crate::rule("/goalpost.v1.CentralDecisionGroup/GetGoal").unwrap();
        let ann = somebody(&["viewer@a", "operator@b"]);
        assert!(ann.may_in(rule, &namespace("a")) && ann.may_in(rule, &namespace("b")));
        assert!(!ann.may_in(rule, &namespace("c")));
        assert_eq!(ann.namespaces(rule), Some(BTreeSet::from([namespace("a"), namespace("b")])));
        assert_eq!(somebody(&["viewer@a", "viewer@*"]).namespaces(rule), None);
        assert_eq!(Principal::open().namespaces(rule), None);
        assert_eq!(somebody(&["worker@*"]).namespaces(rule), Some(BTreeSet::new()));
    }

    #[test]
    fn what_is_about_everything_needs_a_role_everywhere() {
        let rule = crate::rule("/goalpost.v1.Persistence/Verify").unwrap();
        assert!(!somebody(&["operator@a", "admin@a"]).may(rule));
        assert!(somebody(&["operator@*"]).may(rule));
    }

    #[test]
    fn nobody_gives_what_they_do_not_have() {
        let give = |own: &str, grant: &str| somebody(&[own]).may_give(&grant.parse().unwrap());
        assert!(give("admin@*", "admin@*") && give("admin@*", "worker@*") && give("admin@a", "viewer@a"));
        assert!(
            !give("admin@a", "viewer@b") && !give("admin@a", "viewer@*") && !give("operator@*", "viewer@a")
        );
    }

    #[test]
    fn a_service_does_what_services_do() {
        let rule = |rpc| crate::rule(rpc).unwrap();
        let group = Principal::service("decision-group");
        assert!(group.may(rule("/goalpost.v1.GraphEngine/CreateWorkflow")));
        assert!(!group.may(rule("/goalpost.v1.CentralDecisionGroup/SubmitGoal")));
        assert!(!Principal::service("planner").may(rule("/goalpost.v1.GraphEngine/CreateWorkflow")));
    }
}
