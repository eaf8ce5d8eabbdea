//! Why something failed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an attempt, a task, a workflow or a goal failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable word: one of the constants here, or a kind that a worker chose.
    pub kind: String,
    /// What happened, for people.
    pub message: String,
}

impl Failure {
    /// The worker went away while it had the attempt.
    pub const WORKER_LOST: &'static str = "WORKER_LOST";
    /// The handler panicked.
    pub const WORKER_PANIC: &'static str = "WORKER_PANIC";
    /// The output does not match the capability's output schema.
    pub const OUTPUT_SCHEMA: &'static str = "OUTPUT_SCHEMA";
    /// The input that was put together does not match the capability's input schema.
    pub const INPUT_SCHEMA: &'static str = "INPUT_SCHEMA";
    /// An expression of the task's data flow could not be evaluated.
    pub const DATA_FLOW: &'static str = "DATA_FLOW";
    /// The condition of an edge could not be evaluated.
    pub const CONDITION: &'static str = "CONDITION";
    /// A payload is larger than the limit.
    pub const PAYLOAD_TOO_LARGE: &'static str = "PAYLOAD_TOO_LARGE";
    /// A task failed and no edge took its failure up.
    pub const UNHANDLED_FAILURE: &'static str = "UNHANDLED_FAILURE";
    /// The join could no longer be met.
    pub const JOIN_UNMET: &'static str = "JOIN_UNMET";
    /// The join that the task led to was met without it.
    pub const NOT_NEEDED: &'static str = "NOT_NEEDED";
    /// More items of a list failed than may.
    pub const ITEMS_FAILED: &'static str = "ITEMS_FAILED";
    /// The condition of a loop still holds after its last iteration.
    pub const LOOP_BOUND: &'static str = "LOOP_BOUND";
    /// The workflow would have more tasks than it may.
    pub const TOO_MANY_TASKS: &'static str = "TOO_MANY_TASKS";
    /// The signal did not come in time.
    pub const SIGNAL_TIMEOUT: &'static str = "SIGNAL_TIMEOUT";
    /// Nobody approved or rejected in time.
    pub const APPROVAL_TIMEOUT: &'static str = "APPROVAL_TIMEOUT";
    /// The name of a task's key could not be computed.
    pub const CONCURRENCY_KEY: &'static str = "CONCURRENCY_KEY";
    /// Nobody brought a graph in time.
    pub const EXTENSION_TIMEOUT: &'static str = "EXTENSION_TIMEOUT";
    /// The graph that was made by a task, or brought, is none that can run.
    pub const EXTENSION_INVALID: &'static str = "EXTENSION_INVALID";
    /// Somebody rejected it.
    pub const REJECTED: &'static str = "REJECTED";
    /// Somebody skipped it, or gave its output in the place of a worker.
    pub const BY_HAND: &'static str = "BY_HAND";
    /// Somebody paused it.
    pub const PAUSED: &'static str = "PAUSED";
    /// What is to run next would go beyond the goal's budget, or the time of its budget is over.
    pub const BUDGET_EXCEEDED: &'static str = "BUDGET_EXCEEDED";
    /// The plan comes to more than the goal's budget, even if all goes well.
    pub const BUDGET_TOO_SMALL: &'static str = "BUDGET_TOO_SMALL";
    /// Somebody cancelled it.
    pub const CANCELLED: &'static str = "CANCELLED";
    /// The planner found no plan.
    pub const NO_PLAN: &'static str = "NO_PLAN";
    /// The planner could not ask its language model: it is away, too slow, overloaded, or does not accept the key.
    pub const LLM_UNAVAILABLE: &'static str = "LLM_UNAVAILABLE";
    /// The engine, or its store, cannot take the plan.
    pub const PLAN_REFUSED: &'static str = "PLAN_REFUSED";
    /// A policy refuses the plan.
    pub const REFUSED: &'static str = "REFUSED";
    /// The blueprint was refused by the checker.
    pub const BLUEPRINT_INVALID: &'static str = "BLUEPRINT_INVALID";
    /// A task wants the workflow to be planned anew. It is not tried again.
    pub const REPLAN: &'static str = "REPLAN";
    /// A later plan does without the task.
    pub const WITHDRAWN: &'static str = "WITHDRAWN";
    /// What a later plan does without could not be undone.
    pub const NOT_UNDONE: &'static str = "NOT_UNDONE";
    /// The attempt never reached its worker; another one is given out.
    pub const NOT_DELIVERED: &'static str = "NOT_DELIVERED";

    /// A value refers to a stored payload that is not there, or is another namespace's.
    pub const PAYLOAD_NOT_FOUND: &'static str = "PAYLOAD_NOT_FOUND";
    /// A stored payload is not what was stored.
    pub const PAYLOAD_DAMAGED: &'static str = "PAYLOAD_DAMAGED";
    /// A stored payload cannot be written or read now.
    pub const PAYLOAD_UNAVAILABLE: &'static str = "PAYLOAD_UNAVAILABLE";
    /// The worker has no such secret, or does not give it out.
    pub const SECRET_NOT_FOUND: &'static str = "SECRET_NOT_FOUND";
    /// A reference to a secret is badly formed, or what it stands for cannot be kept secret.
    pub const SECRET_INVALID: &'static str = "SECRET_INVALID";
    /// Where the secret is cannot be reached now.
    pub const SECRET_UNAVAILABLE: &'static str = "SECRET_UNAVAILABLE";

    /// No worker took the attempt in time.
    pub const SCHEDULE_TO_START_TIMEOUT: &'static str = "SCHEDULE_TO_START_TIMEOUT";
    /// The attempt did not end in time.
    pub const START_TO_CLOSE_TIMEOUT: &'static str = "START_TO_CLOSE_TIMEOUT";
    /// The attempt gave no sign of life in time.
    pub const HEARTBEAT_TIMEOUT: &'static str = "HEARTBEAT_TIMEOUT";
    /// The workflow did not end in time.
    pub const DEADLINE_EXCEEDED: &'static str = "DEADLINE_EXCEEDED";

    /// A failure of this kind.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into() }
    }

    /// Another attempt would fail in the same way, whatever the retry policy says.
    pub fn is_final(&self) -> bool {
        [Self::SECRET_NOT_FOUND, Self::SECRET_INVALID, Self::REPLAN].contains(&self.kind.as_str())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}
