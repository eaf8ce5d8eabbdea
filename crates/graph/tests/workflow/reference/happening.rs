//! What may happen to an interpreted workflow, and what it does then.

use goalpost_checker::builtin::WAIT;
use goalpost_model::{TaskState, TimerKind, WorkflowState};
use serde_json::{Value, json};

use super::interpreter::Interpreter;

/// Something that happens to a task, by its name, or to the workflow.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    Started(String),
    Succeeded(String, Value),
    Failed(String),
    /// The attempt never reached its worker.
    Lost(String),
    Fired(String, TimerKind),
    /// It got its key.
    Granted(String),
    /// The workflow is given up, for this kind of reason.
    GivenUp(&'static str),
}

impl Interpreter<'_> {
    /// The tasks that something may happen to.
    pub(super) fn movable(&self) -> Vec<String> {
        let is_movable = |name: &str| match self.tasks[name].state {
            TaskState::Ready | TaskState::Running => true,
            TaskState::Waiting => self.timer(name).is_some() || self.waits_for_its_key(name),
            _ => false,
        };
        self.tasks.keys().filter(|name| is_movable(name)).cloned().collect()
    }

    /// The timer that the task has.
    pub(super) fn timer(&self, name: &str) -> Option<TimerKind> {
        let timeouts = self.timeouts(name);
        match self.tasks[name].state {
            TaskState::Ready => (timeouts.schedule_to_start_ms > 0).then_some(TimerKind::ScheduleToStart),
            TaskState::Running => (timeouts.start_to_close_ms > 0).then_some(TimerKind::StartToClose),
            TaskState::Waiting if self.waits_for_time(name) => Some(TimerKind::Wait),
            TaskState::Waiting if self.tasks[name].attempt > 0 => Some(TimerKind::Backoff),
            _ => None,
        }
    }

    /// Before its first attempt.
    pub(super) fn waits_for_its_key(&self, name: &str) -> bool {
        let task = &self.tasks[name];
        let has_key = !name.ends_with(".undo") && self.definition(name).concurrency_key.is_some();
        has_key && task.state == TaskState::Waiting && task.attempt == 0
    }

    fn waits_for_time(&self, name: &str) -> bool {
        !name.ends_with(".undo") && self.definition(name).capability == WAIT
    }

    pub(super) fn happens(&mut self, happening: &Happening) {
        match happening {
            Happening::Started(name) => self.task(name).state = TaskState::Running,
            Happening::Succeeded(name, output) if self.is_allowed(name, output) => {
                self.succeed(name, output.clone());
            }
            Happening::Succeeded(name, _)
            | Happening::Failed(name)
            | Happening::Fired(name, TimerKind::StartToClose) => self.attempt_failed(name),
            Happening::Lost(name) | Happening::Granted(name) | Happening::Fired(name, TimerKind::Backoff) => {
                self.next_attempt(name);
            }
            Happening::Fired(name, TimerKind::Wait) => self.succeed(name, json!({})),
            Happening::Fired(name, _) => self.fail(name, "TIMEOUT"),
            Happening::GivenUp(kind) => self.give_up(kind),
        }
        self.follow_everything();
    }

    /// The capability `count` wants a whole number.
    fn is_allowed(&self, name: &str, output: &Value) -> bool {
        name.ends_with(".undo") || output["n"].is_i64()
    }

    fn attempt_failed(&mut self, name: &str) {
        let retry = self.retry(name);
        let task = self.task(name);
        task.failures += 1;
        if task.failures == retry.max_attempts {
            self.fail(name, "BROKEN");
        } else if retry.initial_backoff_ms > 0 {
            task.state = TaskState::Waiting;
        } else {
            self.next_attempt(name);
        }
    }

    pub(super) fn next_attempt(&mut self, name: &str) {
        let task = self.task(name);
        task.state = TaskState::Ready;
        task.attempt += 1;
    }

    fn give_up(&mut self, kind: &str) {
        for task in self.tasks.values_mut().filter(|task| !task.state.is_terminal()) {
            task.state = TaskState::Cancelled;
        }
        self.end_badly(kind);
    }

    fn follow_everything(&mut self) {
        if self.state == WorkflowState::Compensating {
            self.undo();
        } else {
            self.follow();
        }
    }
}
