//! The state of a workflow.

use std::sync::Arc;

use goalpost_checker::{CompiledBlueprint, Scope, TaskView};
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::{Map, Value};

use crate::join::Incoming;

/// A workflow as far as it has come. Changed by [`advance`](crate::advance) alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Workflow {
    /// The goal in words.
    pub goal_text: String,
    /// The goal's input.
    pub goal_input: Arc<Map<String, Value>>,
    /// How far it has come; RUNNING before it begins, too.
    pub state: WorkflowState,
    /// Why it failed or was cancelled.
    pub failure: Option<Failure>,
    /// What came out, once it has succeeded.
    pub result: Option<Map<String, Value>>,
    /// Its tasks in the blueprint's order.
    pub tasks: Vec<Task>,
    /// Whether `Start` has happened.
    pub(crate) started: bool,
    /// How many tasks have not ended.
    pub(crate) open: usize,
    /// What is known of each task's incoming edges. Edges that a cancellation left behind stay undecided.
    pub(crate) incoming: Vec<Incoming>,
    /// Which edges were taken.
    pub(crate) edge_taken: Vec<bool>,
}

/// A task as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// How far it has come.
    pub state: TaskState,
    /// The latest attempt, from 1; 0 if there was none.
    pub attempt: u32,
    /// Attempts that failed and count against the retry policy.
    pub failures: u32,
    /// What its attempts are given, once it is ready.
    pub input: Option<Arc<Map<String, Value>>>,
    /// What came out, once it has succeeded.
    pub output: Option<Arc<Value>>,
    /// Why the attempt before this one failed, while it is ready again; or why it ended as it did.
    pub failure: Option<Failure>,
    /// Why this task makes the workflow fail, if it does.
    pub unhandled: Option<Failure>,
    /// The outgoing edges that were taken when it ended, ascending.
    pub taken_edges: Vec<usize>,
}

impl Default for Task {
    /// A pending task, of which nothing is stored.
    fn default() -> Self {
        Self {
            state: TaskState::Pending,
            attempt: 0,
            failures: 0,
            input: None,
            output: None,
            failure: None,
            unhandled: None,
            taken_edges: Vec::new(),
        }
    }
}

impl Workflow {
    /// A workflow that has not begun: every task is pending.
    pub fn new(
        blueprint: &CompiledBlueprint,
        goal_text: String,
        goal_input: Arc<Map<String, Value>>,
    ) -> Self {
        let tasks = &blueprint.tasks;
        Self {
            goal_text,
            goal_input,
            state: WorkflowState::Running,
            failure: None,
            result: None,
            tasks: vec![Task::default(); tasks.len()],
            started: false,
            open: tasks.len(),
            incoming: tasks.iter().map(|task| Incoming::undecided(task.incoming.len())).collect(),
            edge_taken: vec![false; blueprint.edges.len()],
        }
    }
}

impl Scope for Workflow {
    fn goal_text(&self) -> &str {
        &self.goal_text
    }

    fn goal_input(&self) -> &Map<String, Value> {
        &self.goal_input
    }

    fn task(&self, ordinal: usize) -> TaskView<'_> {
        match self.tasks.get(ordinal) {
            Some(task) => {
                TaskView { state: task.state, output: task.output.as_deref(), failure: task.failure.as_ref() }
            }
            None => TaskView { state: TaskState::Pending, output: None, failure: None },
        }
    }
}
