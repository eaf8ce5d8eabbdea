//! Timestamps.

use jiff::Timestamp;

/// A point in time as a message.
pub fn timestamp(at: Timestamp) -> pbjson_types::Timestamp {
    pbjson_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// Now, by this machine's clock.
pub fn now() -> pbjson_types::Timestamp {
    timestamp(Timestamp::now())
}
