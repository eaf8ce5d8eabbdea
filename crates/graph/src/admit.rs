//! Which events a state allows.

use goalpost_checker::CompiledBlueprint;
use goalpost_model::{TaskState, TimerKind};

use crate::{Event, IllegalTransition, Workflow};

/// Refuses an event that does not fit, before anything is changed.
pub(crate) fn admit(
    blueprint: &CompiledBlueprint,
    workflow: &Workflow,
    event: &Event,
) -> Result<(), IllegalTransition> {
    if workflow.state.is_terminal() {
        return Err(IllegalTransition::AlreadyEnded { state: workflow.state, event: event.name() });
    }
    let needs = match *event {
        Event::Start if workflow.started => return Err(IllegalTransition::AlreadyStarted),
        Event::Start => return Ok(()),
        _ if !workflow.started => return Err(IllegalTransition::NotStarted { event: event.name() }),
        Event::Cancel { .. } => return Ok(()),
        Event::DeadlineExceeded if blueprint.deadline_ms == 0 => return Err(IllegalTransition::NoDeadline),
        Event::DeadlineExceeded => return Ok(()),
        Event::TimerFired { task, attempt, kind } => {
            return admit_timer(workflow, task, attempt, kind);
        }
        Event::AttemptStarted { task, attempt } => Needs { task, attempt, state: TaskState::Ready },
        Event::AttemptSucceeded { task, attempt, .. }
        | Event::AttemptFailed { task, attempt, .. }
        | Event::AttemptUndelivered { task, attempt } => Needs { task, attempt, state: TaskState::Running },
    };
    needs.met_by(workflow, event.name())
}

/// A timer counts if the task waits for it now.
fn admit_timer(
    workflow: &Workflow,
    ordinal: usize,
    attempt: u32,
    kind: TimerKind,
) -> Result<(), IllegalTransition> {
    let Some(task) = workflow.tasks.get(ordinal) else {
        let tasks = workflow.tasks.len();
        return Err(IllegalTransition::UnknownTask { task: ordinal, tasks, event: "TimerFired" });
    };
    let armed = workflow.timer(ordinal).filter(|timer| timer.kind == kind);
    if armed.is_some() && attempt == task.attempt {
        return Ok(());
    }
    let (current, state) = (task.attempt, task.state);
    let task = workflow.tasks.name(ordinal).unwrap_or_default();
    Err(IllegalTransition::NotArmed { task, attempt, current, state })
}

/// The task, the attempt, and the state that the task has to be in.
struct Needs {
    task: usize,
    attempt: u32,
    state: TaskState,
}

impl Needs {
    fn met_by(self, workflow: &Workflow, event: &'static str) -> Result<(), IllegalTransition> {
        let Some(task) = workflow.tasks.get(self.task) else {
            let tasks = workflow.tasks.len();
            return Err(IllegalTransition::UnknownTask { task: self.task, tasks, event });
        };
        let name = || workflow.tasks.name(self.task).unwrap_or_default();
        let (attempt, current, state) = (self.attempt, task.attempt, task.state);
        if attempt < current {
            Err(IllegalTransition::StaleAttempt { task: name(), attempt, current, state, event })
        } else if attempt > current {
            Err(IllegalTransition::UnknownAttempt { task: name(), attempt, current, state, event })
        } else if state == self.state {
            Ok(())
        } else if self.state == TaskState::Ready {
            Err(IllegalTransition::NotReady { task: name(), attempt, state, event })
        } else {
            Err(IllegalTransition::NotRunning { task: name(), attempt, state, event })
        }
    }
}
