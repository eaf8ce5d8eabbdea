//! The words of the system as types: ids, blueprints, capabilities, states, failures.
//!
//! Pure: no IO, no clock, no random numbers. Every other crate speaks in these types;
//! the gRPC messages and the SQL rows are converted at the edges.

mod amount;
mod blueprint;
mod body;
mod canonical;
mod capability;
mod extension;
mod failure;
mod finding;
mod goal_budget;
mod id;
mod join;
mod lane;
pub mod limits;
mod llm_usage;
mod payload;
mod payload_limit;
mod planning;
mod policy;
mod replan;
mod retry;
mod revision;
mod secret;
mod state;
mod timer;
mod worst_case;

pub use amount::{Amount, Budget, Cost, Grouped, Money};
pub use blueprint::{Blueprint, Branch, ConcurrencyKey, Edge, EdgeOn, Rest, Task};
pub use body::{
    Body, Compensation, FOR_EACH, Failures, ForEach, LOOP, Loop, RUN, Run, SUB_GOAL, UNDO, all_tasks,
};
pub use canonical::{Digest, DigestBuilder, InvalidDigest, canonical_json};
pub use capability::{Capability, Effect};
pub use extension::Conflict;
pub use failure::Failure;
pub use finding::{Finding, Severity};
pub use goal_budget::{BudgetChange, BudgetKind, GoalBudget, Spending, Usage};
pub use id::{AttemptRef, EngineId, GoalId, InvalidAttemptRef, PayloadId, SessionId, WorkflowId};
pub use join::Join;
pub use lane::{InvalidLane, InvalidNamespace, Lane, Namespace, Priority};
pub use llm_usage::LlmUsage;
pub use payload::PayloadReference;
pub use payload_limit::{InvalidPayloadLimit, Oversize, PayloadLimit};
pub use planning::{InvalidPlanningRef, ModelAnswer, PlanningRef, PlanningStep};
pub use policy::{ApprovalTerms, AtDeadline, Policy, PolicyRule, RuleVerdict};
pub use replan::{InvalidReplanRef, Past, ReplanRef};
pub use retry::{RetryPolicy, Timeouts};
pub use secret::{InvalidSecretReference, Secret, SecretPlace, SecretReference};
pub use state::{
    EventType, GoalState, PlanApprovalState, TaskState, TimerKind, UnknownWord, WaitsFor, WorkflowState,
};
pub use timer::{InvalidTimerRef, TimerRef};
pub use worst_case::{CapabilityUse, WorstCase};
