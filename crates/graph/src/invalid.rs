//! Stored rows that no workflow can be in.

use goalpost_model::{TaskState, WorkflowState};

/// Rows that contradict the blueprint or each other. `advance` never leaves such a state behind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidState {
    /// The blueprint has no such task.
    #[error("there is a row for task {ordinal}, but the blueprint has only {tasks} tasks")]
    UnknownTask {
        /// The row's ordinal.
        ordinal: usize,
        /// How many tasks there are.
        tasks: usize,
    },
    /// One task was given twice.
    #[error("there are two rows for task '{task}'")]
    DuplicateTask {
        /// The task's name.
        task: String,
    },
    /// What is stored of the extensions of its blueprint does not go with the blueprint.
    #[error("the blueprint has only {tasks} tasks, but was extended as if it had more, or in another order")]
    Extension {
        /// How many tasks the blueprint has.
        tasks: usize,
    },
    /// A row contradicts itself.
    #[error("task '{task}' is {state}, but {problem}")]
    Task {
        /// The task's name.
        task: String,
        /// The row's state.
        state: TaskState,
        /// What does not go with it.
        problem: &'static str,
    },
    /// A row says that an edge was taken which its task's end could not take.
    #[error("task '{task}' is {state}, but has taken edge {edge}")]
    TakenEdge {
        /// The task's name.
        task: String,
        /// The row's state.
        state: TaskState,
        /// The edge's ordinal in the blueprint.
        edge: usize,
    },
    /// A task's state does not follow from the edges that lead to it.
    #[error("task '{task}' is {state}, but {problem}")]
    Join {
        /// The task's name.
        task: String,
        /// The row's state; PENDING if there is none.
        state: TaskState,
        /// What its edges say.
        problem: &'static str,
    },
    /// The workflow is RUNNING, but every task has ended. Rows that were read in two pieces, while
    /// the workflow ended in between, look like this: read them again.
    #[error("the workflow is RUNNING, but every task has ended")]
    NothingOpen,
    /// The workflow's own row does not go with its tasks.
    #[error("the workflow is {state}, but {problem}")]
    Workflow {
        /// The workflow's state.
        state: WorkflowState,
        /// What does not go with it.
        problem: &'static str,
    },
}
