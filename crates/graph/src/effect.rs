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
    /// A worker has the attempt.
    AttemptStarted {
        /// The task.
        task: usize,
        /// The attempt.
        attempt: u32,
    },
    /// The attempt failed or never arrived. `TaskReady` of the next attempt follows.
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
    /// Every task ended, and a failure was left unhandled.
    WorkflowFailed,
    /// The workflow was cancelled.
    WorkflowCancelled,
}
