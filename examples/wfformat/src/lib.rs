//! The worker of replays: sleeps as long as recorded tasks took.

use std::time::{Duration, Instant};

use goalpost_wfformat::{Sleep, Slept};
use goalpost_worker::{Attempt, Failure};

/// Attempts at once, unless it is said otherwise: as many as a worker may have, because sleepers cost
/// next to nothing, and one that waits for its turn makes the replay longer than the record.
pub const MAX_CONCURRENCY: u32 = 10_000;

/// Handles [`goalpost_wfformat::CAPABILITY`].
pub async fn sleep(_: Attempt, sleep: Sleep) -> Result<Slept, Failure> {
    let begun = Instant::now();
    // A timer would make a millisecond of no time.
    if sleep.duration_ms > 0 {
        tokio::time::sleep(Duration::from_millis(sleep.duration_ms)).await;
    }
    Ok(Slept { slept_ms: begun.elapsed().as_secs_f64() * 1e3 })
}
