//! What must not be there at all: leftovers, findings of the system about itself, mishaps.

use super::history::History;
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let verified = history.verified.iter();
    let verified = verified.map(|(workflow, finding)| Violation::of(Rule::Verify, workflow, finding));
    let left = history.left.iter();
    let left =
        left.map(|(place, content)| Violation::general(Rule::Leftovers, format!("{place}: {content}")));
    let mishaps = history.mishaps.iter().map(|mishap| Violation::general(Rule::Mishap, mishap));
    verified.chain(left).chain(mishaps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, GOAL, broken};

    #[test]
    fn what_the_system_says_of_itself_is_found() {
        let mut history = sample::history();
        history.verified.push((GOAL.to_owned(), "STUCK: nothing moves".to_owned()));
        assert_eq!(broken(&history), [Rule::Verify]);
    }

    #[test]
    fn what_is_left_in_a_list_is_found() {
        let mut history = sample::history();
        history.left.push(("goals".to_owned(), GOAL.to_owned()));
        assert_eq!(broken(&history), [Rule::Leftovers]);
    }

    #[test]
    fn a_process_that_ended_by_itself_is_found() {
        let mut history = sample::history();
        history.mishaps.push("planner-1 ended by itself".to_owned());
        assert_eq!(broken(&history), [Rule::Mishap]);
    }
}
