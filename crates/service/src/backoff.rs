//! Waiting for something that is away, without hammering it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Pauses between attempts: doubled each time up to a bound, spread by a quarter so that many
/// processes do not come back in step.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Default for Backoff {
    /// 50 ms to 2 s.
    fn default() -> Self {
        Self::new(Duration::from_millis(50), Duration::from_secs(2))
    }
}

impl Backoff {
    /// Pauses from `first` to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// Whether the last attempt worked, or there was none.
    pub fn is_fresh(&self) -> bool {
        self.next == self.first
    }

    /// The attempt worked.
    pub fn reset(&mut self) {
        self.next = self.first;
    }

    /// Waits before the next attempt. False if the process stops meanwhile.
    pub async fn pause(&mut self, stop: &CancellationToken) -> bool {
        let pause = spread(self.next);
        self.next = (self.next * 2).min(self.longest);
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = stop.cancelled() => false,
        }
    }
}

/// The duration, up to a quarter longer.
fn spread(pause: Duration) -> Duration {
    use std::hash::{BuildHasher as _, RandomState};
    let random = RandomState::new().hash_one(0_u8) % 256;
    pause + pause.mul_f64(random as f64 / 1_024.0)
}

/// Tries until it works. `None` if the process stops first. Says once that `what` is away.
pub async fn until_ok<T, E: std::error::Error, F: Future<Output = Result<T, E>>>(
    what: &str,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Option<T> {
    let mut backoff = Backoff::default();
    loop {
        match attempt().await {
            Ok(value) => return Some(value),
            Err(error) => {
                if backoff.is_fresh() {
                    tracing::warn!(what, error = crate::describe(&error), "waiting until it works");
                }
            }
        }
        if !backoff.pause(stop).await {
            return None;
        }
    }
}
