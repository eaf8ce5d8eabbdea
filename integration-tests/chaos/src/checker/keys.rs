//! A key is held by no more tasks at once than may, whatever goals they are of.

use std::collections::BTreeMap;

use goalpost_model::EventType;
use jiff::Timestamp;

use super::history::{Event, History, TaskRow, ends_task};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    // When how many more or fewer hold a key; what comes free at a time comes before what is handed on then.
    let mut moves: BTreeMap<&str, Vec<(Timestamp, isize)>> = BTreeMap::new();
    for goal in history.goals.values() {
        for (ordinal, TaskRow { key, .. }) in &goal.rows {
            let Some(key) = key else { continue };
            moves.entry(key).or_default().extend(holds(goal.events_of(*ordinal)));
        }
    }
    moves.into_iter().filter_map(|(key, moves)| too_many(key, moves)).collect()
}

/// A task holds its key from its first attempt to its end; after a retry, again.
fn holds<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<(Timestamp, isize)> {
    let mut is_held = false;
    let mut moves = Vec::new();
    for event in events {
        match event.kind {
            EventType::TaskReady if !is_held => moves.push((event.at, 1)),
            kind if ends_task(kind) && is_held => moves.push((event.at, -1)),
            _ => continue,
        }
        is_held = !is_held;
    }
    moves
}

fn too_many(key: &str, mut moves: Vec<(Timestamp, isize)>) -> Option<Violation> {
    moves.sort_unstable();
    let mut held = 0;
    for (at, more) in moves {
        held += more;
        if held > limit(key) {
            return Some(Violation::general(
                Rule::KeyLimit,
                format!("{held} tasks held the key {key} at {at}"),
            ));
        }
    }
    None
}

/// The workload's keys say it themselves.
fn limit(key: &str) -> isize {
    key.rsplit('k').next().and_then(|limit| limit.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{GOAL, broken, pieces, row};

    #[test]
    fn two_tasks_that_held_one_key_at_once_are_found() {
        let mut history = pieces();
        row(&mut history, 2).key = Some("crowd/k1".to_owned());
        assert_eq!(broken(&history), []);
        let mut other = history.goals[GOAL].clone();
        other.events.retain(|event| event.task == Some(2));
        let shared = |key: &str, history: &mut History| {
            let mut other = other.clone();
            other.rows.retain(|ordinal, _| *ordinal == 2);
            other.rows.get_mut(&2).unwrap().key = Some(key.to_owned());
            history.goals.insert("other".to_owned(), other);
            too_many_of(history)
        };
        assert_eq!(shared("quiet/k1", &mut history), 0);
        assert_eq!(shared("crowd/k1", &mut history), 1);
    }

    fn too_many_of(history: &History) -> usize {
        check(history).len()
    }
}
