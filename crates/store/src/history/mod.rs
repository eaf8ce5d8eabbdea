//! Histories: the events of goals and workflows as they are read.

mod page;
mod repair;
mod stats;
mod verify;
mod waits;

pub use page::{Page, StoredEvent, page};
pub use repair::{arm_missing_timers, deliver_again, in_outbox, remove_orphaned_timers};
pub use stats::{Stats, stats};
pub use verify::{Verified, Violation, verify};
pub use waits::ready_since;

/// The channel on which new events are announced.
pub const CHANNEL: &str = "goalpost_history";
