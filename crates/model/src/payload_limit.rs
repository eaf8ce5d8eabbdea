//! How large a payload may be.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::limits::{DEFAULT_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH, MIN_PAYLOAD_BYTES};

/// How many bytes a payload may have as compact JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadLimit(usize);

/// Why a payload is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Oversize {
    /// Too many levels.
    #[error("is nested deeper than {0} levels")]
    TooDeep(usize),
    /// Too many bytes.
    #[error("has {bytes} bytes as JSON, and {allowed} are allowed")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        allowed: usize,
    },
}

/// A number that is no limit.
#[derive(Debug, thiserror::Error)]
#[error("must be {MIN_PAYLOAD_BYTES} to {MAX_PAYLOAD_BYTES} bytes")]
pub struct InvalidPayloadLimit;

impl PayloadLimit {
    /// The largest there is: what larger payloads are refused with in any case.
    pub const MAX: Self = Self(MAX_PAYLOAD_BYTES);

    /// Refuses an object that is larger or deeper than a payload may be.
    pub fn check_fields(self, fields: &Map<String, Value>) -> Result<(), Oversize> {
        self.check_by(MAX_PAYLOAD_DEPTH, |size| size.object(fields, 1))
    }

    /// The same for any value.
    pub fn check(self, value: &Value) -> Result<(), Oversize> {
        self.check_by(MAX_PAYLOAD_DEPTH, |size| size.value(value, 0))
    }

    /// Refuses the outputs of several tasks that are larger together than one payload may be; their names
    /// are one level more.
    pub fn check_outputs(self, outputs: &Map<String, Value>) -> Result<(), Oversize> {
        self.check_by(MAX_PAYLOAD_DEPTH + 1, |size| size.object(outputs, 1))
    }

    /// What is too large is counted again, to its end: only for what is said of it.
    fn check_by(self, max_depth: usize, count: impl Fn(&mut Size) -> bool) -> Result<(), Oversize> {
        let mut size = Size { bytes: 0, max_bytes: self.0, max_depth, too_deep: false };
        if count(&mut size) {
            return Ok(());
        }
        let mut whole = Size { bytes: 0, max_bytes: usize::MAX, max_depth, too_deep: false };
        count(&mut whole);
        Err(if whole.too_deep {
            Oversize::TooDeep(max_depth)
        } else {
            Oversize::TooLarge { bytes: whole.bytes, allowed: self.0 }
        })
    }
}

impl Default for PayloadLimit {
    fn default() -> Self {
        Self(DEFAULT_PAYLOAD_BYTES)
    }
}

impl fmt::Display for PayloadLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PayloadLimit {
    type Err = InvalidPayloadLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.parse().ok().filter(|bytes| (MIN_PAYLOAD_BYTES..=MAX_PAYLOAD_BYTES).contains(bytes));
        bytes.map(Self).ok_or(InvalidPayloadLimit)
    }
}

/// Bytes as compact JSON, counted without writing it; the count stops at the limit.
struct Size {
    bytes: usize,
    max_bytes: usize,
    max_depth: usize,
    too_deep: bool,
}

impl Size {
    fn add(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        self.bytes <= self.max_bytes
    }

    fn value(&mut self, value: &Value, depth: usize) -> bool {
        match value {
            Value::Null | Value::Bool(true) => self.add(4),
            Value::Bool(false) => self.add(5),
            Value::Number(number) => write!(self, "{number}").is_ok(),
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                self.enter(depth + 1)
                    && self.add(2 + items.len().saturating_sub(1))
                    && items.iter().all(|item| self.value(item, depth + 1))
            }
            Value::Object(fields) => self.object(fields, depth + 1),
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, depth: usize) -> bool {
        self.enter(depth)
            && self.add(2 + fields.len().saturating_sub(1))
            && fields.iter().all(|(name, value)| self.text(name) && self.add(1) && self.value(value, depth))
    }

    fn enter(&mut self, depth: usize) -> bool {
        self.too_deep |= depth > self.max_depth;
        !self.too_deep
    }

    fn text(&mut self, text: &str) -> bool {
        let escapes = text.bytes().filter(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')).count();
        self.add(2 + text.len() + escapes)
    }
}

impl fmt::Write for Size {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.add(text.len()) { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_limit_is_counted_in_bytes_of_json() {
        let limit = PayloadLimit::default();
        assert_eq!(limit.check(&json!("x".repeat(DEFAULT_PAYLOAD_BYTES - 2))), Ok(()));
        let over = limit.check(&json!("x".repeat(DEFAULT_PAYLOAD_BYTES - 1))).unwrap_err();
        assert_eq!(over.to_string(), "has 1048577 bytes as JSON, and 1048576 are allowed");
        let much = json!(["x".repeat(DEFAULT_PAYLOAD_BYTES), "x".repeat(DEFAULT_PAYLOAD_BYTES)]);
        assert!(limit.check(&much).unwrap_err().to_string().starts_with("has 2097159 bytes"));
        let mut size = Size { bytes: 0, max_bytes: 1_000, max_depth: 5, too_deep: false };
        let mixed = json!({"a": [1, 2.5, null, true, false], "b": {"c": "say \"hi\""}, "d": [], "e": {}});
        assert!(size.value(&mixed, 0));
        assert_eq!(size.bytes, mixed.to_string().len());
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        let limit = PayloadLimit::default();
        assert_eq!(limit.check(&nested(MAX_PAYLOAD_DEPTH)), Ok(()));
        assert_eq!(limit.check(&nested(MAX_PAYLOAD_DEPTH + 1)), Err(Oversize::TooDeep(MAX_PAYLOAD_DEPTH)));
    }

    #[test]
    fn a_limit_is_a_number_within_bounds() {
        for (text, is_fine) in
            [("1024", true), ("2097152", true), ("1023", false), ("2097153", false), ("1MiB", false)]
        {
            assert_eq!(text.parse::<PayloadLimit>().is_ok(), is_fine, "{text}");
        }
        assert_eq!("1048576".parse::<PayloadLimit>().unwrap(), PayloadLimit::default());
    }
}
