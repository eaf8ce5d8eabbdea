//! Stored payloads on their way: from a reader into parts and back, verified. What the SDKs have in common.
//!
//! In memory there is one part, however large the payload.

mod breaking;
mod error;
mod read;
mod write;

pub use breaking::{Outgoing, unbroken};
pub use error::Error;
pub use read::read;
pub use write::{Transform, header_of, write};
