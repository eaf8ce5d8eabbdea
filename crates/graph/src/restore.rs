//! A workflow out of what was stored of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use goalpost_checker::{CompiledBlueprint, CompiledTask};
use goalpost_model::{Amount, Failure, GoalBudget, TaskState, WorkflowState};
use serde_json::{Map, Value};

use crate::join::Verdict;
use crate::rows::check_row;
use crate::tasks::{GraphRun, Owner};
use crate::workflow::{Progress, Reserved};
use crate::{Added, InvalidState, Signal, Task, Workflow};

/// What is stored of a workflow besides its tasks.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The goal in words.
    pub goal_text: String,
    /// The goal's input.
    pub goal_input: Arc<Map<String, Value>>,
    /// How far it has come.
    pub state: WorkflowState,
    /// Why it failed or was cancelled, or is paused.
    pub failure: Option<Failure>,
    /// What came out.
    pub result: Option<Map<String, Value>>,
    /// The signals that came, in their order.
    pub signals: Vec<Signal>,
    /// The tasks that have succeeded, in the order in which they have.
    pub succeeded: Vec<usize>,
    /// The tasks by which its blueprint was extended, in the order in which it was.
    pub added: Vec<Added>,
    /// What it may take: see [`Workflow::budget`].
    pub budget: GoalBudget,
    /// What was spent before it began.
    pub spent_before: Amount,
    /// How often it has waited for another plan.
    pub replans: u32,
}

impl Workflow {
    /// The workflow of which these rows were stored: ordinal and task, in any order; a task without a
    /// row is pending. No condition is evaluated again: the rows say which edges were taken.
    ///
    /// Without any row, a RUNNING workflow is one that has not begun.
    ///
    /// # Errors
    /// The rows contradict the blueprint or each other.
    pub fn restore(
        blueprint: &CompiledBlueprint,
        stored: Stored,
        rows: impl IntoIterator<Item = (usize, Task)>,
    ) -> Result<Self, InvalidState> {
        let Stored {
            goal_text,
            goal_input,
            state,
            failure,
            result,
            signals,
            mut succeeded,
            added,
            budget,
            spent_before,
            replans,
        } = stored;
        let mut workflow = Self::new(blueprint, goal_text, goal_input);
        workflow.open_account(budget, spent_before);
        workflow.tasks.put_added(&added)?;
        (workflow.state, workflow.failure, workflow.result) = (state, failure, result);
        (workflow.signals, workflow.replans) = (signals, replans);
        let mut rows: Vec<(usize, Task)> = rows.into_iter().collect();
        rows.sort_by_key(|(ordinal, _)| *ordinal);
        workflow.place(rows)?;
        workflow.count();
        workflow.count_all_spending();
        workflow.count_runs();
        succeeded.retain(|ordinal| workflow.can_be_undone(*ordinal));
        workflow.undoable = succeeded;
        workflow.is_withdrawing = workflow.undoes_withdrawn();
        workflow.check_end(blueprint)?;
        if workflow.started {
            workflow.check_joins()?;
        }
        Ok(workflow)
    }

    /// Puts every row in its place, in the order of their ordinals: a task comes before those inside of it.
    fn place(&mut self, rows: Vec<(usize, Task)>) -> Result<(), InvalidState> {
        // Where the graphs inside of tasks begin, and whose they are.
        let mut reserved: BTreeMap<usize, (usize, Place)> = BTreeMap::new();
        let mut before = None;
        for (ordinal, task) in rows {
            self.tasks.next = self.tasks.next.max(ordinal + 1);
            if self.tasks.get(ordinal).is_none() {
                self.add_run_of(ordinal, &reserved)?;
            }
            if before.replace(ordinal) == Some(ordinal) {
                let task = self.tasks.name(ordinal).unwrap_or_default();
                return Err(InvalidState::DuplicateTask { task });
            }
            check_row(&self.tasks, ordinal, &task)?;
            if let Some(body) = task.body {
                reserved.insert(body.first, (ordinal, Place::Body(body)));
            }
            if let Some(undo) = task.undo {
                reserved.insert(undo, (ordinal, Place::Undo));
            }
            let body = task.body;
            self.tasks[ordinal] = task;
            if let Some(Reserved { first, count }) = body {
                let end = first + count * self.tasks.size_inside(ordinal);
                self.tasks.next = self.tasks.next.max(end);
            }
        }
        Ok(())
    }

    /// The run that a row is part of, which is the first one of it.
    fn add_run_of(
        &mut self,
        ordinal: usize,
        reserved: &BTreeMap<usize, (usize, Place)>,
    ) -> Result<(), InvalidState> {
        let tasks = self.tasks.len();
        let unknown = || InvalidState::UnknownTask { ordinal, tasks };
        let (&first, &(owner, place)) = reserved.range(..=ordinal).next_back().ok_or_else(unknown)?;
        let compiled = self.tasks.compiled(owner).ok_or_else(unknown)?;
        let (base, mut run) = match place {
            Place::Undo => {
                let graph = Arc::clone(compiled.undo.as_ref().ok_or_else(unknown)?);
                (first, GraphRun::new(first, graph, Some(Owner { task: owner, index: 0 })))
            }
            Place::Body(body) => {
                let (_, graph) = self.tasks.inside(owner).ok_or_else(unknown)?;
                let graph = Arc::clone(graph);
                let index = (ordinal - first) / graph.tasks.len();
                if index >= body.count {
                    return Err(unknown());
                }
                let base = first + index * graph.tasks.len();
                (base, GraphRun::new(base, graph, Some(Owner { task: owner, index })))
            }
        };
        run.is_undo = matches!(place, Place::Undo);
        self.tasks.add(base, run);
        Ok(())
    }

    /// Counts what `advance` counts as it goes.
    fn count(&mut self) {
        let begun = |(_, task): (usize, &Task)| task.state != TaskState::Pending;
        self.started = self.state.is_terminal() || self.tasks.iter().any(begun);
        self.tasks.runs_mut().for_each(|(_, run)| run.count_edges());
    }

    /// What came out of the runs that have ended, and how many there are of each task that waits for them.
    fn count_runs(&mut self) {
        let waiting =
            self.tasks.iter().filter(|(_, task)| task.body.is_some() && task.state == TaskState::Waiting);
        for owner in waiting.map(|(ordinal, _)| ordinal).collect::<Vec<_>>() {
            self.count_runs_of(owner);
        }
    }

    /// The same for one task.
    pub(crate) fn count_runs_of(&mut self, owner: usize) {
        let mut progress = Progress::default();
        for base in self.tasks.runs_inside(owner) {
            let outcome = (self.tasks.run(base).open == 0).then(|| self.outcome(base));
            progress.started += 1;
            progress.ended += usize::from(outcome.is_some());
            progress.failed += usize::from(matches!(outcome, Some(Err(_))));
            if let Some(run) = self.tasks.run_mut(base) {
                run.outcome = outcome;
            }
        }
        self.progress.insert(owner, progress);
    }

    /// Whether the task has succeeded and is not undone yet, though it can be.
    pub(crate) fn can_be_undone(&self, ordinal: usize) -> bool {
        let has_undo = self.tasks.compiled(ordinal).is_some_and(|compiled| compiled.undo.is_some());
        let undo = self.tasks.get(ordinal).and_then(|task| task.undo).and_then(|undo| self.tasks.get(undo));
        has_undo && undo.is_none_or(|undo| !undo.state.is_terminal())
    }

    fn check_end(&self, blueprint: &CompiledBlueprint) -> Result<(), InvalidState> {
        let wrong = |problem| Err(InvalidState::Workflow { state: self.state, problem });
        let running = !self.state.is_terminal();
        let is_open = self.tasks.run(0).open > 0;
        let is_undoing = self.state == WorkflowState::Compensating;
        if is_undoing && self.undoable.is_empty() {
            return wrong("nothing is left to be undone");
        }
        let stands_still = is_undoing || self.state == WorkflowState::Replanning;
        let waits_for_more = match self.state {
            WorkflowState::Running => self.is_withdrawing,
            WorkflowState::Paused => self.is_withdrawing || self.may_be_replanned(blueprint),
            _ => false,
        };
        if running && self.started && is_open == stands_still && !waits_for_more {
            return Err(InvalidState::NothingOpen);
        }
        if !running && is_open {
            return wrong("a task has not ended");
        }
        let all_may_be_cancelled = self.was_cancelled() || self.ended_early();
        if !all_may_be_cancelled && self.tasks.runs().any(|(_, run)| self.has_cancelled_what_is_needed(run)) {
            return wrong("a task was cancelled that is needed");
        }
        let has_none = matches!(self.state, WorkflowState::Running | WorkflowState::Succeeded);
        if self.failure.is_some() == has_none {
            return wrong("its failure says otherwise");
        }
        if self.result.is_some() != (self.state == WorkflowState::Succeeded) {
            return wrong("its result says otherwise");
        }
        let unhandled = self.unhandled().is_some();
        match self.state {
            WorkflowState::Succeeded if unhandled => wrong("a failure was left unhandled"),
            WorkflowState::Replanning if !unhandled => wrong("no failure was left unhandled"),
            WorkflowState::Failed | WorkflowState::Compensating
                if !self.was_cancelled() && !unhandled && !self.fails_as_a_whole() =>
            {
                wrong("no failure was left unhandled")
            }
            _ => Ok(()),
        }
    }

    /// Whether a task was cancelled although its graph needs it. Once the task that the graph is inside of has
    /// ended, nothing is needed.
    fn has_cancelled_what_is_needed(&self, run: &GraphRun) -> bool {
        let is_over = run.owner.is_some_and(|owner| self.tasks[owner.task].state != TaskState::Waiting);
        let is_wrong =
            |(ordinal, task): (usize, &Task)| task.state == TaskState::Cancelled && !run.is_unneeded(ordinal);
        !is_over && run.tasks.iter().enumerate().any(is_wrong)
    }

    /// Whether it failed by itself, not by one of its tasks.
    fn fails_as_a_whole(&self) -> bool {
        let has_no_result = |failure: &Failure| {
            [Failure::PAYLOAD_TOO_LARGE, Failure::DATA_FLOW].contains(&failure.kind.as_str())
        };
        self.ended_early() || self.failure.as_ref().is_some_and(has_no_result)
    }

    fn was_cancelled(&self) -> bool {
        let by_word = |failure: &Failure| failure.kind == Failure::CANCELLED;
        self.state == WorkflowState::Cancelled
            || self.state == WorkflowState::Compensating && self.failure.as_ref().is_some_and(by_word)
    }

    /// Out of time, or since something could not be undone.
    fn ended_early(&self) -> bool {
        let early = [Failure::DEADLINE_EXCEEDED, Failure::NOT_UNDONE];
        matches!(self.state, WorkflowState::Failed | WorkflowState::Compensating)
            && self.failure.as_ref().is_some_and(|failure| early.contains(&failure.kind.as_str()))
    }

    fn check_joins(&self) -> Result<(), InvalidState> {
        for (_, run) in self.tasks.runs() {
            let tasks = run.graph.tasks.iter().zip(&run.tasks).zip(&run.incoming);
            for (place, ((compiled, task), incoming)) in tasks.enumerate() {
                let problem = problem_of_join(task.state, incoming.verdict(compiled.join));
                let is_free = task.is_by_hand() || compiled.is_past || self.holds_back(run.ordinal(place));
                if let Some(problem) = problem.filter(|_| !is_free) {
                    return Err(invalid_join(compiled, task.state, problem));
                }
            }
        }
        Ok(())
    }
}

/// What the ordinals are for that a task has reserved.
#[derive(Clone, Copy)]
enum Place {
    /// The graph inside of it.
    Body(Reserved),
    /// What undoes it.
    Undo,
}

fn problem_of_join(state: TaskState, verdict: Verdict) -> Option<&'static str> {
    match (state, verdict) {
        (TaskState::Cancelled, _)
        | (TaskState::Pending, Verdict::Open)
        | (TaskState::Skipped, Verdict::Unmet) => None,
        (TaskState::Pending | TaskState::Skipped, Verdict::Met) => Some("its join is met"),
        (TaskState::Pending, Verdict::Unmet) => Some("its join can no longer be met"),
        (TaskState::Skipped, Verdict::Open) => Some("its join can still be met"),
        (_, Verdict::Met) => None,
        (_, Verdict::Open | Verdict::Unmet) => Some("its join is not met"),
    }
}

fn invalid_join(compiled: &CompiledTask, state: TaskState, problem: &'static str) -> InvalidState {
    InvalidState::Join { task: compiled.name.clone(), state, problem }
}
