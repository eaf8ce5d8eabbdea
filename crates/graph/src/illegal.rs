//! Events that do not fit the state.

use goalpost_model::{Digest, Failure, TaskState, WorkflowState};

/// An event that the workflow's state does not allow. It changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IllegalTransition {
    /// Nothing may happen to a workflow before it begins.
    #[error("{event}: the workflow has not begun; send Start first")]
    NotStarted {
        /// The event's word.
        event: &'static str,
    },
    /// A workflow begins once.
    #[error("Start: the workflow has begun already; go on with its tasks")]
    AlreadyStarted,
    /// A workflow that is paused gives nothing out.
    #[error("{event}: the workflow is paused; it comes again when the workflow is resumed")]
    Paused {
        /// The event's word.
        event: &'static str,
    },
    /// Only a workflow that runs can be paused, and only one that is paused can be resumed.
    #[error("{event}: the workflow is {state}")]
    WrongState {
        /// How far it has come.
        state: WorkflowState,
        /// The event's word.
        event: &'static str,
    },
    /// What was undone cannot be gone on with.
    #[error("Retry: what the tasks did was undone; submit the goal again")]
    Undone,
    /// Every task that could be retried would fail in the same way.
    #[error("Retry: no task of the workflow can be retried; retry all of them, or submit the goal again")]
    NothingToRetry,
    /// The graph inside of a task has run. It would run again under names and attempts that were there before.
    #[error("Retry: the graph inside of task '{task}' cannot begin anew; submit the goal again")]
    CannotBeginAnew {
        /// The task's name.
        task: String,
    },
    /// The signal came before.
    #[error("Signal: the signal '{id}' came before; drop it")]
    SignalRepeated {
        /// Its id.
        id: String,
    },
    /// A workflow takes so many signals.
    #[error("Signal: the workflow has {signals} signals, which is all it takes")]
    TooManySignals {
        /// How many there are.
        signals: usize,
    },
    /// The task waits for nobody's word.
    #[error("Decide: task '{task}' is {state} and waits for nobody's approval")]
    NotToDecide {
        /// The task's name.
        task: String,
        /// How far the task is.
        state: TaskState,
    },
    /// The task waits for no graph.
    #[error("Expand: task '{task}' is {state} and waits for no graph")]
    NotToExpand {
        /// The task's name.
        task: String,
        /// How far the task is.
        state: TaskState,
    },
    /// The workflow waits for no other plan, or not for this one.
    #[error("NoReplan: the workflow is {state} and waits for no plan number {number}")]
    NotReplanning {
        /// How far it has come.
        state: WorkflowState,
        /// Which of its plans it was.
        number: u32,
    },
    /// What a plan does without has to be undone before another one takes its place.
    #[error("Extend: what was withdrawn before is being undone; try again once that is over")]
    Undoing,
    /// The blueprint extends another one than the workflow runs.
    #[error("Extend: the workflow runs blueprint {present} by now; extend that one")]
    OtherParent {
        /// The digest of the blueprint that it runs.
        present: Digest,
    },
    /// The blueprint does more than to extend the one that the workflow runs, or less.
    #[error("Extend: {problem}")]
    NoExtension {
        /// What is wrong.
        problem: String,
    },
    /// A task that has ended cannot be skipped.
    #[error("Skip: task '{task}' is {state} already")]
    NotToSkip {
        /// The task's name.
        task: String,
        /// How it ended.
        state: TaskState,
    },
    /// The output that was given in the place of a worker's is none that its capability allows.
    #[error("Skip: {failure}")]
    OutputRefused {
        /// What is wrong with it.
        failure: Failure,
    },
    /// Nothing may happen to a workflow after its end.
    #[error("{event}: the workflow is {state} already; drop the event")]
    AlreadyEnded {
        /// How it ended.
        state: WorkflowState,
        /// The event's word.
        event: &'static str,
    },
    /// The blueprint has no such task.
    #[error("{event}: the blueprint has no task {task}, only {tasks}; name a task by its ordinal from 0")]
    UnknownTask {
        /// The ordinal.
        task: usize,
        /// How many tasks there are.
        tasks: usize,
        /// The event's word.
        event: &'static str,
    },
    /// The attempt was given up, and a later one took its place.
    #[error(
        "{event}: attempt {attempt} of task '{task}' is stale, the task is {state} at attempt {current}; \
         drop the event, the later attempt counts"
    )]
    StaleAttempt {
        /// The task's name.
        task: String,
        /// The attempt that the event names.
        attempt: u32,
        /// The task's latest attempt.
        current: u32,
        /// How far the task is.
        state: TaskState,
        /// The event's word.
        event: &'static str,
    },
    /// The attempt was never given out.
    #[error(
        "{event}: task '{task}' has no attempt {attempt} yet, it is {state} at attempt {current}; \
         name an attempt that was announced as ready"
    )]
    UnknownAttempt {
        /// The task's name.
        task: String,
        /// The attempt that the event names.
        attempt: u32,
        /// The task's latest attempt; 0 if there was none.
        current: u32,
        /// How far the task is.
        state: TaskState,
        /// The event's word.
        event: &'static str,
    },
    /// Only an attempt that is ready can start.
    #[error("{event}: task '{task}' is {state} at attempt {attempt}, not READY; do not run the attempt")]
    NotReady {
        /// The task's name.
        task: String,
        /// Its latest attempt, which is the event's.
        attempt: u32,
        /// How far the task is.
        state: TaskState,
        /// The event's word.
        event: &'static str,
    },
    /// The task waits for another timer, or for none.
    #[error(
        "TimerFired: task '{task}' is {state} at attempt {current}, and has no such timer of attempt {attempt}; drop the event"
    )]
    NotArmed {
        /// The task's name.
        task: String,
        /// The attempt that the event names.
        attempt: u32,
        /// The task's latest attempt.
        current: u32,
        /// How far the task is.
        state: TaskState,
    },
    /// The workflow has no deadline.
    #[error("DeadlineExceeded: the workflow has no deadline; drop the event")]
    NoDeadline,
    /// The workflow's budget bounds no time, or it does not run.
    #[error("WallTimeExceeded: no time of the workflow is bounded now; drop the event")]
    NoTimeLimit,
    /// Only an attempt that runs can end.
    #[error("{event}: task '{task}' is {state} at attempt {attempt}, not RUNNING; drop the event")]
    NotRunning {
        /// The task's name.
        task: String,
        /// Its latest attempt, which is the event's.
        attempt: u32,
        /// How far the task is.
        state: TaskState,
        /// The event's word.
        event: &'static str,
    },
}
