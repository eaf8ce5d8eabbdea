//! Timers: which one a state waits for. A function of the state, so nothing has to be kept in step.

use goalpost_checker::builtin::Control;
use goalpost_checker::{CompiledBlueprint, CompiledTask};
use goalpost_model::{Failure, TaskState, TimerKind, WaitsFor, WorkflowState};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{Task, Workflow};

/// A timer that has to be armed when a task comes into its state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timer {
    /// What it is for.
    pub kind: TimerKind,
    /// When it fires.
    pub due: Due,
}

/// When a timer fires, seen from the moment in which it is armed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Due {
    /// After a time.
    After {
        /// Milliseconds.
        ms: u64,
        /// The share of it that chance may take away, from 0 to 1.
        jitter: f64,
    },
    /// At a time.
    At(Timestamp),
}

impl Due {
    fn after(ms: u64) -> Self {
        Self::After { ms, jitter: 0.0 }
    }
}

/// Whether the task can have a timer in any of its states.
pub fn may_have_timer(task: &CompiledTask) -> bool {
    let retries_later = task.retry.max_attempts > 1 && task.retry.backoff_ms(1) > 0;
    let timeouts = &task.timeouts;
    retries_later
        || task.control == Some(Control::Wait)
        || waits_for_a_word(task)
        || timeouts.schedule_to_start_ms > 0
        || timeouts.start_to_close_ms > 0
}

/// Whether somebody outside has to say something.
fn waits_for_a_word(task: &CompiledTask) -> bool {
    matches!(task.control, Some(Control::AwaitSignal | Control::Approve | Control::Extension))
}

impl Workflow {
    /// The timer that the task waits for in its state. `None` for a task that is not there.
    pub fn timer(&self, ordinal: usize) -> Option<Timer> {
        let (task, compiled) = (self.tasks.get(ordinal)?, self.tasks.compiled(ordinal)?);
        let timeout = |kind, ms| (ms > 0).then_some(Timer { kind, due: Due::after(ms) });
        match task.state {
            TaskState::Waiting if task.awaits_budget => None,
            TaskState::Waiting if compiled.control == Some(Control::Wait) => {
                // An input that says no time never came to wait.
                let due = due(task.input.as_deref()?).ok()?;
                Some(Timer { kind: TimerKind::Wait, due })
            }
            // It waits for nothing but the graph inside of it, or for its plan.
            TaskState::Waiting if task.planned.is_some() || task.output.is_some() => None,
            TaskState::Waiting if waits_for_a_word(compiled) => {
                let ms = task.input.as_deref()?.get("timeout_ms").and_then(Value::as_u64);
                timeout(TimerKind::GiveUp, ms.unwrap_or_default())
            }
            TaskState::Waiting if self.waits_for(ordinal) == Some(WaitsFor::Key) => None,
            TaskState::Waiting if compiled.control.is_some() => None,
            TaskState::Waiting => Some(backoff(task, compiled)),
            TaskState::Ready => timeout(TimerKind::ScheduleToStart, compiled.timeouts.schedule_to_start_ms),
            TaskState::Running => timeout(TimerKind::StartToClose, compiled.timeouts.start_to_close_ms),
            _ => None,
        }
    }

    /// The workflow's own timer, if it has a deadline.
    pub fn deadline(&self, blueprint: &CompiledBlueprint) -> Option<Timer> {
        let is_timed = blueprint.deadline_ms > 0 && !self.state.is_terminal();
        is_timed.then(|| Timer { kind: TimerKind::Deadline, due: Due::after(blueprint.deadline_ms) })
    }
}

impl Workflow {
    /// When the time is over that the workflow's budget allows, seen from its beginning; while it runs.
    pub fn wall_time(&self) -> Option<Timer> {
        let ms = self.budget().wall_time_ms;
        let is_timed = ms > 0 && self.state == WorkflowState::Running;
        is_timed.then(|| Timer { kind: TimerKind::WallTime, due: Due::after(ms) })
    }
}

fn backoff(task: &Task, compiled: &CompiledTask) -> Timer {
    let ms = compiled.retry.backoff_ms(task.failures);
    Timer { kind: TimerKind::Backoff, due: Due::After { ms, jitter: compiled.retry.jitter } }
}

/// The time that the input of a `goalpost.wait` says. Its schema has been checked.
pub(crate) fn due(input: &Map<String, Value>) -> Result<Due, Failure> {
    if let Some(until) = input.get("until") {
        let text = until.as_str().unwrap_or_default();
        return text.parse().map(Due::At).map_err(|error| {
            let message = format!("until is '{text}', which is no time like 2026-01-31T12:00:00Z: {error}");
            Failure::new(Failure::INPUT_SCHEMA, message)
        });
    }
    Ok(Due::after(input.get("duration_ms").and_then(Value::as_u64).unwrap_or_default()))
}

/// The failure of what did not come in time.
pub(crate) fn timed_out(kind: TimerKind, task: &CompiledTask) -> Failure {
    let (name, capability) = (&task.name, &task.capability);
    let (word, message) = match kind {
        TimerKind::ScheduleToStart => (
            Failure::SCHEDULE_TO_START_TIMEOUT,
            format!(
                "no worker took task '{name}' within {} ms; is there one that offers {capability}, with room?",
                task.timeouts.schedule_to_start_ms
            ),
        ),
        TimerKind::GiveUp if task.control == Some(Control::Approve) => {
            (Failure::APPROVAL_TIMEOUT, format!("nobody approved or rejected task '{name}' in time"))
        }
        TimerKind::GiveUp if task.control == Some(Control::Extension) => {
            (Failure::EXTENSION_TIMEOUT, format!("nobody brought a graph for task '{name}' in time"))
        }
        TimerKind::GiveUp => {
            (Failure::SIGNAL_TIMEOUT, format!("the signal that task '{name}' waits for did not come in time"))
        }
        _ => (
            Failure::START_TO_CLOSE_TIMEOUT,
            format!("the attempt did not end within {} ms", task.timeouts.start_to_close_ms),
        ),
    };
    Failure::new(word, message)
}
