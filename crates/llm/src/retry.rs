//! Whether to ask again, and when. Pure.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::Outcome;

/// How often one question is asked at most.
const MAX_TRIES: u32 = 4;
/// The pause before the second try, unless the endpoint says otherwise; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// An endpoint that wants a longer pause is not asked again: the goal is told instead.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long to wait before the next try, after so many; `None` if there is none. `chance`, 0 to 1, spreads those
/// who were refused together.
pub(crate) fn pause(outcome: &Outcome, tries: u32, chance: f64) -> Option<Duration> {
    let (Outcome::RateLimited { retry_after } | Outcome::Unavailable { retry_after, .. }) = outcome else {
        return None;
    };
    if tries >= MAX_TRIES {
        return None;
    }
    let own = FIRST_PAUSE.mul_f64(2_f64.powi(i32::try_from(tries.saturating_sub(1)).unwrap_or(0)));
    let wanted = retry_after.unwrap_or(own);
    (wanted <= LONGEST_PAUSE).then(|| wanted + own.mul_f64(chance.clamp(0.0, 1.0) / 4.0))
}

/// What the headers `retry-after-ms` and `retry-after` say: milliseconds; seconds, or a time.
pub(crate) fn retry_after(millis: Option<&str>, after: Option<&str>, now: Timestamp) -> Option<Duration> {
    let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<f64>().ok());
    let of_seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
    if let Some(pause) = number(millis).and_then(|millis| of_seconds(millis / 1_000.0)) {
        return Some(pause);
    }
    if let Some(pause) = number(after).and_then(of_seconds) {
        return Some(pause);
    }
    let at = DateTimeParser::new().parse_timestamp(after?.trim()).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(retry_after: Option<u64>) -> Outcome {
        Outcome::RateLimited { retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn pauses_grow_unless_the_endpoint_says_how_long() {
        let millis = |outcome: &Outcome, tries| pause(outcome, tries, 0.0).map(|pause| pause.as_millis());
        let own: Vec<_> = (1..=4).map(|tries| millis(&limited(None), tries)).collect();
        assert_eq!(own, [Some(500), Some(1_000), Some(2_000), None]);
        assert_eq!(millis(&limited(Some(7)), 1), Some(7_000));
        assert_eq!(millis(&limited(Some(60)), 3), Some(60_000));
        assert_eq!(millis(&limited(Some(61)), 1), None);
    }

    #[test]
    fn chance_makes_a_pause_longer_and_never_shorter() {
        for chance in [0.0, 0.5, 1.0, 7.0] {
            let pause = pause(&limited(Some(2)), 1, chance).unwrap();
            assert!((2_000..=2_125).contains(&pause.as_millis()), "{pause:?}");
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let may_pass = Outcome::Unavailable { why: String::new(), retry_after: None };
        assert!(pause(&may_pass, 1, 0.0).is_some());
        let never = [
            Outcome::Answer { text: String::new(), usage: Default::default() },
            Outcome::Refused { reason: String::new(), usage: Default::default() },
            Outcome::Truncated { usage: Default::default() },
            Outcome::Malformed { why: String::new() },
            // It may have been paid for.
            Outcome::TimedOut,
            Outcome::Unauthorized,
            Outcome::Rejected { status: 400, why: String::new() },
        ];
        for outcome in never {
            assert_eq!(pause(&outcome, 1, 0.0), None, "{outcome:?}");
        }
    }

    #[test]
    fn the_headers_are_read_in_each_of_their_forms() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let read = |millis, after| retry_after(millis, after, now);
        assert_eq!(read(Some("250"), Some("9")), Some(Duration::from_millis(250)));
        assert_eq!(read(Some("soon"), Some("9")), Some(Duration::from_secs(9)));
        assert_eq!(read(None, Some("Sat, 31 Jan 2026 12:00:30 GMT")), Some(Duration::from_secs(30)));
        assert_eq!(read(None, Some("Sat, 31 Jan 2026 11:59:30 GMT")), Some(Duration::ZERO));
        for nothing in [None, Some(""), Some("-1"), Some("NaN"), Some("1e300"), Some("tomorrow")] {
            assert_eq!(read(None, nothing), None, "{nothing:?}");
        }
    }
}
