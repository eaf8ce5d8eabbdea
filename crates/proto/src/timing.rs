//! Retry policies, timeouts and deadlines.

use goalpost_model::{RetryPolicy, Timeouts};

use crate::whole::{self, message_of};
use crate::{Violations, v1};

pub(crate) fn read_retry(
    message: Option<v1::RetryPolicy>,
    field: &str,
    violations: &mut Violations,
) -> RetryPolicy {
    let Some(message) = message else { return RetryPolicy::default() };
    let v1::RetryPolicy {
        max_attempts,
        initial_backoff_ms,
        max_backoff_ms,
        backoff_coefficient,
        jitter,
        non_retryable,
    } = message;
    RetryPolicy {
        max_attempts: u32::try_from(max_attempts).unwrap_or_else(|_| {
            violations.add(format!("{field}.max_attempts"), "must not be negative");
            1
        }),
        initial_backoff_ms: initial_backoff_ms.map_or(RetryPolicy::INITIAL_BACKOFF_MS, |ms| {
            whole::read(ms, &format!("{field}.initial_backoff_ms"), violations)
        }),
        max_backoff_ms: max_backoff_ms.map_or(RetryPolicy::MAX_BACKOFF_MS, |ms| {
            whole::read(ms, &format!("{field}.max_backoff_ms"), violations)
        }),
        backoff_coefficient: backoff_coefficient.unwrap_or(RetryPolicy::BACKOFF_COEFFICIENT),
        jitter: jitter.unwrap_or(RetryPolicy::JITTER),
        non_retryable,
    }
}

pub(crate) fn retry_from_model(retry: &RetryPolicy) -> v1::RetryPolicy {
    let RetryPolicy {
        max_attempts,
        initial_backoff_ms,
        max_backoff_ms,
        backoff_coefficient,
        jitter,
        non_retryable,
    } = retry;
    v1::RetryPolicy {
        max_attempts: (*max_attempts).try_into().unwrap_or(i32::MAX),
        initial_backoff_ms: Some(message_of(*initial_backoff_ms)),
        max_backoff_ms: Some(message_of(*max_backoff_ms)),
        backoff_coefficient: Some(*backoff_coefficient),
        jitter: Some(*jitter),
        non_retryable: non_retryable.clone(),
    }
}

pub(crate) fn read_timeouts(
    message: Option<v1::Timeouts>,
    field: &str,
    violations: &mut Violations,
) -> Timeouts {
    let v1::Timeouts { schedule_to_start_ms, start_to_close_ms, heartbeat_ms } = message.unwrap_or_default();
    let mut read = |ms, name: &str| whole::read(ms, &format!("{field}.{name}"), violations);
    Timeouts {
        schedule_to_start_ms: read(schedule_to_start_ms, "schedule_to_start_ms"),
        start_to_close_ms: read(start_to_close_ms, "start_to_close_ms"),
        heartbeat_ms: read(heartbeat_ms, "heartbeat_ms"),
    }
}

pub(crate) fn timeouts_from_model(timeouts: Timeouts) -> v1::Timeouts {
    let Timeouts { schedule_to_start_ms, start_to_close_ms, heartbeat_ms } = timeouts;
    v1::Timeouts {
        schedule_to_start_ms: message_of(schedule_to_start_ms),
        start_to_close_ms: message_of(start_to_close_ms),
        heartbeat_ms: message_of(heartbeat_ms),
    }
}
