//! What a model answers: a plan in a form that the strictest endpoints can be bound to.
//!
//! All graphs are in one list, as a schema without recursion wants it; constants are JSON as text and maps are lists,
//! as one with closed objects does. `prompts/answer.v1.schema.json` is the same as a schema.

use serde::Deserialize;

/// A plan, or why there is none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// Why the capabilities cannot reach the goal; empty if they can.
    #[serde(default)]
    pub(crate) impossible: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) tasks: Vec<Task>,
    #[serde(default)]
    pub(crate) edges: Vec<Edge>,
    #[serde(default)]
    pub(crate) output: Vec<Flow>,
}

/// A task of any of its graphs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) name: String,
    /// The task whose graph it is in; empty: the outermost one.
    #[serde(default)]
    pub(crate) inside: String,
    #[serde(default)]
    pub(crate) repeat: Repeat,
    #[serde(default)]
    pub(crate) capability: String,
    #[serde(default)]
    pub(crate) input_json: String,
    #[serde(default)]
    pub(crate) data_flow: Vec<Flow>,
    #[serde(default)]
    pub(crate) join: Join,
    #[serde(default)]
    pub(crate) join_count: u32,
    #[serde(default)]
    pub(crate) branch: goalpost_model::Branch,
    /// 0 and 1 are one.
    #[serde(default)]
    pub(crate) max_attempts: u32,
    #[serde(default)]
    pub(crate) concurrency: u32,
    #[serde(default)]
    pub(crate) failures: Failures,
    #[serde(default, rename = "while")]
    pub(crate) condition: String,
    #[serde(default)]
    pub(crate) max_iterations: u32,
    #[serde(default)]
    pub(crate) output: Vec<Flow>,
    #[serde(default)]
    pub(crate) undo_capability: String,
    #[serde(default)]
    pub(crate) undo_input_json: String,
    #[serde(default)]
    pub(crate) undo_data_flow: Vec<Flow>,
}

/// How often a task does what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Repeat {
    /// It needs a capability.
    #[default]
    Once,
    /// It runs its graph for each item of a list.
    ForEach,
    /// It runs its graph again and again.
    Loop,
}

/// When a task becomes ready.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Join {
    #[default]
    All,
    Any,
    NOf,
}

/// How many items may fail.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failures {
    #[default]
    FailFast,
    Collect,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) on: goalpost_model::EdgeOn,
    #[serde(default)]
    pub(crate) condition: String,
    #[serde(default)]
    pub(crate) otherwise: bool,
    #[serde(default)]
    pub(crate) data_flow: Vec<Flow>,
}

/// A dotted path, and the expression whose value goes there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flow {
    pub(crate) path: String,
    pub(crate) expression: String,
}
