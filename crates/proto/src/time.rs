//! Timestamps.

use jiff::Timestamp;

use crate::Violations;

/// A point in time as a message.
pub fn timestamp(at: Timestamp) -> pbjson_types::Timestamp {
    pbjson_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// Reads a point in time; what is none is noted for `field`.
pub fn read_timestamp(
    at: pbjson_types::Timestamp,
    field: &str,
    violations: &mut Violations,
) -> Option<Timestamp> {
    let read = Timestamp::new(at.seconds, at.nanos).ok();
    if read.is_none() {
        violations.add(field, "must be a time between the years -9999 and 9999");
    }
    read
}

/// Now, by this machine's clock.
pub fn now() -> pbjson_types::Timestamp {
    timestamp(Timestamp::now())
}
