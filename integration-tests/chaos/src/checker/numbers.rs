//! Events are numbered 1..n without gaps.

use super::history::History;
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, goal) in &history.goals {
        let expected = 1_i64..;
        let wrong = goal.events.iter().zip(expected).find(|(event, number)| event.number != *number);
        if let Some((event, number)) = wrong {
            let message = format!("event {number} is missing; the next one is {}", event.number);
            found.push(Violation::of(Rule::Numbers, id, message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, GOAL, broken};

    #[test]
    fn a_gap_is_found() {
        let mut history = sample::history();
        history.watches.clear();
        history.goals.get_mut(GOAL).unwrap().events.remove(1);
        assert_eq!(broken(&history), [Rule::Numbers]);
    }
}
