//! What the committer is asked to do, and what it answers.

use std::sync::Arc;

use goalpost_checker::CompiledBlueprint;
use goalpost_graph::{IllegalTransition, Planned};
use goalpost_model::{
    Amount, BudgetChange, Failure, GoalBudget, Lane, PayloadLimit, SessionId, TaskState, Timeouts, TimerKind,
    Usage, WorkflowId,
};
use goalpost_service::describe;
use goalpost_store::workflows::Holder;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

/// One thing that shall happen to one workflow.
pub(crate) struct Command {
    pub(crate) workflow: WorkflowId,
    pub(crate) step: Step,
    /// A write of it failed, or passed and lost its answer.
    pub(crate) may_have_passed: bool,
    pub(crate) reply: oneshot::Sender<Result<Outcome, Refusal>>,
}

/// What shall happen.
#[derive(Clone)]
pub(crate) enum Step {
    /// The workflow begins.
    Create(Arc<Creation>),
    /// The workflow ends here and now.
    Cancel { failure: Failure },
    /// A worker gets the attempt.
    Claim { task: usize, attempt: u32, holder: Holder },
    /// A worker says how its attempt ended.
    Finish { task: String, attempt: u32, session: SessionId, outcome: Result<Value, Failure>, usage: Usage },
    /// The attempt fails because nobody will end it.
    Lose { task: usize, attempt: u32, failure: Failure },
    /// The attempt never reached its worker and is given out again.
    Undeliver { task: usize, attempt: u32 },
    /// A timer of a task fired.
    Fire { task: usize, attempt: u32, kind: TimerKind },
    /// A task got the key that it waits for.
    Grant { task: usize, attempt: u32 },
    /// The workflow's deadline is over.
    Expire,
    /// The time that the workflow's budget allows is over.
    RunOutOfTime,
    /// Other limits count from now on.
    Fund { change: BudgetChange },
    /// Nothing new is given to workers.
    Pause { failure: Failure },
    /// The workflow goes on after a pause.
    Resume,
    /// The workflow goes on after its end.
    Retry { all: bool },
    /// Somebody sends a signal.
    Signal { id: String, name: String, payload: Value },
    /// Somebody approves or rejects.
    Decide { task: String, verdict: Result<Value, Failure> },
    /// The graph that a task waits for is there, or there will be none.
    Expand { task: String, attempt: Option<u32>, outcome: Result<Planned, Failure>, spent: Amount },
    /// The workflow goes on with a longer blueprint.
    Extend { next: Arc<CompiledBlueprint>, planning: Amount },
    /// There is no other plan for a workflow that waits for one.
    NoReplan { number: u32, reason: String },
    /// Somebody ends a task.
    Skip { task: String, output: Option<Value>, reason: Failure },
}

impl Step {
    /// Whether it has to happen some time, however long the store is away. The others are
    /// calls whose callers would rather hear that the store is away.
    pub(crate) fn waits_for_the_store(&self) -> bool {
        matches!(
            self,
            Self::Claim { .. }
                | Self::Finish { .. }
                | Self::Lose { .. }
                | Self::Undeliver { .. }
                | Self::Fire { .. }
                | Self::Grant { .. }
                | Self::Expire
                | Self::RunOutOfTime
        )
    }
}

/// A workflow to be.
pub(crate) struct Creation {
    pub(crate) blueprint: Arc<CompiledBlueprint>,
    pub(crate) goal_text: String,
    pub(crate) goal_input: Map<String, Value>,
    pub(crate) payload_limit: PayloadLimit,
    pub(crate) lane: Lane,
    pub(crate) traceparent: Option<String>,
    /// What the goal may take, beside what the blueprint says.
    pub(crate) budget: GoalBudget,
    /// What was spent for it by planning.
    pub(crate) spent_before: Amount,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is durable, now or since an earlier time.
    Done,
    /// The workflow begins with its tasks in these states, by ordinal.
    Begun(Vec<TaskState>),
    /// The attempt is durably the worker's.
    Claimed(Claim),
}

/// What a worker needs to know of its attempt.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) task: String,
    pub(crate) capability: String,
    pub(crate) input: Arc<Map<String, Value>>,
    pub(crate) timeouts: Timeouts,
    pub(crate) traceparent: Option<String>,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// There is no such workflow, or no such task in it.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It came too late, or twice.
    #[error("{0}")]
    Stale(String),
    /// It extends another blueprint than the workflow runs by now.
    #[error("{0}")]
    OtherParent(String),
    /// Its goal was not decided to run that blueprint.
    #[error("{0}; a blueprint that is not approved does not run")]
    NotApproved(String),
    /// The store is away.
    #[error("the store cannot be reached")]
    Unavailable,
    /// The store refused it, or what is stored cannot be read.
    #[error("{0}")]
    Internal(String),
}

impl From<IllegalTransition> for Refusal {
    fn from(error: IllegalTransition) -> Self {
        match error {
            IllegalTransition::OtherParent { .. } => Self::OtherParent(error.to_string()),
            _ => Self::Stale(error.to_string()),
        }
    }
}

impl From<&goalpost_store::Error> for Refusal {
    /// What the store refuses for good.
    fn from(error: &goalpost_store::Error) -> Self {
        match error {
            goalpost_store::Error::Undecided => Self::NotApproved(error.to_string()),
            other => Self::Internal(describe(other)),
        }
    }
}

impl Refusal {
    /// What was to happen has happened, or cannot any more: a delivery may repeat, or come when nobody waits for it.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self, Self::Stale(_) | Self::NotFound(_))
    }
}
