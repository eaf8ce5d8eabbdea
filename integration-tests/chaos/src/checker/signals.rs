//! Each signal that was taken in is there once, and is taken at most once by who waits for it; nobody gives up
//! waiting for one that is there.

use std::collections::BTreeSet;

use goalpost_model::{EventType, Failure};

use super::history::{Accepted, Goal, History, Signal};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    for accepted in &history.accepted {
        found.extend(lost(history, accepted));
    }
    for (id, goal) in &history.goals {
        let wrong = numbers(goal).into_iter().chain(takers(goal)).chain(overlooked(goal));
        found.extend(wrong.map(|message| Violation::of(Rule::Signals, id, message)));
    }
    found
}

/// Signals that a client was told of and that are not stored.
fn lost(history: &History, Accepted { ids, signals, .. }: &Accepted) -> Vec<Violation> {
    let Some((id, goal)) = ids.first().and_then(|id| Some((id, history.goals.get(id)?))) else {
        return Vec::new();
    };
    let is_lost = |signal: &&String| !goal.signals.iter().any(|stored| stored.id == **signal);
    let lost = signals.iter().filter(is_lost);
    lost.map(|signal| Violation::of(Rule::Signals, id, format!("signal {signal} is lost"))).collect()
}

/// A signal makes one event, and an event is of one signal.
fn numbers(goal: &Goal) -> Option<String> {
    let received = goal.events.iter().filter(|event| event.kind == EventType::SignalReceived);
    let received: Vec<i64> = received.map(|event| event.number).collect();
    let stored: Vec<i64> = goal.signals.iter().map(|signal| signal.event).collect();
    let ids: BTreeSet<&str> = goal.signals.iter().map(|signal| signal.id.as_str()).collect();
    if received != stored {
        return Some(format!("signals came as events {received:?}, stored are {stored:?}"));
    }
    (ids.len() < stored.len()).then(|| format!("{} signals have {} ids", stored.len(), ids.len()))
}

/// A task that took two signals, took another's, or did not go on with what it took. One that was run again may
/// have taken two.
fn takers(goal: &Goal) -> Vec<String> {
    let mut found = Vec::new();
    let mut takers = BTreeSet::new();
    for signal in &goal.signals {
        let Some(task) = signal.taken_by else { continue };
        let name = goal.name_of(task).unwrap_or("?");
        if !takers.insert(task) && !goal.is_retried() {
            found.push(format!("task {name} took two signals"));
        }
        let waited_for = goal.rows.get(&task).and_then(|row| row.signal.as_ref());
        if waited_for.is_some_and(|waited_for| *waited_for != signal.name) {
            found.push(format!("task {name} took signal {} of another name", signal.id));
        }
        if !goal.events_of(task).any(|event| event.kind == EventType::TaskSucceeded) {
            found.push(format!("task {name} took signal {} and did not succeed", signal.id));
        }
    }
    found
}

/// Signals that nobody took although somebody gave up waiting for them.
fn overlooked(goal: &Goal) -> Vec<String> {
    let mut found = Vec::new();
    for Signal { id, name, event, .. } in goal.signals.iter().filter(|signal| signal.taken_by.is_none()) {
        for (ordinal, row) in goal.rows.iter().filter(|(_, row)| row.signal.as_ref() == Some(name)) {
            let gave_up = |kind: Option<&str>| kind == Some(Failure::SIGNAL_TIMEOUT);
            let mut ends = goal.events_of(*ordinal).filter(|end| gave_up(end.failure.as_deref()));
            if ends.any(|end| end.number > *event) {
                found.push(format!("task {} gave up waiting, although signal {id} was there", row.name));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, GOAL, broken, pieces};

    #[test]
    fn a_signal_that_a_client_was_told_of_and_that_is_not_there_is_found() {
        let mut history = pieces();
        history.accepted[0].signals.push("another".to_owned());
        assert_eq!(broken(&history), [Rule::Signals]);
    }

    #[test]
    fn a_signal_that_was_taken_in_twice_is_found() {
        let mut history = pieces();
        let signals = &mut history.goals.get_mut(GOAL).unwrap().signals;
        signals.push(signals[0].clone());
        assert_eq!(broken(&history), [Rule::Signals]);
    }

    #[test]
    fn a_signal_of_another_name_or_without_a_success_is_found() {
        let mut history = pieces();
        sample::row(&mut history, 1).signal = Some("other".to_owned());
        assert_eq!(broken(&history), [Rule::Signals]);
        let mut history = pieces();
        history.goals.get_mut(GOAL).unwrap().signals[0].taken_by = Some(2);
        assert_eq!(broken(&history), [Rule::Signals]);
    }

    #[test]
    fn a_task_that_gives_up_waiting_for_a_signal_that_is_there_is_found() {
        let mut history = pieces();
        let goal = history.goals.get_mut(GOAL).unwrap();
        goal.signals[0].taken_by = None;
        assert_eq!(broken(&history), []);
        let goal = history.goals.get_mut(GOAL).unwrap();
        let end = goal.events.iter_mut().find(|event| event.task == Some(1) && event.number > 8).unwrap();
        end.failure = Some(Failure::SIGNAL_TIMEOUT.to_owned());
        assert_eq!(broken(&history), [Rule::Signals]);
    }
}
