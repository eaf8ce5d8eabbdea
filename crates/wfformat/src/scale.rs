//! How much faster than the record a replay is.

use std::str::FromStr;

use goalpost_model::limits::MAX_DELAY_MS;

/// What recorded times are divided by: finite and above 0. Below 1 the replay is slower than the record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeScale(f64);

/// A number that times cannot be divided by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no time scale: give a number above 0; 100 replays a hundred times as fast")]
pub struct InvalidTimeScale(String);

impl TimeScale {
    /// The scale, if times can be divided by it.
    pub fn new(scale: f64) -> Result<Self, InvalidTimeScale> {
        let is_valid = scale.is_finite() && scale > 0.0;
        is_valid.then_some(Self(scale)).ok_or_else(|| InvalidTimeScale(scale.to_string()))
    }

    /// So many recorded seconds in a replay.
    pub fn replayed_seconds(self, recorded: f64) -> f64 {
        recorded / self.0
    }

    /// The same in whole milliseconds, to the nearest; `None` beyond the longest sleep that is allowed.
    pub(crate) fn replayed_ms(self, recorded: f64) -> Option<u64> {
        let ms = (self.replayed_seconds(recorded) * 1e3).round();
        let is_allowed = ms >= 0.0 && ms <= MAX_DELAY_MS as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, and between 0 and the limit"
        )]
        is_allowed.then_some(ms as u64)
    }
}

impl FromStr for TimeScale {
    type Err = InvalidTimeScale;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scale: f64 = text.trim().parse().map_err(|_| InvalidTimeScale(text.to_owned()))?;
        Self::new(scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_above_zero_are_time_scales() {
        for good in ["1", "0.5", "1e3", " 60 "] {
            assert!(good.parse::<TimeScale>().is_ok(), "{good}");
        }
        for bad in ["0", "-0", "-1", "NaN", "inf", "", "fast", "1e999"] {
            assert!(bad.parse::<TimeScale>().is_err(), "{bad}");
        }
    }

    #[test]
    fn replayed_times_are_whole_milliseconds_within_the_limit() {
        let scale = |scale| TimeScale::new(scale).unwrap();
        let cases = [
            (100.0, 1.0, Some(10)),
            (100.0, 0.04, Some(0)),
            (3.0, 1.0, Some(333)),
            (0.001, 1e9, None),
            (f64::MIN_POSITIVE, f64::MAX, None),
            (f64::MAX, 1.0, Some(0)),
        ];
        for (by, recorded, ms) in cases {
            assert_eq!(scale(by).replayed_ms(recorded), ms, "{recorded} s by {by}");
        }
    }
}
