//! Methods as a catalog file has them.

use std::collections::BTreeMap;

use goalpost_model::{Branch, Join, Rest, RetryPolicy, Timeouts};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A method. Its tasks and edges are read one by one, so that a mistake in one does not hide the next.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Method {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default, rename = "type")]
    pub(crate) goal_type: Option<String>,
    #[serde(default)]
    pub(crate) patterns: Vec<String>,
    #[serde(default)]
    pub(crate) when: Option<String>,
    #[serde(default)]
    pub(crate) priority: i64,
    #[serde(default)]
    pub(crate) deadline_ms: u64,
    pub(crate) tasks: Vec<Value>,
    #[serde(default)]
    pub(crate) edges: Vec<Value>,
    #[serde(default)]
    pub(crate) result: Option<String>,
    #[serde(default)]
    pub(crate) output: BTreeMap<String, String>,
}

/// A task of a method: exactly one of `capability`, `goal` and `goal_type`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) capability: Option<String>,
    #[serde(default)]
    pub(crate) goal: Option<String>,
    #[serde(default)]
    pub(crate) goal_type: Option<String>,
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
    #[serde(default)]
    pub(crate) data_flow: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) join: Join,
    #[serde(default)]
    pub(crate) rest: Rest,
    #[serde(default)]
    pub(crate) branch: Option<Branch>,
    #[serde(default)]
    pub(crate) retry: Option<RetryPolicy>,
    #[serde(default)]
    pub(crate) timeouts: Option<Timeouts>,
}
