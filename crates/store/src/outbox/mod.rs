//! The outbox: what the relay has to put on Redis lists.

mod delivery;
mod drain;
mod republish;

pub use delivery::Delivery;
pub use drain::{Drained, Outbox};
pub(crate) use republish::place;
pub use republish::{
    PlannedBy, lost_attempts, open_goals, ready_attempts, unplanned_tasks, unplanned_workflows,
    unsettled_goals,
};

/// The channel on which deliveries are announced.
pub const CHANNEL: &str = "goalpost_outbox";
