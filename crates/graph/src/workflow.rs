//! The state of a workflow.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use goalpost_checker::builtin::Control;
use goalpost_checker::{BodyView, CompiledBlueprint, CompiledGraph, Repetition, Scope, TaskView};
use goalpost_model::{Amount, Digest, Failure, PayloadLimit, TaskState, WaitsFor, WorkflowState};
use serde_json::{Map, Value};

use crate::budget::Account;
use crate::tasks::{GraphRun, Owner, Tasks};

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
    /// Its tasks.
    pub tasks: Tasks,
    /// The signals that came, in their order.
    pub signals: Vec<Signal>,
    /// How often it has waited for another plan because of a failure.
    pub replans: u32,
    /// How large inputs and results may be from now on. No part of what is stored.
    pub payload_limit: PayloadLimit,
    /// The tasks that have succeeded and can be undone, in the order in which they have.
    pub(crate) undoable: Vec<usize>,
    /// Some of these are withdrawn: they are undone while the rest goes on.
    pub(crate) is_withdrawing: bool,
    /// Whether `Start` has happened.
    pub(crate) started: bool,
    /// What planning took: before it began, and since.
    pub(crate) before: Amount,
    /// What it may take, and has taken.
    pub(crate) account: Account,
    /// How far the tasks that run graphs of their own have come with them, by ordinal.
    pub(crate) progress: BTreeMap<usize, Progress>,
}

/// A graph that came up while the workflow ran.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The digest of the blueprint whose graph it is.
    pub digest: Digest,
    /// The graph.
    pub graph: Arc<CompiledGraph>,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

/// A signal that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Tells it from others.
    pub id: String,
    /// What tasks wait for.
    pub name: String,
    /// What came with it.
    pub payload: Arc<Value>,
    /// The task that took it.
    pub taken_by: Option<usize>,
}

/// How far a task has come with the graph inside of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Items or iterations that have begun.
    pub(crate) started: usize,
    /// Those that have ended.
    pub(crate) ended: usize,
    /// Those that have failed.
    pub(crate) failed: usize,
}

/// The ordinals that a task has reserved for the graph inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// The first one.
    pub first: usize,
    /// For how many items or iterations.
    pub count: usize,
}

/// A task as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// How far it has come.
    pub state: TaskState,
    /// The latest attempt, from 1; 0 if there was none. Of a task that no worker does: how often it has begun anew.
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
    /// The outgoing edges that were taken when it ended, ascending; by their ordinals in its graph.
    pub taken_edges: Vec<usize>,
    /// Where the tasks of the graph inside of it are, once it has started.
    pub body: Option<Reserved>,
    /// The key that it waits for or holds, until its own work is done.
    pub key: Option<String>,
    /// The graph inside of it, if it came up only when the task was reached.
    pub planned: Option<Planned>,
    /// The task that undoes it, once that has begun.
    pub undo: Option<usize>,
    /// What its attempts took that are over, and the planning of the graph inside of it.
    pub spent: Amount,
    /// Its next attempt waits for room in the budget.
    pub awaits_budget: bool,
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
            body: None,
            key: None,
            planned: None,
            undo: None,
            spent: Amount::default(),
            awaits_budget: false,
        }
    }
}

impl Task {
    /// Whether somebody ended it in the place of whoever should have.
    pub(crate) fn is_by_hand(&self) -> bool {
        let is_said = self.failure.as_ref().is_some_and(|failure| failure.kind == Failure::BY_HAND);
        is_said && matches!(self.state, TaskState::Succeeded | TaskState::Skipped)
    }
}

impl Workflow {
    /// A workflow that has not begun: every task is pending.
    pub fn new(
        blueprint: &CompiledBlueprint,
        goal_text: String,
        goal_input: Arc<Map<String, Value>>,
    ) -> Self {
        Self {
            goal_text,
            goal_input,
            state: WorkflowState::Running,
            failure: None,
            result: None,
            tasks: Tasks::new(Arc::clone(&blueprint.graph)),
            signals: Vec::new(),
            replans: 0,
            payload_limit: PayloadLimit::default(),
            undoable: Vec::new(),
            is_withdrawing: false,
            started: false,
            before: Amount::default(),
            account: Account::of(blueprint.budget.into(), Amount::default()),
            progress: BTreeMap::new(),
        }
    }

    /// What a waiting task waits for.
    pub fn waits_for(&self, ordinal: usize) -> Option<WaitsFor> {
        let compiled = self.tasks.compiled(ordinal)?;
        let task = self.tasks.get(ordinal)?;
        (task.state == TaskState::Waiting).then_some(match compiled.control {
            _ if task.awaits_budget => WaitsFor::Budget,
            _ if task.planned.is_some() => WaitsFor::Body,
            Some(Control::SubGoal) => WaitsFor::Plan,
            // One that pauses before another attempt holds it.
            None if task.key.is_some() && task.failures == 0 => WaitsFor::Key,
            // What it has made is the blueprint.
            None if task.output.is_some() => WaitsFor::Plan,
            Some(Control::Extension) => WaitsFor::Extension,
            Some(Control::Body) => WaitsFor::Body,
            Some(Control::AwaitSignal) => WaitsFor::Signal,
            Some(Control::Approve) => WaitsFor::Approval,
            Some(Control::Wait | Control::Transform) | None => WaitsFor::Time,
        })
    }

    /// What the expressions of a graph see.
    pub(crate) fn view(&self, base: usize) -> View<'_> {
        View { workflow: self, base, run: self.tasks.run(base) }
    }
}

/// The input of a goal that has none.
static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// A workflow as the expressions of one run of a graph see it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    workflow: &'a Workflow,
    base: usize,
    run: &'a GraphRun,
}

impl<'a> View<'a> {
    /// The task that the graph is inside of.
    fn owner(&self) -> Option<&'a Task> {
        self.workflow.tasks.get(self.run.owner?.task)
    }

    /// What the graph sees as its goal, if that is another one than the graph around it sees.
    fn goal(&self) -> Option<(Option<&'a str>, &'a Map<String, Value>)> {
        let owner = self.run.owner.filter(|_| !self.run.is_undo)?;
        let compiled = self.workflow.tasks.compiled(owner.task)?;
        let input = self.owner()?.input.as_deref()?;
        if compiled.control == Some(Control::SubGoal) {
            let text = input.get("goal").and_then(Value::as_str).unwrap_or_default();
            return Some((Some(text), input.get("input").and_then(Value::as_object).unwrap_or(&NOTHING)));
        }
        let is_run = compiled.body.as_ref().is_some_and(|body| body.repetition == Repetition::Once);
        is_run.then_some((None, input))
    }

    fn outer(&self) -> Option<View<'a>> {
        let (base, _, run) = self.workflow.tasks.find(self.run.owner?.task)?;
        Some(View { workflow: self.workflow, base, run })
    }

    /// It and the graphs around it, from the inside out.
    fn outwards(self) -> impl Iterator<Item = View<'a>> {
        std::iter::successors(Some(self), |view| view.outer())
    }
}

impl Scope for View<'_> {
    fn payload_limit(&self) -> PayloadLimit {
        self.workflow.payload_limit
    }

    fn goal_text(&self) -> &str {
        let text = self.outwards().find_map(|view| view.goal()?.0);
        text.unwrap_or(&self.workflow.goal_text)
    }

    fn goal_input(&self) -> &Map<String, Value> {
        let input = self.outwards().find_map(|view| Some(view.goal()?.1));
        input.unwrap_or(&self.workflow.goal_input)
    }

    fn task(&self, ordinal: usize) -> TaskView<'_> {
        match self.run.tasks.get(ordinal) {
            Some(task) => {
                let failure = task.failure.as_ref().filter(|_| task.state == TaskState::Failed);
                TaskView { state: task.state, output: task.output.as_deref(), failure }
            }
            None => TaskView { state: TaskState::Pending, output: None, failure: None },
        }
    }

    fn body(&self) -> Option<BodyView<'_>> {
        let Owner { index, .. } = self.run.owner?;
        let input = self.owner()?.input.as_deref()?;
        let before = index.checked_sub(1).and_then(|_| self.base.checked_sub(self.run.tasks.len()));
        let previous =
            before.and_then(|base| self.workflow.tasks.get_run(base)?.outcome.as_ref()?.as_deref().ok());
        Some(BodyView { input, index, item: input.get("items").and_then(|items| items.get(index)), previous })
    }
}
