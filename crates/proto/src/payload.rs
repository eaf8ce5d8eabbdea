//! References to stored payloads.

use goalpost_model::PayloadReference;

use crate::{Violations, v1};

/// The reference as a message.
pub fn payload_from_model(reference: &PayloadReference) -> v1::PayloadReference {
    let PayloadReference { id, bytes, sha256, content_type } = reference;
    v1::PayloadReference {
        id: id.to_string(),
        bytes: i64::try_from(*bytes).unwrap_or(i64::MAX),
        sha256: sha256.to_string(),
        content_type: content_type.clone(),
    }
}

/// The reference that a message says.
pub fn read_payload(message: v1::PayloadReference) -> Result<PayloadReference, Violations> {
    let v1::PayloadReference { id, bytes, sha256, content_type } = message;
    let mut violations = Violations::default();
    let (id, bytes, sha256) = (id.parse().ok(), u64::try_from(bytes).ok(), sha256.parse().ok());
    for (field, is_read, must) in [
        ("id", id.is_some(), "must be a UUID"),
        ("bytes", bytes.is_some(), "must not be negative"),
        ("sha256", sha256.is_some(), "must be 64 hexadecimal digits"),
    ] {
        if !is_read {
            violations.add(field, must);
        }
    }
    match (id, bytes, sha256) {
        (Some(id), Some(bytes), Some(sha256)) => Ok(PayloadReference { id, bytes, sha256, content_type }),
        _ => Err(violations),
    }
}
