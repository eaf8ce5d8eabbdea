//! States of workflows and tasks.

use goalpost_model::{TaskState, WorkflowState};

use crate::v1;

/// How far a workflow is, as a message.
pub fn workflow_state(state: WorkflowState) -> v1::WorkflowState {
    match state {
        WorkflowState::Running => v1::WorkflowState::Running,
        WorkflowState::Paused => v1::WorkflowState::Paused,
        WorkflowState::Replanning => v1::WorkflowState::Replanning,
        WorkflowState::Compensating => v1::WorkflowState::Compensating,
        WorkflowState::Succeeded => v1::WorkflowState::Succeeded,
        WorkflowState::Failed => v1::WorkflowState::Failed,
        WorkflowState::Cancelled => v1::WorkflowState::Cancelled,
    }
}

/// How far a task is, as a message.
pub fn task_state(state: TaskState) -> v1::TaskState {
    match state {
        TaskState::Pending => v1::TaskState::Pending,
        TaskState::Waiting => v1::TaskState::Waiting,
        TaskState::Ready => v1::TaskState::Ready,
        TaskState::Running => v1::TaskState::Running,
        TaskState::Succeeded => v1::TaskState::Succeeded,
        TaskState::Failed => v1::TaskState::Failed,
        TaskState::Skipped => v1::TaskState::Skipped,
        TaskState::Cancelled => v1::TaskState::Cancelled,
    }
}
