//! The plan of a goal: a graph that may become a part of another one.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_model::limits::{MAX_BLUEPRINT_BYTES, MAX_TASKS};
use goalpost_model::{Edge, Task};
use serde_json::{Map, Value};

use crate::rename::End;

/// A graph in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragment {
    pub(crate) tasks: Vec<Task>,
    pub(crate) edges: Vec<Edge>,
    /// What stands for the whole.
    pub(crate) result: Option<End>,
    /// What it surely knows when its result has succeeded: fact -> expression.
    pub(crate) facts: BTreeMap<String, String>,
    /// What comes out of the workflow, if it is the whole.
    pub(crate) output: BTreeMap<String, String>,
    /// The methods that it is made of, outermost first.
    pub(crate) methods: Vec<String>,
    pub(crate) size: Size,
}

impl Fragment {
    /// The tasks that begin it.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &Task> {
        let targets: BTreeSet<&str> = self.edges.iter().map(|edge| edge.target.as_str()).collect();
        self.tasks.iter().filter(move |task| !targets.contains(task.name.as_str()))
    }
}

/// How large a plan is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    /// Its tasks, those inside of others included.
    pub(crate) tasks: usize,
    /// Roughly how many bytes the inputs of its tasks have as JSON.
    pub(crate) bytes: usize,
}

impl Size {
    /// Of a task with this input.
    pub(crate) fn of(input: &Map<String, Value>) -> Self {
        Self { tasks: 1, bytes: weight_of(input) }
    }

    /// Adds another one. The error is a sentence's end.
    pub(crate) fn add(&mut self, other: Self) -> Result<(), String> {
        self.tasks += other.tasks;
        self.bytes += other.bytes;
        if self.tasks > MAX_TASKS || self.bytes > MAX_BLUEPRINT_BYTES {
            return Err(format!("gives more than {MAX_TASKS} tasks or {MAX_BLUEPRINT_BYTES} bytes of input"));
        }
        Ok(())
    }
}

fn weight_of(fields: &Map<String, Value>) -> usize {
    fields.iter().map(|(name, value)| name.len() + weight(value)).sum()
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 2,
        Value::Object(fields) => weight_of(fields) + 2,
    }
}
