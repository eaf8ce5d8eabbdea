//! The proof: rules that every history of the system keeps, whatever was done to its processes.
//!
//! Pure: a history in, violations out. Each rule has a test with a history that breaks it.

mod attempts;
mod ends;
mod executions;
mod gathering;
mod goals;
pub mod history;
mod joins;
mod keys;
mod leftovers;
mod numbers;
mod retrying;
#[cfg(test)]
mod sample;
mod signals;
mod timers;
mod undoing;
mod watches;

use std::fmt;

pub use history::History;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The rule that is broken.
    pub rule: Rule,
    /// The goal and workflow, if it is about one.
    pub workflow: Option<String>,
    /// What was found.
    pub message: String,
}

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Every accepted goal is there and has ended, as its answers said; a request makes one goal.
    GoalEnds,
    /// The goal's end follows from those of its tasks.
    Outcome,
    /// Every task of an ended workflow ended once.
    TaskEndsOnce,
    /// No task began before its join was met, and none was skipped before it could not be met any more.
    Join,
    /// No attempt ran twice.
    RunsOnce,
    /// Nothing ran before its attempt was recorded as begun.
    ClaimedFirst,
    /// Nothing ended that no worker ended.
    NothingInvented,
    /// A task has as many attempts as its policy says.
    RetryPolicy,
    /// Nothing that waits for a time happens before it: pauses, timeouts, waits, deadlines.
    NotTooEarly,
    /// Whoever takes signals takes each once; none that was taken in is lost.
    Signals,
    /// What has succeeded is undone once, in the reverse order, after the workflow ended badly; nothing else is.
    Undoing,
    /// As many outputs are gathered as there are items.
    Gathering,
    /// What has ended stays so unless it is retried, and what has succeeded is not run again then.
    Retrying,
    /// No more tasks hold a key at once than may.
    KeyLimit,
    /// Events are numbered 1..n.
    Numbers,
    /// A watcher sees every event once and in order.
    Watch,
    /// `Persistence/Verify` finds nothing.
    Verify,
    /// Nothing is left in the outbox, in lists and in processing lists.
    Leftovers,
    /// No process ends by itself or panics, and no call is answered with an internal error.
    Mishap,
}

/// Everything that the history breaks, by rule.
pub fn check(history: &History) -> Vec<Violation> {
    let rules = [
        goals::check,
        ends::check,
        joins::check,
        executions::check,
        attempts::check,
        timers::check,
        signals::check,
        undoing::check,
        gathering::check,
        retrying::check,
        keys::check,
        numbers::check,
        watches::check,
        leftovers::check,
    ];
    let mut found: Vec<Violation> = rules.iter().flat_map(|rule| rule(history)).collect();
    found.sort();
    found
}

impl Violation {
    fn of(rule: Rule, workflow: &str, message: impl Into<String>) -> Self {
        Self { rule, workflow: Some(workflow.to_owned()), message: message.into() }
    }

    fn general(rule: Rule, message: impl Into<String>) -> Self {
        Self { rule, workflow: None, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.rule)?;
        if let Some(workflow) = &self.workflow {
            write!(f, " in {workflow}")?;
        }
        write!(f, ": {}", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_in_order_breaks_no_rule() {
        assert_eq!(check(&sample::history()), []);
        assert_eq!(check(&sample::cancelled()), []);
    }
}
