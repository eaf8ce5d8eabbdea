//! Histories: the events of goals and workflows as they are read.

mod page;
mod stats;
mod verify;

pub use page::{Page, StoredEvent, page};
pub use stats::{Stats, stats};
pub use verify::{Verified, Violation, verify};

/// The channel on which new events are announced.
pub const CHANNEL: &str = "goalpost_history";
