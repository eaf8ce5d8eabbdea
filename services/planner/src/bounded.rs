//! Work for the processor, kept off the threads that serve calls and bounded in number.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::{AcquireError, Semaphore};

/// Calls that may wait for their turn.
const MAX_WAITING: usize = 256;

/// Why work was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Too many calls wait already.
    #[error("more than {MAX_WAITING} calls wait for the planner")]
    Busy,
    /// The work ended without a result: it panicked, or the process stops.
    #[error("the work ended without a result")]
    Lost(#[from] tokio::task::JoinError),
    /// The process stops.
    #[error("the planner stops")]
    Stopped(#[from] AcquireError),
}

/// As many pieces of work at once as there are processors; a bounded number waits.
#[derive(Clone, Debug)]
pub(crate) struct Bounded {
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Bounded {
    pub(crate) fn new() -> Self {
        let at_once = available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            admitted: Arc::new(Semaphore::new(at_once + MAX_WAITING)),
            running: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// Does the work on a thread of its own, when it is its turn. Work that has begun is ended even
    /// if the caller goes away, and counts until then.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Error::Busy)?;
        let running = Arc::clone(&self.running).acquire_owned().await?;
        let in_span = tracing::Span::current();
        let done = tokio::task::spawn_blocking(move || {
            let _held = (admitted, running);
            in_span.in_scope(work)
        });
        Ok(done.await?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_gives_its_result() {
        assert_eq!(Bounded::new().run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_frees_its_place() {
        let bounded = Bounded::new();
        let free = bounded.admitted.available_permits();
        let lost = bounded.run(|| panic!("on purpose")).await;
        assert!(matches!(lost, Err(Error::Lost(_))));
        assert_eq!(bounded.admitted.available_permits(), free);
    }

    #[tokio::test]
    async fn calls_beyond_the_bound_are_refused() {
        let bounded = Bounded::new();
        let all = u32::try_from(bounded.admitted.available_permits()).unwrap();
        let (release, wait) = mpsc::channel::<()>();
        let _rest = Arc::clone(&bounded.admitted).acquire_many_owned(all - 1).await.unwrap();
        let first = tokio::spawn({
            let bounded = bounded.clone();
            async move { bounded.run(move || wait.recv()).await }
        });
        while bounded.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(bounded.run(|| ()).await, Err(Error::Busy)));
        release.send(()).unwrap();
        first.await.unwrap().unwrap().unwrap();
    }
}
