//! A watcher that comes back with its last number sees every event once and in order.

use goalpost_model::EventType;

use super::history::{History, Watched, ends_goal};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let watches = history.watches.iter();
    watches
        .filter_map(|watched| {
            let message = wrong(history, watched)?;
            let message = format!("a watcher that came back {} times: {message}", watched.resumed);
            Some(Violation::of(Rule::Watch, &watched.goal, message))
        })
        .collect()
}

fn wrong(history: &History, watched: &Watched) -> Option<String> {
    let Some(goal) = history.goals.get(&watched.goal) else {
        return (!watched.seen.is_empty()).then(|| "it saw events of a goal that is not stored".to_owned());
    };
    let mut stored = goal.events.iter().map(|event| (event.number, event.kind));
    for seen in &watched.seen {
        let expected: Option<(i64, EventType)> = stored.next();
        if expected != Some(*seen) {
            return Some(format!("it saw {seen:?} where the history has {expected:?}"));
        }
    }
    let missed = stored.count();
    if !watched.is_complete {
        return Some(format!("it did not come to the end; {missed} events are missing"));
    }
    // Who followed it to its end need not know that it was opened again.
    let is_at_an_end = watched.seen.last().is_some_and(|(_, kind)| ends_goal(*kind));
    (missed > 0 && !(is_at_an_end && goal.is_retried()))
        .then(|| format!("its stream ended {missed} events too early"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, broken};

    #[test]
    fn an_event_that_was_seen_twice_is_found() {
        let mut history = sample::history();
        let seen = &mut history.watches[0].seen;
        seen.insert(3, seen[2]);
        assert_eq!(broken(&history), [Rule::Watch]);
    }

    #[test]
    fn an_event_that_was_not_seen_is_found() {
        let mut history = sample::history();
        history.watches[0].seen.remove(4);
        assert_eq!(broken(&history), [Rule::Watch]);
    }

    #[test]
    fn a_stream_that_ended_too_early_or_never_is_found() {
        let mut history = sample::history();
        history.watches[0].seen.pop();
        assert_eq!(broken(&history), [Rule::Watch]);
        let mut history = sample::history();
        history.watches[0].is_complete = false;
        assert_eq!(broken(&history), [Rule::Watch]);
    }
}
