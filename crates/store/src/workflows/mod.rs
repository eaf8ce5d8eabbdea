//! Workflows, their tasks and blueprints, as the graph engine reads and writes them.

mod attempts;
mod blueprints;
mod commit;
mod load;

pub use attempts::{HeldAttempt, adopt, orphaned_attempts, running_attempts, unheld_attempts};
pub use blueprints::blueprint;
pub use commit::{ChangedTask, EndedWorkflow, Holder, NewTask, NewWorkflow, Transitions, commit};
pub use load::{StoredTask, StoredWorkflow, load};
