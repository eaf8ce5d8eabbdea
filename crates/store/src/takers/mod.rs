//! Takers: the processes that take from lists, and their life.
//!
//! A taker holds a session advisory lock on a connection of its own. Whoever gets that lock
//! knows that the taker is dead: in milliseconds, and without a heartbeat.

mod lease;
mod losses;
mod offers;
mod session;
mod term;
mod watch;
mod workers;

pub use lease::Lease;
pub use losses::{dead, is_dead, lose_attempts};
pub use offers::{offered, tell_workers};
pub use term::Term;
pub use watch::{Death, alive, known};
pub use workers::{Presence, StoredWorker, ToldWorker, workers};

use uuid::Uuid;

/// The channel on which takers are announced.
pub const CHANNEL: &str = "goalpost_takers";

/// The key of a taker's lock. A collision would only delay the discovery of a death; there
/// are 2^63 keys, apart from that of the active replica, which is negative.
fn lock_key(taker: Uuid) -> i64 {
    let (high, low) = taker.as_u64_pair();
    i64::from_be_bytes((high ^ low.rotate_left(17)).to_be_bytes()) & i64::MAX
}
