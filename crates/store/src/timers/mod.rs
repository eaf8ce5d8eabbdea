//! Timers: what workflows wait for that nobody sends.
//!
//! The engine writes and removes them with its transitions; here they are fired and read.

mod fire;
mod fired;

pub use fire::{fire, until_next};
pub use fired::fired_timers;

/// The channel on which timers are announced: milliseconds until the earliest of those just armed.
pub const CHANNEL: &str = "goalpost_timers";
