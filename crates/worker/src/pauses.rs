//! Pauses between attempts to connect.

use std::time::Duration;

use tokio::time::Instant;

const FIRST: Duration = Duration::from_millis(50);
/// Well within the time that an engine gives a worker to come back.
const LONGEST: Duration = Duration::from_secs(1);

/// After a stream that lasted there is no pause at all; after failures in a row ever longer ones.
pub(crate) struct Pauses {
    next: Duration,
    /// Since when there is a stream.
    connected: Option<Instant>,
}

impl Pauses {
    pub(crate) fn new() -> Self {
        Self { next: FIRST, connected: None }
    }

    /// A stream came about.
    pub(crate) fn connected(&mut self, now: Instant) {
        self.connected = Some(now);
    }

    /// The stream is gone. True if it lasted: then the next attempt has no need to wait. An engine
    /// that takes worker after worker in and drops them must not make them run in circles.
    pub(crate) fn lost(&mut self, now: Instant) -> bool {
        let has_lasted = self.connected.take().is_some_and(|since| now - since > LONGEST);
        if has_lasted {
            self.next = FIRST;
        }
        has_lasted
    }

    /// Whether nothing failed since the last stream.
    pub(crate) fn is_fresh(&self) -> bool {
        self.next == FIRST
    }

    /// How long to wait now, up to a quarter longer, so that workers do not come back in step.
    pub(crate) fn next(&mut self) -> Duration {
        use std::hash::{BuildHasher as _, RandomState};
        let random = RandomState::new().hash_one(0_u8) % 256;
        let pause = self.next + self.next.mul_f64(random as f64 / 1_024.0);
        self.next = (self.next * 2).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_stream_that_lasted_spares_the_pause() {
        let (mut pauses, now) = (Pauses::new(), Instant::now());
        pauses.connected(now);
        assert!(!pauses.lost(now + LONGEST / 2));
        assert!(pauses.next() >= FIRST && !pauses.is_fresh());
        pauses.connected(now);
        assert!(pauses.lost(now + LONGEST * 2));
        assert!(pauses.is_fresh());
    }

    #[test]
    fn pauses_have_a_bound() {
        let mut pauses = Pauses::new();
        let longest = (0..20).map(|_| pauses.next()).max().unwrap();
        assert!(longest >= LONGEST && longest <= LONGEST.mul_f64(1.25));
    }
}
