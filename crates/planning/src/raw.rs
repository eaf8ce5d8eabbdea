//! Capabilities, methods and templates as a catalog file has them.

use std::collections::BTreeMap;

use goalpost_model::{
    Branch, Budget, ConcurrencyKey, Cost, Effect, Failures, Join, Priority, Rest, RetryPolicy, Timeouts,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A capability.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Capability {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) input_schema: Option<Value>,
    #[serde(default)]
    pub(crate) output_schema: Option<Value>,
    #[serde(default)]
    pub(crate) effect: Effect,
    #[serde(default)]
    pub(crate) cost: Option<Cost>,
    #[serde(default)]
    pub(crate) needs: Option<Value>,
    #[serde(default)]
    pub(crate) produces: Option<Value>,
    #[serde(default)]
    pub(crate) namespaces: Option<Vec<String>>,
}

/// A method or a template. Its tasks and edges are read one by one, so that a mistake in one does not hide the next.
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
    pub(crate) input_schema: Option<Value>,
    #[serde(default)]
    pub(crate) namespaces: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) priority: i64,
    #[serde(default)]
    pub(crate) deadline_ms: u64,
    #[serde(default)]
    pub(crate) require_compensation: bool,
    #[serde(default)]
    pub(crate) max_tasks: u32,
    #[serde(default)]
    pub(crate) budget: Budget,
    #[serde(default)]
    pub(crate) max_replans: u32,
    /// The facts that it is to find out, in the place of tasks.
    #[serde(default)]
    pub(crate) wants: Vec<String>,
    #[serde(default)]
    pub(crate) tasks: Vec<Value>,
    #[serde(default)]
    pub(crate) edges: Vec<Value>,
    #[serde(default)]
    pub(crate) result: Option<String>,
    #[serde(default)]
    pub(crate) output: BTreeMap<String, String>,
}

/// A graph inside of a task of a method. Its tasks are tasks of a method, too.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(crate) tasks: Vec<Value>,
    #[serde(default)]
    pub(crate) edges: Vec<Value>,
    #[serde(default)]
    pub(crate) output: BTreeMap<String, String>,
}

/// Runs its body for each item of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForEach {
    #[serde(default)]
    pub(crate) concurrency: u32,
    #[serde(default)]
    pub(crate) failures: Failures,
    pub(crate) body: Body,
}

/// Runs its body again and again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Loop {
    #[serde(rename = "while")]
    pub(crate) condition: String,
    #[serde(default)]
    pub(crate) max_iterations: u32,
    pub(crate) body: Body,
}

/// Runs its body once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    #[serde(default)]
    pub(crate) body: Option<Body>,
    /// Nothing that a method can say; it is told why.
    #[serde(default)]
    pub(crate) digest: Option<Value>,
}

/// What undoes a task.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Compensation {
    pub(crate) capability: String,
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
    #[serde(default)]
    pub(crate) data_flow: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) retry: RetryPolicy,
    #[serde(default)]
    pub(crate) timeouts: Timeouts,
}

/// What does a task when its own capability has failed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fallback {
    pub(crate) capability: String,
    #[serde(default)]
    pub(crate) input: Option<Map<String, Value>>,
    #[serde(default)]
    pub(crate) data_flow: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) retry: RetryPolicy,
    #[serde(default)]
    pub(crate) timeouts: Timeouts,
}

/// A task of a method: exactly one of `capability`, `goal`, `goal_type`, `wants`, `for_each`, `loop` and `run`.
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
    pub(crate) wants: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) facts: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) fallback: Option<Fallback>,
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
    #[serde(default)]
    pub(crate) extends: bool,
    #[serde(default)]
    pub(crate) concurrency_key: Option<ConcurrencyKey>,
    #[serde(default)]
    pub(crate) priority: Option<Priority>,
    #[serde(default)]
    pub(crate) compensate_with: Option<Compensation>,
    #[serde(default)]
    pub(crate) for_each: Option<ForEach>,
    #[serde(default, rename = "loop")]
    pub(crate) repeat: Option<Loop>,
    #[serde(default)]
    pub(crate) run: Option<Run>,
}
