//! How far things have come. The words are those stored in PostgreSQL.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A word that names no state.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a known word")]
pub struct UnknownWord(String);

impl UnknownWord {
    pub(crate) fn new(word: &str) -> Self {
        Self(word.to_owned())
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word stored and shown for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    other => Err(UnknownWord(other.to_owned())),
                }
            }
        }
    };
}

words! {
    /// How far a goal has come.
    GoalState {
        /// Stored; waiting for its plan.
        Submitted = "SUBMITTED",
        /// It has a checked blueprint, which has to be approved before it runs.
        AwaitingApproval = "AWAITING_APPROVAL",
        /// It has a checked blueprint, and its workflow runs.
        Running = "RUNNING",
        /// Its workflow succeeded.
        Succeeded = "SUCCEEDED",
        /// It could not be planned, or its workflow failed.
        Failed = "FAILED",
        /// Somebody cancelled it.
        Cancelled = "CANCELLED",
    }
}

words! {
    /// How far an approval of a plan is.
    PlanApprovalState {
        /// Somebody has to decide.
        Open = "OPEN",
        /// As many as have to have approved, or the deadline has.
        Approved = "APPROVED",
        /// Somebody rejected.
        Rejected = "REJECTED",
        /// Its deadline came first.
        Expired = "EXPIRED",
        /// The plan was changed, or its goal has ended.
        Withdrawn = "WITHDRAWN",
    }
}

words! {
    /// How far a workflow has come.
    WorkflowState {
        /// Some task has not ended.
        Running = "RUNNING",
        /// It gives nothing new to workers until it is resumed.
        Paused = "PAUSED",
        /// Every task ended, and a failure was left unhandled: it waits for another plan.
        Replanning = "REPLANNING",
        /// It has failed or was cancelled; what its tasks did is undone.
        Compensating = "COMPENSATING",
        /// Every task ended, and no failure was left unhandled.
        Succeeded = "SUCCEEDED",
        /// Every task ended, and a failure was left unhandled.
        Failed = "FAILED",
        /// It was cancelled.
        Cancelled = "CANCELLED",
    }
}

words! {
    /// How far a task has come.
    TaskState {
        /// Its join is not yet decided.
        Pending = "PENDING",
        /// It waits for something that no worker does: see [`WaitsFor`].
        Waiting = "WAITING",
        /// It waits for a worker.
        Ready = "READY",
        /// A worker has it.
        Running = "RUNNING",
        /// It succeeded.
        Succeeded = "SUCCEEDED",
        /// It failed for good.
        Failed = "FAILED",
        /// Its join could no longer be met.
        Skipped = "SKIPPED",
        /// It was cancelled with its workflow.
        Cancelled = "CANCELLED",
    }
}

words! {
    /// What a waiting task waits for.
    WaitsFor {
        /// A time: of its next attempt, or of its end.
        Time = "time",
        /// The graph inside of it.
        Body = "body",
        /// A signal.
        Signal = "signal",
        /// Somebody's approval.
        Approval = "approval",
        /// A plan: of a goal inside of it, or of the graph that it has made.
        Plan = "plan",
        /// A key that others hold.
        Key = "key",
        /// A graph that somebody brings.
        Extension = "extension",
        /// Room in the goal's budget.
        Budget = "budget",
    }
}

words! {
    /// What a timer is for. At most one is armed for a task, since each belongs to a state of the task,
    /// and one of each of its kinds for the workflow.
    TimerKind {
        /// The pause before the next attempt of a task is over.
        Backoff = "backoff",
        /// A `goalpost.wait` is over.
        Wait = "wait",
        /// The signal or the approval that a task waits for should have come.
        GiveUp = "give_up",
        /// The attempt should have been taken by a worker.
        ScheduleToStart = "schedule_to_start",
        /// The attempt should have ended.
        StartToClose = "start_to_close",
        /// The workflow should have ended.
        Deadline = "deadline",
        /// The time that the goal's budget allows is over.
        WallTime = "wall_time",
    }
}

words! {
    /// What an event of a history says.
    EventType {
        /// The goal was stored.
        GoalSubmitted = "GOAL_SUBMITTED",
        /// The goal got its checked blueprint, which may run.
        GoalPlanned = "GOAL_PLANNED",
        /// The goal got its checked blueprint, which has to be approved.
        GoalAwaitingApproval = "GOAL_AWAITING_APPROVAL",
        /// Somebody, or a deadline, decided on a plan.
        DecisionMade = "DECISION_MADE",
        /// The goal's workflow succeeded.
        GoalSucceeded = "GOAL_SUCCEEDED",
        /// The goal could not be planned, or its workflow failed.
        GoalFailed = "GOAL_FAILED",
        /// The goal was cancelled.
        GoalCancelled = "GOAL_CANCELLED",
        /// The goal's workflow was retried; the goal is open again.
        GoalRetried = "GOAL_RETRIED",
        /// The goal has another budget from now on.
        BudgetChanged = "BUDGET_CHANGED",
        /// The workflow began.
        WorkflowStarted = "WORKFLOW_STARTED",
        /// Every task ended well, or was handled.
        WorkflowSucceeded = "WORKFLOW_SUCCEEDED",
        /// Every task ended, one failure unhandled.
        WorkflowFailed = "WORKFLOW_FAILED",
        /// The workflow was cancelled.
        WorkflowCancelled = "WORKFLOW_CANCELLED",
        /// The workflow gives nothing new to workers.
        WorkflowPaused = "WORKFLOW_PAUSED",
        /// The workflow goes on after a pause, with another plan, or was retried.
        WorkflowRunning = "WORKFLOW_RUNNING",
        /// The workflow waits for another plan.
        WorkflowReplanning = "WORKFLOW_REPLANNING",
        /// The workflow undoes what its tasks did.
        WorkflowCompensating = "WORKFLOW_COMPENSATING",
        /// The workflow runs a longer blueprint from now on, which may do without some of the tasks.
        WorkflowExtended = "WORKFLOW_EXTENDED",
        /// Somebody sent a signal.
        SignalReceived = "SIGNAL_RECEIVED",
        /// The task began to wait for its time.
        TaskWaiting = "TASK_WAITING",
        /// The task's attempt waits for a worker.
        TaskReady = "TASK_READY",
        /// A worker was given the attempt.
        AttemptStarted = "ATTEMPT_STARTED",
        /// The attempt failed, and another one follows, at once or after a pause.
        AttemptFailed = "ATTEMPT_FAILED",
        /// The task succeeded.
        TaskSucceeded = "TASK_SUCCEEDED",
        /// The task failed for good.
        TaskFailed = "TASK_FAILED",
        /// The task's join can no longer be met.
        TaskSkipped = "TASK_SKIPPED",
        /// The task was cancelled with its workflow.
        TaskCancelled = "TASK_CANCELLED",
        /// The task waits for its join again, since its workflow was retried.
        TaskPending = "TASK_PENDING",
    }
}

impl GoalState {
    /// Nothing will change it any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

impl WorkflowState {
    /// Nothing will change it any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

impl TaskState {
    /// Nothing will change it any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Skipped | Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_its_own_state() {
        for state in TaskState::ALL {
            assert_eq!(state.as_str().parse::<TaskState>().unwrap(), *state);
        }
        for kind in EventType::ALL {
            assert_eq!(kind.as_str().parse::<EventType>().unwrap(), *kind);
        }
        assert!("DONE".parse::<GoalState>().is_err());
    }
}
