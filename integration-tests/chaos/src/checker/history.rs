//! Everything that a run leaves behind, as the rules look at it.

use std::collections::BTreeMap;

use goalpost_model::{EdgeOn, EventType, GoalState, Join, RetryPolicy, TaskState, Timeouts, WorkflowState};
use jiff::Timestamp;

use crate::ledger::Line;

/// What a run left behind.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Every goal in the database, by id.
    pub goals: BTreeMap<String, Goal>,
    /// What clients were told.
    pub accepted: Vec<Accepted>,
    /// Every line of every worker's ledger.
    pub ledger: Vec<Line>,
    /// What watchers saw.
    pub watches: Vec<Watched>,
    /// What `Persistence/Verify` found: workflow and finding.
    pub verified: Vec<(String, String)>,
    /// What was left in the outbox, in lists and in processing lists: place and content.
    pub left: Vec<(String, String)>,
    /// Whatever processes and clients saw that must not happen at all.
    pub mishaps: Vec<String>,
}

/// A goal as the database has it.
#[derive(Clone, Debug)]
pub struct Goal {
    /// How far it has come.
    pub state: GoalState,
    /// The client's key of it.
    pub request_id: String,
    /// What it runs; empty if it is put together from pieces, whose tasks `rows` has.
    pub graph: Graph,
    /// How its workflow has ended, if it has.
    pub workflow: Option<WorkflowState>,
    /// The tasks of a goal that is put together from pieces, by ordinal, as the database has them.
    pub rows: BTreeMap<usize, TaskRow>,
    /// The signals that it was sent, in their order.
    pub signals: Vec<Signal>,
    /// Its history, in the order of its numbers.
    pub events: Vec<Event>,
}

/// A task as the database has it, wherever in its graph it is.
#[derive(Clone, Debug)]
pub struct TaskRow {
    /// The way to it.
    pub name: String,
    /// What it needs.
    pub capability: String,
    /// How far it has come.
    pub state: TaskState,
    /// Why it ended so, if anything says so.
    pub failure: Option<String>,
    /// The task that undoes it.
    pub undo: Option<usize>,
    /// Whether its blueprint says what undoes it; known of tasks that are in no other.
    pub is_undoable: bool,
    /// The name of the signal that it waits for.
    pub signal: Option<String>,
    /// The key that it has to hold, with the namespace before it.
    pub key: Option<String>,
    /// How many items it has a graph for, and how many outputs were gathered.
    pub gathered: Option<(usize, usize)>,
}

/// A signal as the database has it.
#[derive(Clone, Debug)]
pub struct Signal {
    /// What tells it from others.
    pub id: String,
    /// What tasks wait for.
    pub name: String,
    /// The number of its event.
    pub event: i64,
    /// The task that took it.
    pub taken_by: Option<usize>,
}

/// An event as the database has it.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number.
    pub number: i64,
    /// When it happened, by the database's clock, which is that of the machine.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventType,
    /// The task's place in its blueprint.
    pub task: Option<usize>,
    /// The attempt; 0 if it is about none.
    pub attempt: u32,
    /// The kind of the failure.
    pub failure: Option<String>,
}

/// A blueprint as far as the rules need it, with the truth of its conditions.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Its tasks by ordinal.
    pub tasks: Vec<Task>,
    /// Its edges.
    pub edges: Vec<Edge>,
    /// How long the workflow may run, in milliseconds; 0: as long as it takes.
    pub deadline_ms: u64,
}

/// A task of a graph.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// When it may begin.
    pub join: Join,
    /// What happens after a failed attempt.
    pub retry: RetryPolicy,
    /// How long its attempts may take.
    pub timeouts: Timeouts,
    /// How long it waits, in milliseconds, if waiting is all it does; then it needs no worker.
    pub wait_ms: Option<u64>,
}

/// An edge of a graph.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Ordinal of the task that decides it.
    pub source: usize,
    /// Ordinal of the task that it leads to.
    pub target: usize,
    /// Which end of the source lets it be taken.
    pub on: EdgeOn,
    /// Whether its condition holds; true if it has none.
    pub holds: bool,
}

/// A goal that clients were told was accepted.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// The client's key.
    pub request_id: String,
    /// The ids that the answers named, one an answer.
    pub ids: Vec<String>,
    /// The states of the goal that any answer called an end.
    pub ends: Vec<GoalState>,
    /// The ids of the signals that were taken in.
    pub signals: Vec<String>,
    /// Whether somebody has asked to run all of it again.
    pub retries_all: bool,
}

/// What one watcher saw, over all its connections.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The goal.
    pub goal: String,
    /// The events in the order in which they came.
    pub seen: Vec<(i64, EventType)>,
    /// How often it came back with the last number that it had.
    pub resumed: usize,
    /// Whether the stream came to its proper end.
    pub is_complete: bool,
}

impl TaskRow {
    /// Whether a worker does it.
    pub fn needs_worker(&self) -> bool {
        !self.capability.starts_with("goalpost.")
    }
}

impl Goal {
    /// The events about a task.
    pub fn events_of(&self, task: usize) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.task == Some(task))
    }

    /// The name of a task.
    pub fn name_of(&self, task: usize) -> Option<&str> {
        let row = || self.rows.get(&task).map(|row| row.name.as_str());
        self.graph.tasks.get(task).map(|task| task.name.as_str()).or_else(row)
    }

    /// The task of this name.
    pub fn task_of(&self, name: &str) -> Option<usize> {
        let row = || self.rows.iter().find(|(_, row)| row.name == name).map(|(ordinal, _)| *ordinal);
        self.graph.tasks.iter().position(|task| task.name == name).or_else(row)
    }

    /// Whether it was opened again after an end.
    pub fn is_retried(&self) -> bool {
        self.events.iter().any(|event| event.kind == EventType::GoalRetried)
    }

    /// Whether its workflow has ended.
    pub fn has_ended_workflow(&self) -> bool {
        self.events.iter().any(|event| ends_workflow(event.kind))
    }
}

/// Whether the event is a workflow's last one.
pub fn ends_workflow(kind: EventType) -> bool {
    matches!(kind, EventType::WorkflowSucceeded | EventType::WorkflowFailed | EventType::WorkflowCancelled)
}

/// Whether the event is a goal's last one.
pub fn ends_goal(kind: EventType) -> bool {
    matches!(kind, EventType::GoalSucceeded | EventType::GoalFailed | EventType::GoalCancelled)
}

/// Whether the event is a task's last one.
pub fn ends_task(kind: EventType) -> bool {
    matches!(
        kind,
        EventType::TaskSucceeded | EventType::TaskFailed | EventType::TaskSkipped | EventType::TaskCancelled
    )
}
