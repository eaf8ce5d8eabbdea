//! Nothing that waits for a time happens before that time, by the database's clock.

use goalpost_model::{EventType, Failure};
use jiff::{SignedDuration, Timestamp};

use super::history::{Event, Goal, History, Task};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, goal) in &history.goals {
        let tasks = (0..goal.graph.tasks.len()).flat_map(|task| early_in_task(goal, task));
        let early = tasks.chain(early_deadline(goal));
        found.extend(early.map(|message| Violation::of(Rule::NotTooEarly, id, message)));
    }
    found
}

fn early_in_task(goal: &Goal, ordinal: usize) -> Vec<String> {
    let task = &goal.graph.tasks[ordinal];
    let events: Vec<&Event> = goal.events_of(ordinal).collect();
    let mut failures = 0;
    let mut found = Vec::new();
    for pair in events.windows(2) {
        let [before, after] = pair else { continue };
        if before.kind == EventType::AttemptFailed && is_counted(before) {
            failures += 1;
        }
        if let Some(least_ms) = least_ms(task, failures, before, after) {
            found.extend(early(&task.name, before.at, after, least_ms));
        }
    }
    found
}

/// The time that has to pass from one event of a task to the next, in milliseconds.
fn least_ms(task: &Task, failures: u32, before: &Event, after: &Event) -> Option<u64> {
    let failed_as = |kind| after.failure.as_deref() == Some(kind);
    match (before.kind, after.kind) {
        (EventType::TaskWaiting, EventType::TaskSucceeded) => task.wait_ms,
        (EventType::AttemptFailed, EventType::TaskReady) if is_counted(before) => {
            Some(pause_ms(task, failures))
        }
        (EventType::TaskReady, _) if failed_as(Failure::SCHEDULE_TO_START_TIMEOUT) => {
            Some(task.timeouts.schedule_to_start_ms)
        }
        (EventType::AttemptStarted, _) if failed_as(Failure::START_TO_CLOSE_TIMEOUT) => {
            Some(task.timeouts.start_to_close_ms)
        }
        _ => None,
    }
}

fn is_counted(event: &Event) -> bool {
    event.failure.as_deref() != Some(Failure::NOT_DELIVERED)
}

/// The shortest pause that the policy allows after so many failures.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a pause in milliseconds")]
fn pause_ms(task: &Task, failures: u32) -> u64 {
    let retry = &task.retry;
    let mut pause = retry.initial_backoff_ms as f64;
    for _ in 1..failures {
        pause *= retry.backoff_coefficient;
    }
    let longest = retry.max_backoff_ms as f64;
    // Whole milliseconds are rounded down.
    (pause.min(longest) * (1.0 - retry.jitter) - 1.0).max(0.0) as u64
}

fn early_deadline(goal: &Goal) -> Option<String> {
    let begin = goal.events.iter().find(|event| event.kind == EventType::WorkflowStarted)?;
    let is_late = |event: &&Event| event.failure.as_deref() == Some(Failure::DEADLINE_EXCEEDED);
    let end = goal.events.iter().find(is_late)?;
    early("the workflow", begin.at, end, goal.graph.deadline_ms)
}

fn early(who: &str, from: Timestamp, event: &Event, least_ms: u64) -> Option<String> {
    let passed = event.at.duration_since(from);
    let least = SignedDuration::from_millis(i64::try_from(least_ms).ok()?);
    (passed < least).then(|| {
        format!("event {}, {} {who}, came after {passed:?} instead of {least:?}", event.number, event.kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, GOAL, broken};

    #[test]
    fn an_attempt_before_the_pause_was_over_is_found() {
        let mut history = sample::history();
        // Ten seconds lie between two events.
        let retry = &mut history.goals.get_mut(GOAL).unwrap().graph.tasks[1].retry;
        (retry.initial_backoff_ms, retry.jitter) = (12_000, 0.2);
        assert_eq!(broken(&history), []);
        history.goals.get_mut(GOAL).unwrap().graph.tasks[1].retry.initial_backoff_ms = 13_000;
        assert_eq!(broken(&history), [Rule::NotTooEarly]);
    }

    #[test]
    fn a_timeout_before_its_time_is_found() {
        let mut history = sample::history();
        let goal = history.goals.get_mut(GOAL).unwrap();
        let failed = goal.events.iter_mut().find(|event| event.kind == EventType::TaskFailed).unwrap();
        failed.failure = Some(Failure::START_TO_CLOSE_TIMEOUT.to_owned());
        goal.graph.tasks[3].timeouts.start_to_close_ms = 10_000;
        assert_eq!(broken(&history), []);
        history.goals.get_mut(GOAL).unwrap().graph.tasks[3].timeouts.start_to_close_ms = 10_001;
        assert_eq!(broken(&history), [Rule::NotTooEarly]);
    }

    #[test]
    fn a_wait_that_ended_too_early_is_found() {
        let mut history = sample::history();
        let goal = history.goals.get_mut(GOAL).unwrap();
        goal.graph.tasks[4].wait_ms = Some(15_000);
        let ready = goal.events.iter_mut().rfind(|event| event.kind == EventType::TaskReady).unwrap();
        (ready.kind, ready.attempt) = (EventType::TaskWaiting, 0);
        sample::remove_last(&mut history, EventType::AttemptStarted);
        assert_eq!(broken(&history), [Rule::NotTooEarly]);
    }

    #[test]
    fn a_deadline_before_its_time_is_found() {
        let mut history = sample::cancelled();
        let goal = history.goals.get_mut(GOAL).unwrap();
        goal.state = goalpost_model::GoalState::Failed;
        for event in &mut goal.events {
            match event.kind {
                EventType::WorkflowCancelled => {
                    event.kind = EventType::WorkflowFailed;
                    event.failure = Some(Failure::DEADLINE_EXCEEDED.to_owned());
                }
                EventType::GoalCancelled => event.kind = EventType::GoalFailed,
                _ => {}
            }
        }
        goal.graph.deadline_ms = 10_000;
        history.accepted[0].ends.clear();
        sample::renumber(&mut history);
        assert_eq!(broken(&history), []);
        history.goals.get_mut(GOAL).unwrap().graph.deadline_ms = 1_000_000;
        assert_eq!(broken(&history), [Rule::NotTooEarly]);
    }
}
