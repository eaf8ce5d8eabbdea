//! The outbox: what the relay has to put on Redis lists.

mod drain;
mod republish;

pub use drain::{Delivery, delete, drain, keep_drained, put_back};
pub use republish::{open_goals, ready_attempts, unsettled_goals};

/// The channel on which deliveries are announced.
pub const CHANNEL: &str = "goalpost_outbox";
