//! Workflows, their tasks and blueprints, as the graph engine reads and writes them.

mod attempts;
mod blueprints;
mod changes;
mod commit;
mod load;
mod plans;
mod replans;
mod transitions;

pub use attempts::{
    HeldAttempt, adopt, orphaned_attempts, running_attempts, strayed_attempts, unheld_attempts,
};
pub(crate) use attempts::{int, named_columns};
pub use blueprints::{blueprint, digests};
pub use changes::load_changes;
pub use commit::commit;
pub use load::{StoredSignal, StoredTask, StoredWorkflow, load, load_without_tasks, timers};
pub use plans::{WantedPlan, store_blueprint, wanted_plans};
pub use replans::{Progress, RunningGoal, decide_replan, running_goal};
pub use transitions::{
    ArmedTimer, ChangedTask, Due, ExpandedTask, ExtendedWorkflow, FundedWorkflow, Holder, MovedWorkflow,
    NewSignal, NewTask, NewWorkflow, RelinkedTask, Told, Transitions, WantedKey,
};
