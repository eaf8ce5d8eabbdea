//! The end of a service, in order and within a bound.
//!
//! 1. It is not ready any more; its health says so.
//! 2. It takes nothing more from lists, and gives back what it cannot begin.
//! 3. Those who are connected for long are asked to go; after four fifths of the time they are cut off.
//! 4. What was received is written, calls get their answers, and the process ends.

use std::time::Duration;

use clap::Args;
use tokio_util::sync::CancellationToken;

/// How long a service may take to end.
#[derive(Args, Clone, Copy, Debug)]
pub struct DrainArgs {
    /// Seconds that the service may take to end in order once it is asked to.
    #[arg(long, env = "GOALPOST_DRAIN_SECONDS", default_value_t = 10)]
    pub drain_seconds: u64,
}

impl Default for DrainArgs {
    fn default() -> Self {
        Self { drain_seconds: 10 }
    }
}

/// The time between the wish that a service ends and its end. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Drain {
    /// Cancelled when the service is to end.
    pub stop: CancellationToken,
    /// Cancelled when nobody else is waited for any more.
    pub cut: CancellationToken,
    over: CancellationToken,
}

impl Drain {
    /// Begins with `stop`.
    pub fn new(stop: CancellationToken, DrainArgs { drain_seconds }: DrainArgs) -> Self {
        let limit = Duration::from_secs(drain_seconds);
        let drain = Self { stop, cut: CancellationToken::new(), over: CancellationToken::new() };
        let Self { stop, cut, over } = drain.clone();
        tokio::spawn(async move {
            stop.cancelled().await;
            tokio::time::sleep(limit.mul_f64(0.8)).await;
            cut.cancel();
            tokio::time::sleep(limit.mul_f64(0.2)).await;
            over.cancel();
        });
        drain
    }

    /// Waits for the work, at most until all time is over; then `None`.
    pub async fn within<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.over.run_until_cancelled(work).await
    }

    /// Returns when all time is over.
    pub async fn over(&self) {
        self.over.cancelled().await;
    }
}
