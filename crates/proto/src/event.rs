//! Types of events.

use goalpost_model::EventType;

use crate::v1;

/// The type as a message.
pub fn event_type(kind: EventType) -> v1::EventType {
    match kind {
        EventType::GoalSubmitted => v1::EventType::GoalSubmitted,
        EventType::GoalPlanned => v1::EventType::GoalPlanned,
        EventType::GoalSucceeded => v1::EventType::GoalSucceeded,
        EventType::GoalFailed => v1::EventType::GoalFailed,
        EventType::GoalCancelled => v1::EventType::GoalCancelled,
        EventType::BudgetChanged => v1::EventType::BudgetChanged,
        EventType::WorkflowStarted => v1::EventType::WorkflowStarted,
        EventType::WorkflowSucceeded => v1::EventType::WorkflowSucceeded,
        EventType::WorkflowFailed => v1::EventType::WorkflowFailed,
        EventType::WorkflowCancelled => v1::EventType::WorkflowCancelled,
        EventType::GoalRetried => v1::EventType::GoalRetried,
        EventType::GoalAwaitingApproval => v1::EventType::GoalAwaitingApproval,
        EventType::DecisionMade => v1::EventType::DecisionMade,
        EventType::WorkflowPaused => v1::EventType::WorkflowPaused,
        EventType::WorkflowRunning => v1::EventType::WorkflowRunning,
        EventType::WorkflowReplanning => v1::EventType::WorkflowReplanning,
        EventType::WorkflowCompensating => v1::EventType::WorkflowCompensating,
        EventType::WorkflowExtended => v1::EventType::WorkflowExtended,
        EventType::SignalReceived => v1::EventType::SignalReceived,
        EventType::TaskPending => v1::EventType::TaskPending,
        EventType::TaskWaiting => v1::EventType::TaskWaiting,
        EventType::TaskReady => v1::EventType::TaskReady,
        EventType::AttemptStarted => v1::EventType::AttemptStarted,
        EventType::AttemptFailed => v1::EventType::AttemptFailed,
        EventType::TaskSucceeded => v1::EventType::TaskSucceeded,
        EventType::TaskFailed => v1::EventType::TaskFailed,
        EventType::TaskSkipped => v1::EventType::TaskSkipped,
        EventType::TaskCancelled => v1::EventType::TaskCancelled,
    }
}
