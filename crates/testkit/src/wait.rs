//! Waiting for a state.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// How long a test waits before it gives up: far beyond what any state needs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks. Only tests look again and again; the system itself is told.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks until `look` finds something, and answers with it.
///
/// # Panics
/// After a minute, with `what` was waited for.
pub async fn wait_for<T>(what: impl Display, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("waited {PATIENCE:?} in vain for {what}");
}

/// Something that a test counts, for example runs of a handler.
#[derive(Clone, Debug, Default)]
pub struct Pulse(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Pulse {
    /// One more.
    pub fn beat(&self) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }

    /// How many there were.
    pub fn count(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}
