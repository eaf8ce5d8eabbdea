//! What an event did.

/// One change, and one event of the workflow's history. The order of effects is the history's order.
///
/// In the effects of one event, those of one task stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The workflow began.
    WorkflowStarted,
    /// The attempt waits for a worker.
    TaskReady {
        /// The task.
        task: usize,
        /// The attempt, from 1.
        attempt: u32,
    },
    /// The task waits for its time, for room in the budget, or for something else that no worker does.
    TaskWaiting {
        /// The task.
        task: usize,
    },
    /// A worker has the attempt.
    AttemptStarted {
        /// The task.
        task: usize,
        /// The attempt.
        attempt: u32,
    },
    /// The attempt failed or never arrived. `TaskReady` of the next attempt follows: at once, when its timer fires,
    /// or when the budget has room for it.
    AttemptFailed {
        /// The task.
        task: usize,
        /// The attempt that is over.
        attempt: u32,
    },
    /// The task succeeded.
    TaskSucceeded {
        /// The task.
        task: usize,
    },
    /// The task failed for good.
    TaskFailed {
        /// The task.
        task: usize,
    },
    /// The task's join can no longer be met, or it is not wanted any more.
    TaskSkipped {
        /// The task.
        task: usize,
    },
    /// The task was cancelled with its workflow.
    TaskCancelled {
        /// The task.
        task: usize,
        /// A worker has an attempt that has to be stopped.
        was_running: bool,
    },
    /// A signal came; its place among those of the workflow.
    SignalReceived {
        /// The place, from 0.
        signal: usize,
    },
    /// A task took a signal that had come before.
    SignalTaken {
        /// The signal's place.
        signal: usize,
    },
    /// The task that undoes this one has begun; nothing else of it has changed.
    UndoBegun {
        /// The task.
        task: usize,
    },
    /// The task runs a graph that came up only now; nothing else of it has changed.
    Expanded {
        /// The task.
        task: usize,
    },
    /// Edges that were added to the task are decided; nothing else of it has changed.
    EdgesAdded {
        /// The task.
        task: usize,
    },
    /// The task waits for its join again, since the workflow was retried.
    TaskReset {
        /// The task.
        task: usize,
    },
    /// The workflow runs a longer blueprint from now on, which may do without some of the tasks.
    WorkflowExtended,
    /// The workflow has another budget from now on.
    BudgetChanged,
    /// The workflow waits for another plan.
    WorkflowReplanning,
    /// The workflow undoes what its tasks did.
    WorkflowCompensating,
    /// Nothing new is given to workers.
    WorkflowPaused,
    /// The workflow goes on, after a pause, its end, or with another plan.
    WorkflowResumed,
    /// Every task ended, and no failure was left unhandled.
    WorkflowSucceeded,
    /// A failure was left unhandled, or the workflow failed as a whole.
    WorkflowFailed,
    /// The workflow was cancelled.
    WorkflowCancelled,
}

impl Effect {
    /// The task that it is about; `None` if it is about the workflow.
    pub const fn task(&self) -> Option<usize> {
        match *self {
            Self::TaskReady { task, .. }
            | Self::TaskWaiting { task }
            | Self::AttemptStarted { task, .. }
            | Self::AttemptFailed { task, .. }
            | Self::TaskSucceeded { task }
            | Self::TaskFailed { task }
            | Self::TaskSkipped { task }
            | Self::TaskReset { task }
            | Self::TaskCancelled { task, .. } => Some(task),
            Self::SignalReceived { .. }
            | Self::SignalTaken { .. }
            | Self::UndoBegun { .. }
            | Self::Expanded { .. }
            | Self::EdgesAdded { .. }
            | Self::WorkflowExtended
            | Self::BudgetChanged
            | Self::WorkflowReplanning
            | Self::WorkflowCompensating
            | Self::WorkflowPaused
            | Self::WorkflowResumed
            | Self::WorkflowStarted
            | Self::WorkflowSucceeded
            | Self::WorkflowFailed
            | Self::WorkflowCancelled => None,
        }
    }

    /// Whether the workflow comes into another state by it.
    pub const fn moves_workflow(&self) -> bool {
        matches!(
            self,
            Self::WorkflowPaused
                | Self::WorkflowResumed
                | Self::WorkflowReplanning
                | Self::WorkflowCompensating
                | Self::WorkflowSucceeded
                | Self::WorkflowFailed
                | Self::WorkflowCancelled
        )
    }

    /// Whether the task begins by it, as the first thing that happens to it in an event.
    pub(crate) const fn begins(&self) -> bool {
        matches!(self, Self::TaskReady { .. } | Self::TaskWaiting { .. } | Self::TaskReset { .. })
    }
}
