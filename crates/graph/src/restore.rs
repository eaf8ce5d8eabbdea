//! A workflow out of what was stored of it.

use std::sync::Arc;

use goalpost_checker::{CompiledBlueprint, CompiledTask};
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::{Map, Value};

use crate::join::Verdict;
use crate::rows::check_row;
use crate::{InvalidState, Task, Workflow};

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
        goal_text: String,
        goal_input: Arc<Map<String, Value>>,
        state: WorkflowState,
        failure: Option<Failure>,
        result: Option<Map<String, Value>>,
        rows: impl IntoIterator<Item = (usize, Task)>,
    ) -> Result<Self, InvalidState> {
        let mut workflow = Self::new(blueprint, goal_text, goal_input);
        (workflow.state, workflow.failure, workflow.result) = (state, failure, result);
        workflow.place(blueprint, rows)?;
        workflow.count(blueprint);
        workflow.check_end(blueprint)?;
        if workflow.started {
            workflow.check_joins(blueprint)?;
        }
        Ok(workflow)
    }

    fn place(
        &mut self,
        blueprint: &CompiledBlueprint,
        rows: impl IntoIterator<Item = (usize, Task)>,
    ) -> Result<(), InvalidState> {
        let tasks = self.tasks.len();
        let mut placed = vec![false; tasks];
        for (ordinal, task) in rows {
            let Some(compiled) = blueprint.tasks.get(ordinal) else {
                return Err(InvalidState::UnknownTask { ordinal, tasks });
            };
            if std::mem::replace(&mut placed[ordinal], true) {
                return Err(InvalidState::DuplicateTask { task: compiled.name.clone() });
            }
            check_row(blueprint, ordinal, &task)?;
            self.tasks[ordinal] = task;
        }
        Ok(())
    }

    /// Counts what `advance` counts as it goes.
    fn count(&mut self, blueprint: &CompiledBlueprint) {
        let begun = |task: &Task| task.state != TaskState::Pending;
        self.started = self.state.is_terminal() || self.tasks.iter().any(begun);
        self.open = self.tasks.iter().filter(|task| !task.state.is_terminal()).count();
        for (compiled, task) in blueprint.tasks.iter().zip(&self.tasks) {
            task.taken_edges.iter().for_each(|edge| self.edge_taken[*edge] = true);
            // A cancelled task decides nothing: the workflow ended with it, or nobody needs it.
            if task.state.is_terminal() && task.state != TaskState::Cancelled {
                for edge in &compiled.outgoing {
                    self.incoming[blueprint.edges[*edge].target].decide(self.edge_taken[*edge]);
                }
            }
        }
    }

    fn check_end(&self, blueprint: &CompiledBlueprint) -> Result<(), InvalidState> {
        let wrong = |problem| Err(InvalidState::Workflow { state: self.state, problem });
        let running = self.state == WorkflowState::Running;
        if running && self.started && self.open == 0 {
            return Err(InvalidState::NothingOpen);
        }
        if !running && self.open > 0 {
            return wrong("a task has not ended");
        }
        let all_may_be_cancelled = self.state == WorkflowState::Cancelled || self.is_out_of_time();
        let is_wrong = |ordinal: usize| {
            self.tasks[ordinal].state == TaskState::Cancelled && !self.is_unneeded(blueprint, ordinal)
        };
        if !all_may_be_cancelled && (0..self.tasks.len()).any(is_wrong) {
            return wrong("a task was cancelled that is needed");
        }
        if self.failure.is_some() != matches!(self.state, WorkflowState::Failed | WorkflowState::Cancelled) {
            return wrong("its failure says otherwise");
        }
        if self.result.is_some() != (self.state == WorkflowState::Succeeded) {
            return wrong("its result says otherwise");
        }
        let unhandled = self.tasks.iter().any(|task| task.unhandled.is_some());
        match self.state {
            WorkflowState::Succeeded if unhandled => wrong("a failure was left unhandled"),
            WorkflowState::Failed if !unhandled && !self.fails_as_a_whole() => {
                wrong("no failure was left unhandled")
            }
            _ => Ok(()),
        }
    }

    /// Whether it failed by itself, not by one of its tasks.
    fn fails_as_a_whole(&self) -> bool {
        let has_no_result = |failure: &Failure| {
            [Failure::PAYLOAD_TOO_LARGE, Failure::DATA_FLOW].contains(&failure.kind.as_str())
        };
        self.is_out_of_time() || self.failure.as_ref().is_some_and(has_no_result)
    }

    fn is_out_of_time(&self) -> bool {
        self.state == WorkflowState::Failed
            && self.failure.as_ref().is_some_and(|failure| failure.kind == Failure::DEADLINE_EXCEEDED)
    }

    fn check_joins(&self, blueprint: &CompiledBlueprint) -> Result<(), InvalidState> {
        let tasks = blueprint.tasks.iter().zip(&self.tasks).zip(&self.incoming);
        for ((compiled, task), incoming) in tasks {
            let problem = problem_of_join(task.state, incoming.verdict(compiled.join));
            if let Some(problem) = problem {
                return Err(invalid_join(compiled, task.state, problem));
            }
        }
        Ok(())
    }
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
