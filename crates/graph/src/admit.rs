//! Which events a state allows.

use goalpost_checker::CompiledBlueprint;
use goalpost_model::limits::MAX_SIGNALS;
use goalpost_model::{TaskState, TimerKind, WaitsFor, WorkflowState};
use serde_json::Value;

use crate::{Event, IllegalTransition, Task, Workflow};

/// Refuses an event that does not fit, before anything is changed.
pub(crate) fn admit(
    blueprint: &CompiledBlueprint,
    workflow: &Workflow,
    event: &Event,
) -> Result<(), IllegalTransition> {
    if let Event::Retry { all } = *event {
        return admit_retry(workflow, all);
    }
    if workflow.state.is_terminal() {
        return Err(IllegalTransition::AlreadyEnded { state: workflow.state, event: event.name() });
    }
    let needs = match *event {
        Event::Start if workflow.started => return Err(IllegalTransition::AlreadyStarted),
        Event::Start => return Ok(()),
        _ if !workflow.started => return Err(IllegalTransition::NotStarted { event: event.name() }),
        Event::Retry { .. } => return Ok(()),
        Event::Cancel { .. } | Event::DeadlineExceeded if workflow.state == WorkflowState::Compensating => {
            return Err(IllegalTransition::WrongState { state: workflow.state, event: event.name() });
        }
        Event::Cancel { .. } => return Ok(()),
        Event::SetBudget { .. } => return Ok(()),
        Event::Pause { .. } if workflow.is_paused_for_budget() => return Ok(()),
        Event::Pause { .. } => return in_state(workflow, WorkflowState::Running, event),
        Event::Resume => return in_state(workflow, WorkflowState::Paused, event),
        Event::Signal { ref id, .. } => return admit_signal(workflow, id),
        Event::Decide { task, .. } => return admit_decision(workflow, task),
        Event::KeyGranted { task, attempt } => return admit_key(workflow, task, attempt),
        Event::Expand { task, attempt, .. } => return admit_expansion(workflow, task, attempt),
        Event::NoReplan { number, .. } => return admit_no_replan(workflow, number),
        Event::Skip { task, ref output, .. } => return admit_skip(workflow, task, output.as_ref()),
        Event::AttemptStarted { .. } | Event::TimerFired { kind: TimerKind::ScheduleToStart, .. }
            if workflow.state == WorkflowState::Paused && !workflow.is_paused_for_budget() =>
        {
            return Err(IllegalTransition::Paused { event: event.name() });
        }
        Event::WallTimeExceeded if workflow.wall_time().is_none() => {
            return Err(IllegalTransition::NoTimeLimit);
        }
        Event::WallTimeExceeded => return Ok(()),
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

fn in_state(workflow: &Workflow, needed: WorkflowState, event: &Event) -> Result<(), IllegalTransition> {
    let state = workflow.state;
    if state == needed { Ok(()) } else { Err(IllegalTransition::WrongState { state, event: event.name() }) }
}

fn admit_retry(workflow: &Workflow, all: bool) -> Result<(), IllegalTransition> {
    if !matches!(workflow.state, WorkflowState::Failed | WorkflowState::Cancelled) {
        return Err(IllegalTransition::WrongState { state: workflow.state, event: "Retry" });
    }
    let is_undone =
        |(ordinal, task): (usize, &Task)| task.undo.is_some() && !workflow.tasks.is_withdrawn(ordinal);
    if workflow.tasks.iter().any(is_undone) {
        return Err(IllegalTransition::Undone);
    }
    if let Some(task) = workflow.cannot_begin_anew(all) {
        return Err(IllegalTransition::CannotBeginAnew { task });
    }
    if all || workflow.can_be_retried() { Ok(()) } else { Err(IllegalTransition::NothingToRetry) }
}

fn admit_no_replan(workflow: &Workflow, number: u32) -> Result<(), IllegalTransition> {
    let state = workflow.state;
    if state == WorkflowState::Replanning && workflow.replans == number {
        return Ok(());
    }
    Err(IllegalTransition::NotReplanning { state, number })
}

fn admit_signal(workflow: &Workflow, id: &str) -> Result<(), IllegalTransition> {
    let signals = workflow.signals.len();
    if workflow.signals.iter().any(|signal| signal.id == id) {
        Err(IllegalTransition::SignalRepeated { id: id.to_owned() })
    } else if signals >= MAX_SIGNALS {
        Err(IllegalTransition::TooManySignals { signals })
    } else {
        Ok(())
    }
}

fn admit_decision(workflow: &Workflow, ordinal: usize) -> Result<(), IllegalTransition> {
    let state = state_of(workflow, ordinal, "Decide")?;
    if workflow.waits_for(ordinal) == Some(WaitsFor::Approval) {
        return Ok(());
    }
    let task = workflow.tasks.name(ordinal).unwrap_or_default();
    Err(IllegalTransition::NotToDecide { task, state })
}

fn admit_key(workflow: &Workflow, ordinal: usize, attempt: u32) -> Result<(), IllegalTransition> {
    let state = state_of(workflow, ordinal, "KeyGranted")?;
    let current = workflow.tasks[ordinal].attempt;
    if workflow.waits_for(ordinal) == Some(WaitsFor::Key) && attempt == current {
        return Ok(());
    }
    let task = workflow.tasks.name(ordinal).unwrap_or_default();
    Err(IllegalTransition::NotArmed { task, attempt, current, state })
}

fn admit_expansion(workflow: &Workflow, ordinal: usize, attempt: u32) -> Result<(), IllegalTransition> {
    let state = state_of(workflow, ordinal, "Expand")?;
    Needs { task: ordinal, attempt, state }.met_by(workflow, "Expand")?;
    if matches!(workflow.waits_for(ordinal), Some(WaitsFor::Plan | WaitsFor::Extension)) {
        return Ok(());
    }
    let task = workflow.tasks.name(ordinal).unwrap_or_default();
    Err(IllegalTransition::NotToExpand { task, state })
}

fn admit_skip(workflow: &Workflow, ordinal: usize, output: Option<&Value>) -> Result<(), IllegalTransition> {
    let state = state_of(workflow, ordinal, "Skip")?;
    if state.is_terminal() {
        let task = workflow.tasks.name(ordinal).unwrap_or_default();
        return Err(IllegalTransition::NotToSkip { task, state });
    }
    let checked = workflow.tasks.compiled(ordinal).zip(output);
    checked.map_or(Ok(()), |(compiled, output)| {
        compiled
            .check_output(output, workflow.payload_limit)
            .map_err(|failure| IllegalTransition::OutputRefused { failure })
    })
}

fn state_of(
    workflow: &Workflow,
    ordinal: usize,
    event: &'static str,
) -> Result<TaskState, IllegalTransition> {
    let tasks = workflow.tasks.len();
    let task = workflow.tasks.get(ordinal);
    task.map(|task| task.state).ok_or(IllegalTransition::UnknownTask { task: ordinal, tasks, event })
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
