//! The graph of tasks and edges that a workflow runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Budget, Capability, Compensation, Digest, ForEach, Join, Loop, Priority, RetryPolicy, Run, Timeouts,
    canonical_json,
};

/// An immutable graph of tasks and edges.
///
/// It carries the definitions of the capabilities that it uses, so that a later
/// change of the catalog cannot touch a workflow that runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blueprint {
    /// A short name for people.
    pub name: String,
    /// The nodes. A task's place in this list is its ordinal.
    pub tasks: Vec<Task>,
    /// The edges.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// What comes out of the workflow: a dotted path, and the CEL expression whose value goes there when it
    /// has succeeded. Empty: the outputs of the last tasks, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub output: BTreeMap<String, String>,
    /// The capabilities in use, as the catalog had them when the blueprint was checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<Capability>,
    /// How long the workflow may run, in milliseconds; then it fails. 0: as long as it takes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deadline_ms: u64,
    /// Whether each task that changes something outside has to say what undoes it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub require_compensation: bool,
    /// How many tasks the workflow may come to have, those of every item and iteration included; the task that
    /// would begin one more fails. 0: as many as any workflow may.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_tasks: u32,
    /// What the workflow may take at most. A blueprint whose worst case is beyond it is refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub budget: Budget,
    /// How often a workflow whose failure nothing takes up is planned anew instead of failing. 0: never.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_replans: u32,
    /// The digest of the blueprint that it takes the place of in a workflow that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Digest>,
}

/// One node of a blueprint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Unique in its blueprint.
    pub name: String,
    /// The capability that does it; empty if it runs a graph of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub capability: String,
    /// The constant part of its input.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub input: Map<String, Value>,
    /// Dotted path in the input <- CEL expression, evaluated when the task becomes ready.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data_flow: BTreeMap<String, String>,
    /// When it becomes ready.
    #[serde(default, skip_serializing_if = "is_default")]
    pub join: Join,
    /// What becomes of tasks that lead only to it, once its join is met without them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rest: Rest,
    /// Which of its edges whose conditions hold are taken.
    #[serde(default, skip_serializing_if = "is_default")]
    pub branch: Branch,
    /// What happens after a failed attempt.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: RetryPolicy,
    /// How long its attempts may take.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeouts: Timeouts,
    /// It runs only while it holds a key that so many tasks of the namespace may hold at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_key: Option<ConcurrencyKey>,
    /// How much it may claim against others that wait. Absent: as much as its goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Whether what comes out of it is a blueprint, which then runs inside of it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub extends: bool,
    /// What undoes it, if its workflow fails or is cancelled after it has succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensate_with: Option<Compensation>,
    /// It runs a graph for each item of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_each: Option<ForEach>,
    /// It runs a graph again and again.
    #[serde(default, rename = "loop", skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Loop>,
    /// It runs another blueprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// The workflow does without it from now on. Only in blueprints that take the place of others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub withdrawn: bool,
}

/// A key that tasks of all workflows of a namespace share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConcurrencyKey {
    /// CEL expression that gives the key's name, evaluated where the task's data flow is.
    pub key: String,
    /// How many tasks may hold it at once.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub limit: u32,
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_one(limit: &u32) -> bool {
    *limit == 1
}

/// What becomes of tasks that lead to nothing else, once a join is met without them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// They go on; what comes of them is ignored.
    #[default]
    Ignore,
    /// They are cancelled, and so is what leads only to them.
    Cancel,
}

/// Which of the edges of a task whose conditions hold are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Branch {
    /// All of them.
    #[default]
    Inclusive,
    /// The first one; those without a condition are taken all the same.
    Exclusive,
}

/// From one task to another: taken or not taken when its source ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The task at whose end the edge is decided.
    #[serde(rename = "from", alias = "source")]
    pub source: String,
    /// The task that it leads to.
    #[serde(rename = "to", alias = "target")]
    pub target: String,
    /// Which end of the source lets it be taken.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on: EdgeOn,
    /// CEL expression that gives a boolean; empty means true.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Taken if none of the edges from the same task that have a condition is taken.
    #[serde(default, skip_serializing_if = "is_default")]
    pub otherwise: bool,
    /// Dotted path in the target's input <- CEL expression, evaluated when the target becomes ready.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data_flow: BTreeMap<String, String>,
}

/// Which end of the source lets an edge be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeOn {
    /// The source succeeded.
    #[default]
    Success,
    /// The source failed for good.
    Failure,
    /// The source succeeded or failed.
    Always,
}

impl Blueprint {
    /// The canonical form: JSON with sorted keys, no white space, defaults left out,
    /// whole numbers without a fraction.
    pub fn canonical(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        canonical_json(&value)
    }

    /// SHA-256 of the canonical form.
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
