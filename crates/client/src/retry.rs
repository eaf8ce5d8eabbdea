//! Calling again what may work later.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use tokio::time::Instant;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

/// Pauses if the service does not say how long: doubled each time up to a bound.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Makes the call, and again while that may help and the patience lasts. Only for calls that may be
/// made twice.
pub(crate) async fn until_answered<T, F: Future<Output = Result<Response<T>, Status>>>(
    patience: Duration,
    mut call: impl FnMut() -> F,
) -> Result<T, Status> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let status = match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => status,
        };
        let wait = spread(hint(&status).unwrap_or(pause));
        if !may_pass(&status) || begun.elapsed() + wait > patience {
            return Err(status);
        }
        tracing::debug!(reason = status.message(), "a call is repeated");
        tokio::time::sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The service is not available or has too much to do, and says so; or it went away without a word.
pub(crate) fn may_pass(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        Code::Unknown | Code::Internal | Code::Cancelled => status.get_details_error_info().is_none(),
        // Also said of what is too large, and that does not pass.
        Code::ResourceExhausted => hint(status).is_some(),
        _ => false,
    }
}

/// After how long the service thinks that it may work.
pub(crate) fn hint(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

/// The duration, up to a half longer: callers that were refused together do not come back together.
fn spread(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) % 256;
    pause + pause.mul_f64(random as f64 / 512.0)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tonic_types::ErrorDetails;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn refused(code: Code, hint: Option<Duration>) -> Status {
        let mut details = ErrorDetails::with_error_info("BUSY", "goalpost", []);
        if let Some(hint) = hint {
            details.set_retry_info(Some(hint));
        }
        Status::with_error_details(code, "busy", details)
    }

    /// How often a call is made that is refused like this for the first `times`.
    async fn calls(times: usize, status: Status) -> (usize, Result<(), Status>) {
        let made = Cell::new(0);
        let outcome = until_answered(PATIENCE, || {
            made.set(made.get() + 1);
            let answer = if made.get() > times { Ok(Response::new(())) } else { Err(status.clone()) };
            async move { answer }
        });
        let outcome = outcome.await;
        (made.get(), outcome)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_for_now_is_called_again_after_the_hint() {
        let begun = Instant::now();
        let busy = refused(Code::ResourceExhausted, Some(Duration::from_secs(2)));
        assert!(matches!(calls(3, busy).await, (4, Ok(()))));
        assert!((6..=9).contains(&begun.elapsed().as_secs()));
        assert!(matches!(calls(3, refused(Code::Unavailable, None)).await, (4, Ok(()))));
    }

    #[tokio::test(start_paused = true)]
    async fn what_stays_refused_is_given_up() {
        let busy = refused(Code::ResourceExhausted, Some(Duration::from_secs(2)));
        let (made, outcome) = calls(usize::MAX, busy).await;
        assert!((3..=5).contains(&made), "{made}");
        assert_eq!(outcome.unwrap_err().code(), Code::ResourceExhausted);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_is_called_once() {
        for status in [refused(Code::InvalidArgument, None), refused(Code::ResourceExhausted, None)] {
            assert!(matches!(calls(1, status).await, (1, Err(_))));
        }
    }
}
