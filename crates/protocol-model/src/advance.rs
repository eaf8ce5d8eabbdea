//! The pure core, as far as deliveries need it: what a step makes of the tasks.

use crate::element::TASKS;
use crate::model::Protocol;
use crate::mutation::Mutation;
use crate::postgres::{Holder, Task, TaskState, Timer};

/// One thing that shall happen to a task.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A worker gets the attempt. `unsure`: the answer to an earlier write of this very claim is lost.
    Claim { task: usize, attempt: u8, holder: Holder, unsure: bool },
    /// A worker says how its attempt ended.
    Finish { task: usize, attempt: u8, session: usize, failed: bool },
    /// Nobody will end the attempt.
    Lose { task: usize, attempt: u8 },
    /// The attempt never reached its worker.
    Undeliver { task: usize, attempt: u8 },
    /// The time for the retry has come.
    Retry { task: usize, attempt: u8 },
}

/// What becomes of a step.
pub(crate) enum Verdict {
    /// The tasks are these once it is written.
    Change([Task; TASKS]),
    /// It has happened already.
    Done,
    /// It came too late, or twice.
    Refused,
}

/// Looks at the step in the light of what is known; `is_fresh` if that was read just now.
pub(crate) fn advance(protocol: &Protocol, tasks: &[Task; TASKS], step: Step, is_fresh: bool) -> Verdict {
    match step {
        Step::Claim { task, attempt, holder, unsure } => {
            let row = tasks[task];
            let is_ours =
                row.state == TaskState::Running && row.attempt == attempt && row.holder == Some(holder);
            let may_answer = is_fresh && (unsure || protocol.breaks(Mutation::ClaimsTwice))
                || protocol.breaks(Mutation::AnswersClaimsFromMemory);
            if is_ours && may_answer {
                return Verdict::Done;
            }
            let changed = Task { state: TaskState::Running, holder: Some(holder), ..row };
            change_if(row.state == TaskState::Ready && row.attempt == attempt, tasks, task, changed)
        }
        Step::Finish { task, attempt, session, failed } => {
            finish(protocol, tasks, (task, attempt), session, failed)
        }
        Step::Lose { task, attempt } | Step::Undeliver { task, attempt } => {
            let row = tasks[task];
            let is_current = row.state == TaskState::Running && row.attempt == attempt;
            change_if(is_current, tasks, task, again(protocol, row))
        }
        Step::Retry { task, attempt } => {
            let row = tasks[task];
            if protocol.breaks(Mutation::TimerCountsTwice) {
                let changed = Task { state: TaskState::Ready, attempt: attempt + 1, ..Task::default() };
                return change_if(row.state != TaskState::Ended && row != changed, tasks, task, changed);
            }
            let is_due = row.state == TaskState::Backoff && row.attempt == attempt;
            change_if(is_due, tasks, task, again(protocol, row))
        }
    }
}

fn finish(
    protocol: &Protocol,
    tasks: &[Task; TASKS],
    (task, attempt): (usize, u8),
    session: usize,
    failed: bool,
) -> Verdict {
    let row = tasks[task];
    let is_theirs = row.attempt == attempt && row.holder.is_some_and(|holder| holder.session == session);
    if row.state != TaskState::Running {
        let is_repeated = row.state == TaskState::Ended && row.attempt == attempt;
        return if is_repeated { Verdict::Done } else { Verdict::Refused };
    }
    if !is_theirs && !protocol.breaks(Mutation::AcceptsStaleCompletions) {
        return Verdict::Refused;
    }
    let mut after = *tasks;
    let (state, timer) =
        if failed { (TaskState::Backoff, Timer::Armed) } else { (TaskState::Ended, Timer::None) };
    after[task] = Task { state, holder: None, timer, ..row };
    if let (false, Some(next)) = (failed, after.get_mut(task + 1))
        && next.state == TaskState::Pending
    {
        *next = Task { state: TaskState::Ready, attempt: 1, ..Task::default() };
    }
    Verdict::Change(after)
}

/// The task is given out as its next attempt.
fn again(protocol: &Protocol, row: Task) -> Task {
    let attempt = if protocol.breaks(Mutation::KeepsTheAttempt) { row.attempt } else { row.attempt + 1 };
    Task { state: TaskState::Ready, attempt, ..Task::default() }
}

fn change_if(fits: bool, tasks: &[Task; TASKS], task: usize, changed: Task) -> Verdict {
    if !fits {
        return Verdict::Refused;
    }
    let mut after = *tasks;
    after[task] = changed;
    Verdict::Change(after)
}
