//! How fast goals of one namespace come.

use std::num::NonZeroU32;

use goalpost_model::Namespace;
use goalpost_service::status;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use tonic::Status;

/// Namespaces that are remembered until those that have rested are forgotten.
const MANY: usize = 10_000;

/// Lets goals of each namespace in as fast as they may come.
pub(crate) struct Pace(Option<DefaultKeyedRateLimiter<Namespace>>);

impl Pace {
    /// So many each second, and as many at once after a rest; `None`: as fast as they come.
    pub(crate) fn new(each_second: Option<NonZeroU32>) -> Self {
        Self(each_second.map(|goals| DefaultKeyedRateLimiter::keyed(Quota::per_second(goals))))
    }

    /// Errors: RESOURCE_EXHAUSTED, with the time until the next one may come.
    pub(crate) fn enter(&self, namespace: &Namespace) -> Result<(), Status> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        if limiter.len() > MANY {
            limiter.retain_recent();
        }
        limiter.check_key(namespace).map_err(|early| {
            let message = format!("goals of namespace {namespace} come faster than they may; try again");
            status::exhausted(
                "SUBMITTED_TOO_FAST",
                message,
                early.wait_time_from(DefaultClock::default().now()),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;
    use tonic_types::StatusExt as _;

    use super::*;

    #[test]
    fn each_namespace_has_its_own_pace() {
        let pace = Pace::new(NonZeroU32::new(2));
        let [busy, quiet]: [Namespace; 2] = ["busy", "quiet"].map(|name| name.parse().unwrap());
        assert!(pace.enter(&busy).is_ok() && pace.enter(&busy).is_ok());
        let refused = pace.enter(&busy).unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert_eq!(refused.get_details_error_info().unwrap().reason, "SUBMITTED_TOO_FAST");
        let pause = refused.get_details_retry_info().unwrap().retry_delay.unwrap();
        assert!(pause.as_millis() <= 500, "{pause:?}");
        assert!(pace.enter(&quiet).is_ok());
        let unbound = Pace::new(None);
        assert!((0..1_000).all(|_| unbound.enter(&busy).is_ok()));
    }
}
