//! Graphs inside of tasks: run for each item of a list, again and again, or once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::blueprint::is_default;
use crate::{Digest, Edge, RetryPolicy, Task, Timeouts};

/// A graph inside of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Its nodes.
    pub tasks: Vec<Task>,
    /// Its edges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
    /// What comes out of it: a dotted path, and the CEL expression whose value goes there. Empty: the
    /// outputs of its last tasks, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub output: BTreeMap<String, String>,
}

/// Runs the body once for each item of a list, side by side.
///
/// The list is `items` of the task's input. Its output has `outputs`, one for each item in the list's
/// order, null where the item failed; and `failed`: the `index`, `kind` and `message` of each that did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// How many items run at once; 0: all of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub concurrency: u32,
    /// How many items may fail.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failures: Failures,
    /// What is done for an item; sees `item` and `index`.
    pub body: Body,
}

/// How many items of a list may fail before the rest is cancelled and the task fails.
///
/// Written `fail_fast`, `collect` or `{tolerate: 2}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failures {
    /// None.
    #[default]
    FailFast,
    /// Any number of them.
    Collect,
    /// So many.
    Tolerate(u32),
}

impl Failures {
    /// Whether so many failures are too many.
    pub fn exceeded_by(self, failed: usize) -> bool {
        match self {
            Self::FailFast => failed > 0,
            Self::Collect => false,
            Self::Tolerate(count) => failed > usize::try_from(count).unwrap_or(usize::MAX),
        }
    }
}

/// Runs the body, and again while a condition holds. Its output has `output`, that of the last
/// iteration, and `iterations`, how many there were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loop {
    /// CEL expression that gives a boolean, evaluated where the output of an iteration is: the next
    /// one follows while it holds.
    #[serde(rename = "while")]
    pub condition: String,
    /// How many iterations there may be; one who leaves it out is told. The task fails as `LOOP_BOUND` if the condition still holds then.
    #[serde(default)]
    pub max_iterations: u32,
    /// What is done; sees `iteration`, from 0, and `previous`, the output of the iteration before.
    pub body: Body,
}

/// Runs another blueprint. Its input is the task's, which it sees as `goal.input`; its output is the task's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The graph. Left out by a caller who names a stored blueprint by its digest: it is filled in
    /// before the blueprint is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The digest of a stored blueprint whose graph it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// What undoes a task that has succeeded, if its workflow fails or is cancelled afterwards.
///
/// Compensations run one after the other, in the reverse order in which their tasks have succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compensation {
    /// The capability that does it.
    pub capability: String,
    /// The constant part of its input.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub input: Map<String, Value>,
    /// Dotted path in the input <- CEL expression, which sees what the task's own data flow sees, and the
    /// task's output.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data_flow: BTreeMap<String, String>,
    /// What happens after a failed attempt.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: RetryPolicy,
    /// How long its attempts may take.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeouts: Timeouts,
}

/// What the task that undoes another one is called.
pub const UNDO: &str = "undo";

/// What stands for the capability of a task that runs a graph of its own.
pub const FOR_EACH: &str = "goalpost.for_each";
/// See [`FOR_EACH`].
pub const LOOP: &str = "goalpost.loop";
/// Has a goal planned when it is reached, and runs the plan inside of the task.
pub const SUB_GOAL: &str = "goalpost.sub_goal";
/// See [`FOR_EACH`].
pub const RUN: &str = "goalpost.run";

impl Task {
    /// The graph inside of it, if there is one.
    pub fn body(&self) -> Option<&Body> {
        let for_each = self.for_each.as_ref().map(|for_each| &for_each.body);
        for_each
            .or_else(|| self.repeat.as_ref().map(|repeat| &repeat.body))
            .or_else(|| self.run.as_ref().and_then(|run| run.body.as_ref()))
    }

    /// The same, to be changed.
    pub fn body_mut(&mut self) -> Option<&mut Body> {
        let for_each = self.for_each.as_mut().map(|for_each| &mut for_each.body);
        for_each
            .or_else(|| self.repeat.as_mut().map(|repeat| &mut repeat.body))
            .or_else(|| self.run.as_mut().and_then(|run| run.body.as_mut()))
    }

    /// The capability that does it; a word of the engine's own if it runs a graph inside of it.
    pub fn performs(&self) -> &str {
        if self.for_each.is_some() {
            FOR_EACH
        } else if self.repeat.is_some() {
            LOOP
        } else if self.run.is_some() {
            RUN
        } else {
            &self.capability
        }
    }
}

/// Every task of these and of the graphs inside of them, outer ones first.
pub fn all_tasks(tasks: &[Task]) -> impl Iterator<Item = &Task> {
    let mut open: Vec<&Task> = tasks.iter().rev().collect();
    std::iter::from_fn(move || {
        let task = open.pop()?;
        if let Some(body) = task.body() {
            open.extend(body.tasks.iter().rev());
        }
        Some(task)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn a_list_may_have_as_many_failures_as_its_policy_says() {
        assert!(Failures::FailFast.exceeded_by(1) && !Failures::FailFast.exceeded_by(0));
        assert!(!Failures::Collect.exceeded_by(10_000));
        assert!(Failures::Tolerate(2).exceeded_by(3) && !Failures::Tolerate(2).exceeded_by(2));
        for (policy, written) in
            [(Failures::Collect, json!("collect")), (Failures::Tolerate(2), json!({"tolerate": 2}))]
        {
            assert_eq!(serde_json::to_value(policy).unwrap(), written);
            assert_eq!(from_value::<Failures>(written).unwrap(), policy);
        }
    }

    #[test]
    fn tasks_are_found_at_every_depth() {
        let tasks: Vec<Task> = from_value(json!([
            {"name": "a", "loop": {"while": "true", "max_iterations": 2, "body": {"tasks": [
                {"name": "b", "run": {"body": {"tasks": [{"name": "c", "capability": "x"}]}}}]}}},
            {"name": "d", "for_each": {"body": {"tasks": [{"name": "e", "capability": "x"}]}}},
        ]))
        .unwrap();
        let found: Vec<_> = all_tasks(&tasks).map(|task| (task.name.as_str(), task.performs())).collect();
        assert_eq!(found, [("a", LOOP), ("b", RUN), ("c", "x"), ("d", FOR_EACH), ("e", "x")]);
    }
}
