//! Whole numbers that are not negative.

use crate::Violations;

/// The number that a message says.
pub(crate) fn read(number: i64, field: &str, violations: &mut Violations) -> u64 {
    u64::try_from(number).unwrap_or_else(|_| {
        violations.add(field, "must not be negative");
        0
    })
}

/// The number for a message; the largest one that it can carry for all beyond.
pub fn message_of(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
