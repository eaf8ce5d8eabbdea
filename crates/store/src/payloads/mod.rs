//! Stored payloads: written in parts, seen when they are whole, read in parts.
//!
//! Each part is a statement of its own, so that nothing is locked while somebody sends or receives.

mod keep;
mod owner;
mod read;
mod write;

pub use keep::keep;
pub use owner::namespace_of_attempt;
pub use read::{chunk, find};
pub use write::{Complete, NewPayload, abandon, append, begin, complete};
