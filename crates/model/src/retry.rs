//! When a task is tried again, and how long its attempts may take.

use serde::{Deserialize, Serialize};

use crate::blueprint::is_default;

/// What happens after a failed attempt.
///
/// The pause before attempt n + 1 is `initial_backoff_ms * backoff_coefficient^(n - 1)`, at most
/// `max_backoff_ms`, shortened by up to the share `jitter` of itself. The names and their defaults are
/// Temporal's; the jitter is there because a thousand tasks that failed together must not come back together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryPolicy {
    /// How many attempts the task may have in all; at least 1.
    #[serde(skip_serializing_if = "is_one")]
    pub max_attempts: u32,
    /// The pause before the second attempt, in milliseconds; 0: at once.
    #[serde(skip_serializing_if = "is_initial_backoff")]
    pub initial_backoff_ms: u64,
    /// The longest pause, in milliseconds.
    #[serde(skip_serializing_if = "is_max_backoff")]
    pub max_backoff_ms: u64,
    /// By how much each pause is longer than the one before; at least 1.
    #[serde(skip_serializing_if = "is_coefficient")]
    pub backoff_coefficient: f64,
    /// The share of a pause that is left to chance: 0 to 1.
    #[serde(skip_serializing_if = "is_jitter")]
    pub jitter: f64,
    /// Kinds of failures after which there is no other attempt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub non_retryable: Vec<String>,
}

impl RetryPolicy {
    /// Attempts, unless the policy says otherwise.
    pub const MAX_ATTEMPTS: u32 = 1;
    /// First pause, unless the policy says otherwise.
    pub const INITIAL_BACKOFF_MS: u64 = 1_000;
    /// Longest pause, unless the policy says otherwise.
    pub const MAX_BACKOFF_MS: u64 = 100_000;
    /// Growth of the pauses, unless the policy says otherwise.
    pub const BACKOFF_COEFFICIENT: f64 = 2.0;
    /// What is left to chance, unless the policy says otherwise.
    pub const JITTER: f64 = 0.2;

    /// The pause after the attempt that was the `failures`-th to fail, from 1, before chance shortens
    /// it; in milliseconds.
    pub fn backoff_ms(&self, failures: u32) -> u64 {
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let pause = self.initial_backoff_ms as f64 * self.backoff_coefficient.powi(exponent);
        if pause < self.max_backoff_ms as f64 {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and max_backoff_ms"
            )]
            return pause as u64;
        }
        self.max_backoff_ms
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: Self::MAX_ATTEMPTS,
            initial_backoff_ms: Self::INITIAL_BACKOFF_MS,
            max_backoff_ms: Self::MAX_BACKOFF_MS,
            backoff_coefficient: Self::BACKOFF_COEFFICIENT,
            jitter: Self::JITTER,
            non_retryable: Vec::new(),
        }
    }
}

/// How long an attempt may take. 0 in each: as long as it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// From ready to a worker, in milliseconds. Then the task fails: there is no worker for it.
    #[serde(skip_serializing_if = "is_default")]
    pub schedule_to_start_ms: u64,
    /// From a worker to the result, in milliseconds. Then the attempt fails.
    #[serde(skip_serializing_if = "is_default")]
    pub start_to_close_ms: u64,
    /// From one sign of life of the handler to the next, in milliseconds. Then the attempt fails.
    #[serde(skip_serializing_if = "is_default")]
    pub heartbeat_ms: u64,
}

fn is_one(attempts: &u32) -> bool {
    *attempts == RetryPolicy::MAX_ATTEMPTS
}

fn is_initial_backoff(pause: &u64) -> bool {
    *pause == RetryPolicy::INITIAL_BACKOFF_MS
}

fn is_max_backoff(pause: &u64) -> bool {
    *pause == RetryPolicy::MAX_BACKOFF_MS
}

fn is_coefficient(coefficient: &f64) -> bool {
    *coefficient == RetryPolicy::BACKOFF_COEFFICIENT
}

fn is_jitter(jitter: &f64) -> bool {
    *jitter == RetryPolicy::JITTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let policy = RetryPolicy { initial_backoff_ms: 100, max_backoff_ms: 1_000, ..RetryPolicy::default() };
        let pauses: Vec<u64> = (1..=6).map(|failures| policy.backoff_ms(failures)).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(policy.backoff_ms(u32::MAX), 1_000);
        let at_once = RetryPolicy { initial_backoff_ms: 0, ..policy };
        assert_eq!(at_once.backoff_ms(9), 0);
    }

    #[test]
    fn what_is_as_usual_is_not_written() {
        let policy: RetryPolicy =
            serde_json::from_str(r#"{"max_attempts":3,"initial_backoff_ms":1000}"#).unwrap();
        assert_eq!(serde_json::to_string(&policy).unwrap(), r#"{"max_attempts":3}"#);
        assert_eq!(serde_json::to_string(&RetryPolicy::default()).unwrap(), "{}");
    }
}
