//! What people and other systems ask of a workflow. Asking twice is asking once.

use std::collections::BTreeMap;

use goalpost_checker::builtin::Control;
use goalpost_graph::{Event, Task};
use goalpost_model::{Failure, TaskState, TimerKind, WorkflowId, WorkflowState};
use goalpost_store::workflows::Transitions;

use crate::engine::command::{Outcome, Refusal, Step};
use crate::engine::live::Live;
use crate::engine::timing::armed;

/// The core's event for the step, or the answer if the step has happened already.
pub(crate) fn event_of(live: &Live, step: &Step) -> Result<Event, Result<Outcome, Refusal>> {
    let state = live.core.state;
    let done = || Err(Ok(Outcome::Done));
    match step.clone() {
        // Undoing is not cancelled: it is what follows.
        Step::Cancel { .. } if state.is_terminal() || state == WorkflowState::Compensating => done(),
        Step::Cancel { failure } => Ok(Event::Cancel { failure }),
        Step::Expire => Ok(Event::DeadlineExceeded),
        Step::RunOutOfTime => Ok(Event::WallTimeExceeded),
        Step::Fund { change } => {
            let budget = live.core.budget().changed(change);
            if budget == live.core.budget() && !state.is_terminal() {
                return done();
            }
            Ok(Event::SetBudget { budget })
        }
        Step::Pause { failure } if is_paused_for(live, &failure.kind) => done(),
        Step::Pause { failure } => Ok(Event::Pause { failure }),
        Step::Resume if state == WorkflowState::Running => done(),
        Step::Resume => Ok(Event::Resume),
        Step::Retry { .. } if !state.is_terminal() => done(),
        Step::Retry { all } => Ok(Event::Retry { all }),
        Step::Signal { id, .. } if live.core.signals.iter().any(|signal| signal.id == id) => done(),
        Step::Signal { id, name, payload } => Ok(Event::Signal { id, name, payload }),
        Step::Decide { task, verdict } => {
            let task = ordinal(live, &task)?;
            if is_decided(live, task, verdict.is_ok()) { done() } else { Ok(Event::Decide { task, verdict }) }
        }
        Step::Expand { task, attempt, outcome, spent } => {
            let task = ordinal(live, &task)?;
            let current = live.core.tasks[task].attempt;
            let attempt = attempt.unwrap_or(current);
            let planned = live.core.tasks[task].planned.as_ref().filter(|_| attempt == current);
            let is_done = outcome.as_ref().ok().zip(planned).is_some_and(|(new, planned)| new == planned);
            if is_done { done() } else { Ok(Event::Expand { task, attempt, outcome, spent }) }
        }
        Step::NoReplan { number, reason } => Ok(Event::NoReplan { number, reason }),
        Step::Skip { task, output, reason } => {
            let task = ordinal(live, &task)?;
            if is_by_hand(live, task) { done() } else { Ok(Event::Skip { task, output, reason }) }
        }
        _ => done(),
    }
}

fn ordinal(live: &Live, task: &str) -> Result<usize, Result<Outcome, Refusal>> {
    live.core.tasks.ordinal_of(task).ok_or(Err(Refusal::NotFound("task")))
}

fn is_decided(live: &Live, ordinal: usize, approved: bool) -> bool {
    let asks = live.core.tasks.compiled(ordinal).is_some_and(|task| task.control == Some(Control::Approve));
    let task = &live.core.tasks[ordinal];
    let was_rejected = task.failure.as_ref().is_some_and(|failure| failure.kind == Failure::REJECTED);
    asks && if approved { task.state == TaskState::Succeeded } else { was_rejected }
}

fn is_by_hand(live: &Live, ordinal: usize) -> bool {
    let task = &live.core.tasks[ordinal];
    let by_hand = |failure: &Failure| failure.kind == Failure::BY_HAND;
    task.state.is_terminal() && task.failure.as_ref().is_some_and(by_hand)
}

fn is_paused_for(live: &Live, kind: &str) -> bool {
    live.core.state == WorkflowState::Paused
        && live.core.failure.as_ref().is_some_and(|failure| failure.kind == kind)
}

/// Timers that a pause has let pass, that went with the workflow's end, or that are due at another time now. Those of
/// the tasks that were `recorded` are armed already.
pub(crate) fn rearm(
    transitions: &mut Transitions,
    id: WorkflowId,
    live: &Live,
    step: &Step,
    recorded: &BTreeMap<usize, i32>,
) {
    match step {
        Step::Resume => {
            let is_ready = |(ordinal, task): &(usize, &Task)| {
                task.state == TaskState::Ready && !recorded.contains_key(ordinal)
            };
            for (ordinal, task) in live.core.tasks.iter().filter(is_ready) {
                let timer = live.core.timer(ordinal).filter(|timer| timer.kind == TimerKind::ScheduleToStart);
                transitions.armed.extend(timer.map(|timer| armed(id, Some(ordinal), task.attempt, timer)));
            }
        }
        Step::Retry { .. } => {
            let deadline = live.core.deadline(&live.blueprint);
            transitions.armed.extend(deadline.map(|deadline| armed(id, None, 0, deadline)));
        }
        _ => {}
    }
    // Another plan lets a workflow go on that has waited for it.
    if matches!(step, Step::Resume | Step::Retry { .. } | Step::Fund { .. } | Step::Extend { .. }) {
        rearm_wall_time(transitions, id, live);
    }
}

/// If it is over already it fires at once.
fn rearm_wall_time(transitions: &mut Transitions, id: WorkflowId, live: &Live) {
    match live.core.wall_time() {
        Some(timer) => transitions.armed.push(armed(id, None, 0, timer)),
        None => transitions.timeless.push(id),
    }
}
