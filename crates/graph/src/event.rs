//! What can happen to a workflow.

use goalpost_model::{Amount, Failure, GoalBudget, TimerKind, Usage};
use serde_json::Value;

use crate::Planned;

/// Something that happened. Tasks are named by their ordinals in the blueprint, attempts count from 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The workflow begins. Once, and before everything else.
    Start,
    /// A worker was given the attempt.
    AttemptStarted {
        /// The task.
        task: usize,
        /// Its attempt.
        attempt: u32,
    },
    /// The attempt came to a result. An output that the capability does not allow counts as a failure.
    AttemptSucceeded {
        /// The task.
        task: usize,
        /// Its attempt.
        attempt: u32,
        /// What came out.
        output: Value,
        /// What it took.
        usage: Usage,
    },
    /// The attempt failed; another one follows if the retry policy has one left.
    AttemptFailed {
        /// The task.
        task: usize,
        /// Its attempt.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// What it took.
        usage: Usage,
    },
    /// The attempt never reached its worker. Another one follows; the retry policy does not count it.
    AttemptUndelivered {
        /// The task.
        task: usize,
        /// Its attempt.
        attempt: u32,
    },
    /// The timer that the task waits for fired.
    TimerFired {
        /// The task.
        task: usize,
        /// Its attempt when the timer was armed; 0 if there was none.
        attempt: u32,
        /// What the timer is for.
        kind: TimerKind,
    },
    /// The task got the key that it waits for.
    KeyGranted {
        /// The task.
        task: usize,
        /// Its latest attempt, which is over; 0 if there was none.
        attempt: u32,
    },
    /// The time that the workflow may run is over.
    DeadlineExceeded,
    /// The time that the workflow's budget allows is over.
    WallTimeExceeded,
    /// The workflow has this budget from now on.
    SetBudget {
        /// All of it.
        budget: GoalBudget,
    },
    /// Somebody gives the workflow up.
    Cancel {
        /// Who and why.
        failure: Failure,
    },
    /// What failed is tried once more; the workflow had ended.
    Retry {
        /// Everything is, also what has succeeded.
        all: bool,
    },
    /// Nothing new is given to workers from now on.
    Pause {
        /// Who and why.
        failure: Failure,
    },
    /// The workflow goes on after a pause.
    Resume,
    /// Somebody sent a signal. The task that waits for it takes it; until there is one, it is kept.
    Signal {
        /// Tells it from others: one that comes again changes nothing.
        id: String,
        /// What tasks wait for.
        name: String,
        /// What comes with it.
        payload: Value,
    },
    /// Somebody approves or rejects what a task waits to have approved.
    Decide {
        /// The task.
        task: usize,
        /// Its output if it was approved, or why it was rejected.
        verdict: Result<Value, Failure>,
    },
    /// The graph that a task waits for is there, or there will be none.
    Expand {
        /// The task.
        task: usize,
        /// Its attempt that waits for the graph; of a task that no worker does, how often it has begun anew.
        attempt: u32,
        /// The graph, or why there is none.
        outcome: Result<Planned, Failure>,
        /// What planning it took.
        spent: Amount,
    },
    /// There is no other plan for a workflow that waits for one.
    NoReplan {
        /// How often it has waited, this time included.
        number: u32,
        /// Why there is none.
        reason: String,
    },
    /// Somebody ends a task that is open.
    Skip {
        /// The task.
        task: usize,
        /// What comes out of it, as if it had succeeded. `None`: it is skipped, and so is what depends on it.
        output: Option<Value>,
        /// Who and why, of kind `BY_HAND`.
        reason: Failure,
    },
}

impl Event {
    /// Its word, for messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::AttemptStarted { .. } => "AttemptStarted",
            Self::AttemptSucceeded { .. } => "AttemptSucceeded",
            Self::AttemptFailed { .. } => "AttemptFailed",
            Self::AttemptUndelivered { .. } => "AttemptUndelivered",
            Self::TimerFired { .. } => "TimerFired",
            Self::KeyGranted { .. } => "KeyGranted",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::WallTimeExceeded => "WallTimeExceeded",
            Self::SetBudget { .. } => "SetBudget",
            Self::Cancel { .. } => "Cancel",
            Self::Retry { .. } => "Retry",
            Self::Pause { .. } => "Pause",
            Self::Resume => "Resume",
            Self::Signal { .. } => "Signal",
            Self::Decide { .. } => "Decide",
            Self::NoReplan { .. } => "NoReplan",
            Self::Skip { .. } => "Skip",
            Self::Expand { .. } => "Expand",
        }
    }
}
