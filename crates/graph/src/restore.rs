//! A workflow out of what was stored of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use goalpost_checker::{CompiledBlueprint, CompiledTask};
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::{Map, Value};

use crate::join::Verdict;
use crate::rows::check_row;
use crate::tasks::{GraphRun, Owner};
use crate::workflow::Reserved;
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
        let mut rows: Vec<(usize, Task)> = rows.into_iter().collect();
        rows.sort_by_key(|(ordinal, _)| *ordinal);
        workflow.place(rows)?;
        workflow.count();
        workflow.count_runs();
        workflow.check_end()?;
        if workflow.started {
            workflow.check_joins()?;
        }
        Ok(workflow)
    }

    /// Puts every row in its place, in the order of their ordinals: a task comes before those inside of it.
    fn place(&mut self, rows: Vec<(usize, Task)>) -> Result<(), InvalidState> {
        // Where the graphs inside of tasks begin, and whose they are.
        let mut reserved: BTreeMap<usize, (usize, Reserved)> = BTreeMap::new();
        let mut before = None;
        for (ordinal, task) in rows {
            if self.tasks.get(ordinal).is_none() {
                self.add_run_of(ordinal, &reserved)?;
            }
            if before.replace(ordinal) == Some(ordinal) {
                let task = self.tasks.name(ordinal).unwrap_or_default();
                return Err(InvalidState::DuplicateTask { task });
            }
            check_row(&self.tasks, ordinal, &task)?;
            if let Some(body) = task.body {
                let size = self.tasks.compiled(ordinal).and_then(|compiled| compiled.body.as_ref());
                let size = size.map_or(0, |body| body.graph.tasks.len());
                self.tasks.next = self.tasks.next.max(body.first + body.count * size);
                reserved.insert(body.first, (ordinal, body));
            }
            self.tasks[ordinal] = task;
        }
        Ok(())
    }

    /// The run that a row is part of, which is the first one of it.
    fn add_run_of(
        &mut self,
        ordinal: usize,
        reserved: &BTreeMap<usize, (usize, Reserved)>,
    ) -> Result<(), InvalidState> {
        let unknown = || InvalidState::UnknownTask { ordinal, tasks: self.tasks.len() };
        let (_, (owner, body)) = reserved.range(..=ordinal).next_back().ok_or_else(unknown)?;
        let compiled = self.tasks.compiled(*owner).and_then(|compiled| compiled.body.as_ref());
        let graph = Arc::clone(&compiled.ok_or_else(unknown)?.graph);
        let index = (ordinal - body.first) / graph.tasks.len();
        if index >= body.count {
            return Err(unknown());
        }
        let base = body.first + index * graph.tasks.len();
        self.tasks.add(base, GraphRun::new(graph, Some(Owner { task: *owner, index })));
        Ok(())
    }

    /// Counts what `advance` counts as it goes.
    fn count(&mut self) {
        let begun = |(_, task): (usize, &Task)| task.state != TaskState::Pending;
        self.started = self.state.is_terminal() || self.tasks.iter().any(begun);
        for (_, run) in self.tasks.runs_mut() {
            run.open = run.tasks.iter().filter(|task| !task.state.is_terminal()).count();
            let graph = Arc::clone(&run.graph);
            for (compiled, task) in graph.tasks.iter().zip(&run.tasks) {
                task.taken_edges.iter().for_each(|edge| run.edge_taken[*edge] = true);
                // A cancelled task decides nothing: the graph ended with it, or nobody needs it.
                if task.state.is_terminal() && task.state != TaskState::Cancelled {
                    for edge in &compiled.outgoing {
                        run.incoming[graph.edges[*edge].target].decide(run.edge_taken[*edge]);
                    }
                }
            }
        }
    }

    /// What came out of the runs that have ended, and how many there are of each task that waits for them.
    fn count_runs(&mut self) {
        let bases: Vec<usize> = self.tasks.runs().map(|(base, _)| base).collect();
        for base in bases {
            let run = self.tasks.run(base);
            let Some(owner) = run.owner else { continue };
            if self.tasks[owner.task].state != TaskState::Waiting {
                continue;
            }
            let outcome = (run.open == 0).then(|| self.outcome(base));
            let progress = self.progress.entry(owner.task).or_default();
            progress.started += 1;
            progress.ended += usize::from(outcome.is_some());
            progress.failed += usize::from(matches!(outcome, Some(Err(_))));
            if let Some(run) = self.tasks.run_mut(base) {
                run.outcome = outcome;
            }
        }
    }

    fn check_end(&self) -> Result<(), InvalidState> {
        let wrong = |problem| Err(InvalidState::Workflow { state: self.state, problem });
        let running = self.state == WorkflowState::Running;
        let is_open = self.tasks.run(0).open > 0;
        if running && self.started && !is_open {
            return Err(InvalidState::NothingOpen);
        }
        if !running && is_open {
            return wrong("a task has not ended");
        }
        let all_may_be_cancelled = self.state == WorkflowState::Cancelled || self.is_out_of_time();
        if !all_may_be_cancelled && self.tasks.runs().any(|(_, run)| self.has_cancelled_what_is_needed(run)) {
            return wrong("a task was cancelled that is needed");
        }
        if self.failure.is_some() != matches!(self.state, WorkflowState::Failed | WorkflowState::Cancelled) {
            return wrong("its failure says otherwise");
        }
        if self.result.is_some() != (self.state == WorkflowState::Succeeded) {
            return wrong("its result says otherwise");
        }
        let unhandled = self.tasks.run(0).tasks.iter().any(|task| task.unhandled.is_some());
        match self.state {
            WorkflowState::Succeeded if unhandled => wrong("a failure was left unhandled"),
            WorkflowState::Failed if !unhandled && !self.fails_as_a_whole() => {
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
        self.is_out_of_time() || self.failure.as_ref().is_some_and(has_no_result)
    }

    fn is_out_of_time(&self) -> bool {
        self.state == WorkflowState::Failed
            && self.failure.as_ref().is_some_and(|failure| failure.kind == Failure::DEADLINE_EXCEEDED)
    }

    fn check_joins(&self) -> Result<(), InvalidState> {
        for (_, run) in self.tasks.runs() {
            let tasks = run.graph.tasks.iter().zip(&run.tasks).zip(&run.incoming);
            for ((compiled, task), incoming) in tasks {
                let problem = problem_of_join(task.state, incoming.verdict(compiled.join));
                if let Some(problem) = problem {
                    return Err(invalid_join(compiled, task.state, problem));
                }
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
