//! What has to be decided before a plan may run, and by whom.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::blueprint::is_default;
use crate::{Blueprint, Effect, UnknownWord, all_tasks};

/// What becomes of plans. The first rule whose condition holds decides; a plan that no rule is for is admitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The rules, in order.
    #[serde(default)]
    pub rules: Vec<PolicyRule>,
}

/// One rule of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    /// What it is called in decisions.
    pub name: String,
    /// CEL over `goal`, `submission` and `plan`; empty: it always holds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// What becomes of a plan for which it holds.
    pub verdict: RuleVerdict,
    /// Why, for those who are refused or asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who has to approve, if the verdict is `approval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalTerms>,
}

/// What becomes of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    /// It runs.
    #[default]
    Admit,
    /// It never runs.
    Refuse,
    /// It runs once it is approved.
    Approval,
}

/// Who has to approve a plan, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalTerms {
    /// The principals that may decide; empty: every one may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deciders: Vec<String>,
    /// How many of them have to approve. One that rejects is enough to reject.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub quorum: u32,
    /// How long it may take, in milliseconds; 0: any time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deadline_ms: u64,
    /// What the deadline decides.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at_deadline: AtDeadline,
}

/// What the deadline of an approval decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtDeadline {
    /// The plan does not run.
    #[default]
    Reject,
    /// The plan runs.
    Approve,
}

impl AtDeadline {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Reject, Self::Approve];

    /// The word stored for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Approve => "approve",
        }
    }
}

impl FromStr for AtDeadline {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|one| one.as_str() == word).ok_or_else(|| UnknownWord::new(word))
    }
}

impl Default for ApprovalTerms {
    /// Anybody, once, at any time.
    fn default() -> Self {
        Self { deciders: Vec::new(), quorum: 1, deadline_ms: 0, at_deadline: AtDeadline::Reject }
    }
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_one(quorum: &u32) -> bool {
    *quorum == 1
}

impl Blueprint {
    /// Those of its capabilities that change something outside. One that it does not define counts as such; what needs no worker changes nothing.
    pub fn writes(&self) -> BTreeSet<&str> {
        let is_read = |name: &str| {
            self.capabilities.iter().any(|known| known.name == name && known.effect == Effect::Read)
        };
        self.capabilities_used().into_iter().filter(|name| !is_read(name)).collect()
    }

    /// The capabilities of workers that its tasks use, those inside of others and those that compensate included; without
    /// those of tasks that are withdrawn.
    pub fn capabilities_used(&self) -> BTreeSet<&str> {
        let needs_worker = |name: &&str| !name.starts_with("goalpost.");
        let live = self.tasks.iter().filter(|task| !task.withdrawn);
        let live = live.flat_map(|task| all_tasks(std::slice::from_ref(task)));
        let names = live.flat_map(|task| {
            let undo = task.compensate_with.as_ref().map(|undo| undo.capability.as_str());
            [task.performs()].into_iter().chain(undo)
        });
        names.filter(needs_worker).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_blueprint_writes_what_is_not_known_to_read() {
        let blueprint: Blueprint = serde_json::from_value(json!({
            "name": "b",
            "tasks": [
                {"name": "look", "capability": "x.look"},
                {"name": "each", "for_each": {"body": {"tasks": [
                    {"name": "change", "capability": "x.change", "compensate_with": {"capability": "x.undo"}},
                ]}}},
                {"name": "wait", "capability": "goalpost.wait"},
                {"name": "other", "capability": "x.other"},
            ],
            "capabilities": [{"name": "x.look", "effect": "read"}, {"name": "x.change"}],
        }))
        .unwrap();
        assert_eq!(blueprint.writes().into_iter().collect::<Vec<_>>(), ["x.change", "x.other", "x.undo"]);
        assert_eq!(blueprint.capabilities_used().len(), 4);
    }

    #[test]
    fn a_policy_is_written_as_it_is_read() {
        let written = json!({"rules": [
            {"name": "writes", "when": "size(plan.writes) > 0", "verdict": "approval", "reason": "it writes",
             "approval": {"deciders": ["ann", "ben"], "quorum": 2, "deadline_ms": 5, "at_deadline": "approve"}},
            {"name": "rest", "verdict": "admit"},
        ]});
        let policy: Policy = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(policy).unwrap(), written);
    }
}
