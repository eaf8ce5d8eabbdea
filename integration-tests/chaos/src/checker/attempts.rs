//! Attempts come one after the other, and as many as the task's policy says.

use goalpost_model::{EventType, Failure};

use super::history::{Event, Goal, History};
use super::{Rule, Violation};

/// Losses that the policy does not count: the attempt never came to a worker.
const UNCOUNTED: [&str; 1] = [Failure::NOT_DELIVERED];

/// The failure of a task that no worker took in time: there is no other attempt.
const NO_WORKER: &str = Failure::SCHEDULE_TO_START_TIMEOUT;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, goal) in &history.goals {
        let wrong = (0..goal.graph.tasks.len()).flat_map(|task| wrong_attempts(goal, task));
        found.extend(wrong.map(|message| Violation::of(Rule::RetryPolicy, id, message)));
    }
    found
}

fn wrong_attempts(goal: &Goal, task: usize) -> Vec<String> {
    let name = &goal.graph.tasks[task].name;
    let retry = &goal.graph.tasks[task].retry;
    let allowed = retry.max_attempts;
    let mut found = Vec::new();
    let mut progress = Progress::Pending;
    let mut failed = 0;
    for event in goal.events_of(task) {
        match progress.after(event) {
            Some(next) => progress = next,
            None => found.push(format!(
                "event {}, {} {name} attempt {}, does not follow from {progress:?}",
                event.number, event.kind, event.attempt
            )),
        }
        if matches!(event.kind, EventType::AttemptFailed | EventType::TaskFailed) && is_counted(event) {
            failed += 1;
        }
        let is_last =
            event.failure.iter().any(|kind| kind == NO_WORKER || retry.non_retryable.contains(kind));
        if event.kind == EventType::AttemptFailed && is_last {
            found.push(format!(
                "task {name} has another attempt after event {}, which allows none",
                event.number
            ));
        }
        if event.kind == EventType::TaskFailed && event.attempt > 0 && failed < allowed && !is_last {
            found.push(format!("task {name} failed for good after {failed} of {allowed} attempts"));
        }
    }
    if failed > allowed {
        found.push(format!("{failed} attempts of task {name} failed, {allowed} are allowed"));
    }
    found
}

fn is_counted(event: &Event) -> bool {
    event.failure.as_deref().is_none_or(|kind| !UNCOUNTED.contains(&kind))
}

/// How far a task has come.
#[derive(Clone, Copy, Debug)]
enum Progress {
    Pending,
    Ready(u32),
    Running(u32),
    /// The attempt failed, another one follows.
    Between(u32),
    /// It waits for its time.
    Waiting,
    Ended,
}

impl Progress {
    /// What the event leads to; `None` if it does not fit.
    fn after(self, event: &Event) -> Option<Self> {
        let attempt = event.attempt;
        match (self, event.kind) {
            (Self::Pending, EventType::TaskReady) if attempt == 1 => Some(Self::Ready(1)),
            (Self::Between(last), EventType::TaskReady) if attempt == last + 1 => Some(Self::Ready(attempt)),
            (Self::Ready(ready), EventType::AttemptStarted) if attempt == ready => Some(Self::Running(ready)),
            (Self::Running(now), EventType::AttemptFailed) if attempt == now => Some(Self::Between(now)),
            (Self::Running(now), EventType::TaskSucceeded | EventType::TaskFailed) if attempt == now => {
                Some(Self::Ended)
            }
            (Self::Ready(ready), EventType::TaskFailed)
                if attempt == ready && event.failure.as_deref() == Some(NO_WORKER) =>
            {
                Some(Self::Ended)
            }
            (Self::Pending, EventType::TaskWaiting) => Some(Self::Waiting),
            (Self::Waiting, EventType::TaskSucceeded) => Some(Self::Ended),
            // What it would be given could not be put together.
            (Self::Pending, EventType::TaskFailed) if attempt == 0 => Some(Self::Ended),
            (Self::Pending, EventType::TaskSkipped) => Some(Self::Ended),
            (_, EventType::TaskCancelled) => Some(Self::Ended),
            // What comes after the end breaks another rule.
            (Self::Ended, _) => Some(Self::Ended),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, GOAL, broken};

    #[test]
    fn more_attempts_than_the_policy_allows_are_found() {
        let mut history = sample::history();
        history.goals.get_mut(GOAL).unwrap().graph.tasks[1].retry.max_attempts = 0;
        assert_eq!(broken(&history), [Rule::RetryPolicy]);
    }

    #[test]
    fn losses_that_the_engine_does_not_count_are_not_counted() {
        let mut history = sample::history();
        let goal = history.goals.get_mut(GOAL).unwrap();
        goal.graph.tasks[1].retry.max_attempts = 0;
        let lost = goal.events.iter_mut().find(|event| event.kind == EventType::AttemptFailed).unwrap();
        lost.failure = Some(Failure::NOT_DELIVERED.to_owned());
        assert_eq!(broken(&history), []);
    }

    #[test]
    fn a_task_that_gave_up_too_early_is_found() {
        let mut history = sample::history();
        let goal = history.goals.get_mut(GOAL).unwrap();
        let failed = goal.events.iter_mut().find(|event| event.kind == EventType::TaskFailed);
        assert!(failed.is_some());
        goal.graph.tasks[3].retry.max_attempts = 2;
        assert_eq!(broken(&history), [Rule::RetryPolicy]);
    }

    #[test]
    fn a_task_may_be_cancelled_while_it_waits_for_its_next_attempt() {
        let mut history = sample::cancelled();
        let events = &mut history.goals.get_mut(GOAL).unwrap().events;
        let cancelled = events.iter().position(|event| event.kind == EventType::TaskCancelled).unwrap();
        let failure = Some(crate::behaviour::ON_PURPOSE.to_owned());
        let failed = Event { kind: EventType::AttemptFailed, failure, ..events[cancelled].clone() };
        events.insert(cancelled, failed);
        sample::renumber(&mut history);
        assert_eq!(broken(&history), []);
    }

    #[test]
    fn another_attempt_after_a_failure_that_allows_none_is_found() {
        let mut history = sample::history();
        let retry = &mut history.goals.get_mut(GOAL).unwrap().graph.tasks[1].retry;
        retry.non_retryable = vec![crate::behaviour::ON_PURPOSE.to_owned()];
        assert_eq!(broken(&history), [Rule::RetryPolicy]);
    }

    #[test]
    fn an_attempt_that_was_begun_twice_or_out_of_order_is_found() {
        let mut history = sample::history();
        sample::insert_after(&mut history, EventType::AttemptStarted, |event| event.clone());
        assert_eq!(broken(&history), [Rule::RetryPolicy]);
        let mut history = sample::history();
        sample::remove_last(&mut history, EventType::AttemptFailed);
        assert!(broken(&history).contains(&Rule::RetryPolicy));
    }
}
