//! How long the workers of a dead engine have to come to another one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the workers of a dead engine have to come to another one. Cheap to clone.
///
/// When the database itself was away every registration is gone at once, which says nothing about the
/// engines. Each of them notices in its own time, and has that time on top.
#[derive(Clone)]
pub(crate) struct Grace {
    usual: Duration,
    calm_at: Arc<Mutex<Option<Instant>>>,
}

impl Grace {
    pub(crate) fn new(usual: Duration) -> Self {
        Self { usual, calm_at: Arc::default() }
    }

    /// The database is away, or was until now; until everybody is back it takes as long as this.
    pub(crate) fn extend(&self, noticed_within: Duration) {
        *self.calm_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + noticed_within);
    }

    /// The grace of an engine that dies now.
    pub(crate) fn now(&self) -> Duration {
        self.at(Instant::now())
    }

    fn at(&self, death: Instant) -> Duration {
        let calm_at = *self.calm_at.lock().unwrap_or_else(PoisonError::into_inner);
        calm_at.map_or(Duration::ZERO, |calm_at| calm_at.saturating_duration_since(death)) + self.usual
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_dies_while_others_come_back_has_their_time_on_top() {
        let seconds = Duration::from_secs;
        let grace = Grace::new(seconds(5));
        assert_eq!(grace.now(), seconds(5));
        grace.extend(seconds(3_600));
        assert!(grace.now() > seconds(3_600));
        assert_eq!(grace.at(Instant::now() + seconds(3_601)), seconds(5));
    }
}
