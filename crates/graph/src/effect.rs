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
    /// The task waits for its time and nothing else.
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
    /// The attempt failed or never arrived. `TaskReady` of the next attempt follows, at once or when its
    /// timer fires.
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
    /// The task's join can no longer be met.
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
            | Self::TaskCancelled { task, .. } => Some(task),
            Self::WorkflowStarted
            | Self::WorkflowSucceeded
            | Self::WorkflowFailed
            | Self::WorkflowCancelled => None,
        }
    }

    /// Whether the task begins by it, as the first thing that happens to it in an event.
    pub(crate) const fn begins(&self) -> bool {
        matches!(self, Self::TaskReady { .. } | Self::TaskWaiting { .. })
    }
}
