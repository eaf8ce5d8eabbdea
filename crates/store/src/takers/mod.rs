//! Takers: the processes that take from lists, and their life.
//!
//! A taker holds a session advisory lock on a connection of its own. Whoever gets that lock
//! knows that the taker is dead: in milliseconds, and without a heartbeat.

mod lease;
mod watch;

pub use lease::Lease;
pub use watch::{alive, attempts_of_dead, bury, dead_with_attempts, wait_for_death};

use uuid::Uuid;

/// The key of a taker's lock. A collision would only delay the discovery of a death; there
/// are 2^63 keys, apart from those of other uses, which are negative.
fn lock_key(taker: Uuid) -> i64 {
    let (high, low) = taker.as_u64_pair();
    i64::from_be_bytes((high ^ low.rotate_left(17)).to_be_bytes()) & i64::MAX
}
