//! One step of a workflow: what each kind of event does to its task.

use std::collections::VecDeque;
use std::sync::Arc;

use goalpost_checker::CompiledBlueprint;
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::{Map, Value};

use crate::{Effect, Workflow};

/// A workflow while an event happens to it, and the effects so far.
pub(crate) struct Step<'a> {
    pub(crate) blueprint: &'a CompiledBlueprint,
    pub(crate) workflow: &'a mut Workflow,
    effects: Vec<Effect>,
}

impl<'a> Step<'a> {
    pub(crate) fn new(blueprint: &'a CompiledBlueprint, workflow: &'a mut Workflow) -> Self {
        Self { blueprint, workflow, effects: Vec::new() }
    }

    pub(crate) fn into_effects(self) -> Vec<Effect> {
        self.effects
    }

    /// Makes the tasks without incoming edges ready.
    pub(crate) fn start(&mut self) {
        self.workflow.started = true;
        self.effects.push(Effect::WorkflowStarted);
        let mut ended = VecDeque::new();
        for (ordinal, task) in self.blueprint.tasks.iter().enumerate() {
            if task.incoming.is_empty() && !self.activate(ordinal) {
                ended.push_back(ordinal);
            }
        }
        self.settle(ended);
    }

    pub(crate) fn attempt_started(&mut self, ordinal: usize) {
        let task = &mut self.workflow.tasks[ordinal];
        task.state = TaskState::Running;
        // It told of the attempt before, and would be told again as this one's.
        task.failure = None;
        self.effects.push(Effect::AttemptStarted { task: ordinal, attempt: task.attempt });
    }

    pub(crate) fn succeeded(&mut self, ordinal: usize, output: Arc<Value>) {
        self.workflow.tasks[ordinal].output = Some(output);
        self.close(ordinal, TaskState::Succeeded, None);
        self.settle(VecDeque::from([ordinal]));
    }

    /// Tries again while the retry policy has attempts left.
    pub(crate) fn attempt_failed(&mut self, ordinal: usize, failure: Failure) {
        let task = &mut self.workflow.tasks[ordinal];
        task.failures = task.failures.saturating_add(1);
        if task.failures < self.blueprint.tasks[ordinal].max_attempts {
            self.again(ordinal, failure);
        } else {
            self.close(ordinal, TaskState::Failed, Some(failure));
            self.settle(VecDeque::from([ordinal]));
        }
    }

    /// Gives the task out again, as its next attempt.
    pub(crate) fn again(&mut self, ordinal: usize, failure: Failure) {
        let task = &mut self.workflow.tasks[ordinal];
        self.effects.push(Effect::AttemptFailed { task: ordinal, attempt: task.attempt });
        task.state = TaskState::Ready;
        task.attempt = task.attempt.saturating_add(1);
        task.failure = Some(failure);
        self.effects.push(Effect::TaskReady { task: ordinal, attempt: task.attempt });
    }

    /// Ends every task that is open, and the workflow.
    pub(crate) fn cancel(&mut self, failure: &Failure) {
        for ordinal in 0..self.workflow.tasks.len() {
            let state = self.workflow.tasks[ordinal].state;
            if !state.is_terminal() {
                let task = &mut self.workflow.tasks[ordinal];
                task.state = TaskState::Cancelled;
                task.failure = Some(failure.clone());
                let was_running = state == TaskState::Running;
                self.effects.push(Effect::TaskCancelled { task: ordinal, was_running });
            }
        }
        self.workflow.open = 0;
        self.workflow.state = WorkflowState::Cancelled;
        self.workflow.failure = Some(failure.clone());
        self.effects.push(Effect::WorkflowCancelled);
    }

    /// The task is ready with its first attempt.
    pub(crate) fn make_ready(&mut self, ordinal: usize, input: Map<String, Value>) {
        let task = &mut self.workflow.tasks[ordinal];
        task.state = TaskState::Ready;
        task.attempt = 1;
        task.input = Some(Arc::new(input));
        self.effects.push(Effect::TaskReady { task: ordinal, attempt: 1 });
    }

    /// The task ends. Its edges are decided by `settle`, which whoever calls this calls next.
    pub(crate) fn close(&mut self, ordinal: usize, state: TaskState, failure: Option<Failure>) {
        let task = &mut self.workflow.tasks[ordinal];
        task.state = state;
        task.failure = failure;
        self.workflow.open -= 1;
        self.effects.push(match state {
            TaskState::Succeeded => Effect::TaskSucceeded { task: ordinal },
            TaskState::Skipped => Effect::TaskSkipped { task: ordinal },
            _ => Effect::TaskFailed { task: ordinal },
        });
    }

    /// Ends the workflow, if no task is open.
    pub(crate) fn end_if_nothing_is_open(&mut self) {
        if self.workflow.open > 0 {
            return;
        }
        match self.result() {
            Ok(result) => {
                self.workflow.state = WorkflowState::Succeeded;
                self.workflow.result = Some(result);
                self.effects.push(Effect::WorkflowSucceeded);
            }
            Err(failure) => {
                self.workflow.state = WorkflowState::Failed;
                self.workflow.failure = Some(failure);
                self.effects.push(Effect::WorkflowFailed);
            }
        }
    }

    /// What the last tasks gave; or why the workflow fails.
    fn result(&self) -> Result<Map<String, Value>, Failure> {
        if let Some(failure) = self.workflow.tasks.iter().find_map(|task| task.unhandled.clone()) {
            return Err(failure);
        }
        let leaves = self.blueprint.tasks.iter().zip(&self.workflow.tasks);
        let outputs = leaves
            .filter(|(compiled, _)| compiled.outgoing.is_empty())
            .filter_map(|(compiled, task)| {
                task.output.as_ref().map(|output| (compiled.name.clone(), Value::clone(output)))
            })
            .collect();
        self.blueprint.check_result(&outputs).map(|()| outputs)
    }
}
