//! Policies of namespaces, as a file says them.

use std::collections::BTreeMap;

use goalpost_model::{Namespace, Policy, PolicyRule};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::{DuplicateKeyPolicy, Options};

use crate::policy::{CompiledPolicy, Mistake};
use crate::{Case, Ruling};

/// Bytes of a file.
const MAX_BYTES: usize = 1 << 20;
/// Mappings, lists and scalars of a file.
const MAX_NODES: usize = 50_000;
/// Events that aliases may add to a file; stops an alias bomb.
const MAX_REPLAYED_EVENTS: usize = 100_000;

/// The policies of a deployment.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    of: BTreeMap<Namespace, CompiledPolicy>,
    others: Option<CompiledPolicy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    policies: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Absent: of every namespace that has none of its own.
    #[serde(default)]
    namespace: Option<String>,
    rules: Vec<PolicyRule>,
}

impl Policies {
    /// Reads a file of policies.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: &str) -> Result<Self, Vec<Mistake>> {
        let document: Document = parsed(text)?;
        let mut policies = Self::default();
        let mut mistakes = Vec::new();
        for (place, Entry { namespace, rules }) in document.policies.into_iter().enumerate() {
            let mut mistake = |field: &str, message: String| {
                mistakes.push(Mistake { field: format!("policies[{place}].{field}"), message });
            };
            let namespace = match namespace.as_deref().map(str::parse::<Namespace>).transpose() {
                Ok(namespace) => namespace,
                Err(error) => {
                    mistake("namespace", error.to_string());
                    continue;
                }
            };
            let policy = match CompiledPolicy::compile(&Policy { rules }) {
                Ok(policy) => policy,
                Err(found) => {
                    found.into_iter().for_each(|found| mistake(&found.field, found.message));
                    continue;
                }
            };
            let earlier = match namespace {
                Some(namespace) => policies.of.insert(namespace, policy),
                None => policies.others.replace(policy),
            };
            if earlier.is_some() {
                mistake("namespace", "has another policy before; put all rules into one".to_owned());
            }
        }
        if mistakes.is_empty() { Ok(policies) } else { Err(mistakes) }
    }

    /// The number of policies.
    pub fn len(&self) -> usize {
        self.of.len() + usize::from(self.others.is_some())
    }

    /// Whether every plan is admitted, as far as goals say nothing of their own.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is something to decide for a goal of this namespace.
    pub fn cover(&self, namespace: &Namespace) -> bool {
        self.policy_of(namespace).is_some()
    }

    /// What becomes of a plan, by the policy of its namespace and the goal's own.
    pub fn decide(&self, namespace: &Namespace, own: Option<&CompiledPolicy>, case: &Case) -> Ruling {
        let of_namespace = self
            .policy_of(namespace)
            .map_or(Ruling::Admit, |policy| policy.decide(&format!("namespace {namespace}"), case));
        of_namespace.and(own.map_or(Ruling::Admit, |policy| policy.decide("goal", case)))
    }

    fn policy_of(&self, namespace: &Namespace) -> Option<&CompiledPolicy> {
        self.of.get(namespace).or(self.others.as_ref())
    }
}

/// Reads a file with the policy of one goal: its `rules`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_policy(text: &str) -> Result<Policy, Vec<Mistake>> {
    let policy = parsed(text)?;
    CompiledPolicy::compile(&policy).map(|_| policy)
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, Vec<Mistake>> {
    let wrong = |message: String| vec![Mistake { field: "the file".to_owned(), message }];
    if text.len() > MAX_BYTES {
        return Err(wrong(format!("is larger than {MAX_BYTES} bytes")));
    }
    serde_saphyr::from_str_with_options(text, options())
        .map_err(|error| wrong(format!("cannot be read: {}", error.without_snippet())))
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: MAX_NODES, max_documents: 1 },
        duplicate_keys: DuplicateKeyPolicy::Error,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPLAYED_EVENTS },
        strict_booleans: true,
        emit_comments: false,
    }
}
