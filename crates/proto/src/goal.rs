//! States of goals.

use goalpost_model::GoalState;

use crate::{Violations, v1};

/// The state as a message.
pub fn goal_state(state: GoalState) -> v1::GoalState {
    match state {
        GoalState::Submitted => v1::GoalState::Submitted,
        GoalState::AwaitingApproval => v1::GoalState::AwaitingApproval,
        GoalState::Running => v1::GoalState::Running,
        GoalState::Succeeded => v1::GoalState::Succeeded,
        GoalState::Failed => v1::GoalState::Failed,
        GoalState::Cancelled => v1::GoalState::Cancelled,
    }
}

/// The state that a message names; `None` if it leaves it open.
pub fn read_goal_state(state: i32, field: &str, violations: &mut Violations) -> Option<GoalState> {
    match v1::GoalState::try_from(state) {
        Ok(v1::GoalState::Unspecified) => None,
        Ok(v1::GoalState::Submitted) => Some(GoalState::Submitted),
        Ok(v1::GoalState::AwaitingApproval) => Some(GoalState::AwaitingApproval),
        Ok(v1::GoalState::Running) => Some(GoalState::Running),
        Ok(v1::GoalState::Succeeded) => Some(GoalState::Succeeded),
        Ok(v1::GoalState::Failed) => Some(GoalState::Failed),
        Ok(v1::GoalState::Cancelled) => Some(GoalState::Cancelled),
        Err(_) => {
            violations.add(field, "is not a state of a goal");
            None
        }
    }
}
