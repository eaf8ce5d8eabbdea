//! How big a payload is.

use std::fmt::{self, Write as _};

use goalpost_model::Failure;
use goalpost_model::limits::{MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH};
use serde_json::{Map, Value};

/// Refuses a payload that is larger or deeper than the limits.
pub(crate) fn check_fields(fields: &Map<String, Value>) -> Result<(), String> {
    check(MAX_PAYLOAD_DEPTH, |size| size.object(fields, 1))
}

/// The same for any value.
pub(crate) fn check_value(value: &Value) -> Result<(), String> {
    check(MAX_PAYLOAD_DEPTH, |size| size.value(value, 0))
}

/// Refuses the outputs of several tasks that are larger together than one payload may be; their names
/// are one level more.
pub(crate) fn check_outputs(outputs: &Map<String, Value>) -> Result<(), String> {
    check(MAX_PAYLOAD_DEPTH + 1, |size| size.object(outputs, 1))
}

/// What is too large is counted again, to its end: only for what is said of it.
fn check(max_depth: usize, count: impl Fn(&mut Size) -> bool) -> Result<(), String> {
    let mut size = Size { bytes: 0, max_bytes: MAX_PAYLOAD_BYTES, max_depth, too_deep: false };
    if count(&mut size) {
        return Ok(());
    }
    let mut whole = Size { bytes: 0, max_bytes: usize::MAX, max_depth, too_deep: false };
    count(&mut whole);
    Err(whole.fault())
}

/// The failure of a payload that is refused. `what` says which.
pub(crate) fn too_large(what: &str, fault: &str) -> Failure {
    Failure::new(
        Failure::PAYLOAD_TOO_LARGE,
        format!("{what} {fault}; store what is large as a payload, and pass its reference"),
    )
}

/// Bytes as compact JSON, counted without writing it; the count stops at the limit.
struct Size {
    bytes: usize,
    max_bytes: usize,
    max_depth: usize,
    too_deep: bool,
}

impl Size {
    fn fault(&self) -> String {
        if self.too_deep {
            format!("is nested deeper than {} levels", self.max_depth)
        } else {
            format!("has {} bytes as JSON, and {MAX_PAYLOAD_BYTES} are allowed", self.bytes)
        }
    }

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
        let fitting = json!("x".repeat(MAX_PAYLOAD_BYTES - 2));
        assert_eq!(check_value(&fitting), Ok(()));
        let over = json!("x".repeat(MAX_PAYLOAD_BYTES - 1));
        assert!(
            check_value(&over).unwrap_err().starts_with("has 1048577 bytes as JSON, and 1048576 are allowed")
        );
        let much = json!(["x".repeat(MAX_PAYLOAD_BYTES), "x".repeat(MAX_PAYLOAD_BYTES)]);
        assert!(check_value(&much).unwrap_err().starts_with("has 2097159 bytes"));
        let mut size = Size { bytes: 0, max_bytes: 1_000, max_depth: 5, too_deep: false };
        let mixed = json!({"a": [1, 2.5, null, true, false], "b": {"c": "say \"hi\""}, "d": [], "e": {}});
        assert!(size.value(&mixed, 0));
        assert_eq!(size.bytes, mixed.to_string().len());
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(check_value(&nested(MAX_PAYLOAD_DEPTH)), Ok(()));
        assert!(check_value(&nested(MAX_PAYLOAD_DEPTH + 1)).unwrap_err().contains("deeper"));
    }
}
