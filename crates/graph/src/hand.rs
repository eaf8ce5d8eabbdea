//! What people and other systems do to a workflow: signals, approvals, pauses, tasks ended by hand.

use std::sync::Arc;

use goalpost_model::{Failure, TaskState, WaitsFor, WorkflowState};
use serde_json::{Map, Value};

use crate::Effect;
use crate::step::Step;
use crate::workflow::Signal;

impl Step<'_> {
    /// Nothing new is given to workers. What they have goes on, and so does what needs none.
    pub(crate) fn pause(&mut self, failure: Failure) {
        self.workflow.state = WorkflowState::Paused;
        self.workflow.failure = Some(failure);
        self.effects.push(Effect::WorkflowPaused);
    }

    pub(crate) fn resume(&mut self) {
        self.run_on();
        // It may have waited for that alone.
        self.settle();
    }

    /// The workflow runs after having stood still.
    pub(crate) fn run_on(&mut self) {
        self.workflow.state = WorkflowState::Running;
        self.workflow.failure = None;
        self.effects.push(Effect::WorkflowResumed);
    }

    /// The first task that waits for the signal takes it; until there is one, it is kept.
    pub(crate) fn signal(&mut self, id: String, name: String, payload: Value) {
        let signal = self.workflow.signals.len();
        let payload = Arc::new(payload);
        let waits = |(ordinal, task): &(usize, &crate::Task)| {
            self.workflow.waits_for(*ordinal) == Some(WaitsFor::Signal)
                && task.input.as_deref().and_then(signal_name) == Some(name.as_str())
        };
        let taken_by = self.workflow.tasks.iter().find(waits).map(|(ordinal, _)| ordinal);
        self.effects.push(Effect::SignalReceived { signal });
        self.workflow.signals.push(Signal { id, name, payload: Arc::clone(&payload), taken_by });
        if let Some(task) = taken_by {
            self.succeeded(task, payload);
        }
    }

    /// A task waits for a signal, unless it has come before.
    pub(crate) fn await_signal(&mut self, ordinal: usize, input: Map<String, Value>) {
        let kept =
            |signal: &Signal| signal.taken_by.is_none() && Some(signal.name.as_str()) == signal_name(&input);
        let Some(place) = self.workflow.signals.iter().position(kept) else {
            return self.make_wait(ordinal, input);
        };
        let signal = &mut self.workflow.signals[place];
        signal.taken_by = Some(ordinal);
        let payload = Arc::clone(&signal.payload);
        self.effects.push(Effect::SignalTaken { signal: place });
        let task = &mut self.workflow.tasks[ordinal];
        task.input = Some(Arc::new(input));
        task.output = Some(payload);
        self.close(ordinal, TaskState::Succeeded, None);
    }

    pub(crate) fn decide(&mut self, ordinal: usize, verdict: Result<Value, Failure>) {
        match verdict {
            Ok(output) => self.succeeded(ordinal, Arc::new(output)),
            Err(failure) => self.fail(ordinal, failure),
        }
    }

    /// Ends a task in the place of whoever should have.
    pub(crate) fn skip(&mut self, ordinal: usize, output: Option<Value>, reason: Failure) {
        let state = if output.is_some() { TaskState::Succeeded } else { TaskState::Skipped };
        self.workflow.tasks[ordinal].output = output.map(Arc::new);
        self.close(ordinal, state, Some(reason.clone()));
        self.cancel_inside(ordinal, &reason);
        self.settle();
    }
}

/// The name of the signal that a task with this input waits for.
pub(crate) fn signal_name(input: &Map<String, Value>) -> Option<&str> {
    input.get("name").and_then(Value::as_str)
}
