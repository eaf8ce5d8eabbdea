//! Errors as gRPC statuses with `google.rpc` details.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use goalpost_proto::Violations;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

use crate::describe;

/// The domain of every `ErrorInfo`.
pub const DOMAIN: &str = "goalpost";

/// A status travels in headers, of which many clients take 8 KiB: its message, and what its details say of fields, may
/// have so many bytes. Characters that are not ASCII take three times their place, details a third more.
const MAX_MESSAGE_BYTES: usize = 1_024;
const MAX_FIELDS_BYTES: usize = 2_048;
const MAX_FIELD_BYTES: usize = 512;

/// INVALID_ARGUMENT that names every wrong field, as far as there is room.
pub fn invalid_argument(violations: Violations) -> Status {
    let message = short(violations.to_string(), MAX_MESSAGE_BYTES);
    let (all, mut room) = (violations.iter().count(), MAX_FIELDS_BYTES);
    let mut fields: Vec<FieldViolation> = violations
        .into_iter()
        .map(|violation| {
            let field = short(violation.field, MAX_FIELD_BYTES);
            FieldViolation::new(field, short(violation.description, MAX_FIELD_BYTES))
        })
        .take_while(|violation| {
            let bytes = violation.field.len() + violation.description.len();
            let fits = bytes <= room;
            room = room.saturating_sub(bytes);
            fits
        })
        .collect();
    if fields.len() < all {
        fields.push(FieldViolation::new("", format!("{} more are wrong", all - fields.len())));
    }
    let mut details = ErrorDetails::with_bad_request(fields);
    details.set_error_info("INVALID_ARGUMENT", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// A status with a stable word for programs and a sentence for people.
pub fn with_reason(code: Code, reason: &'static str, message: impl Into<String>) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details(code, short(message.into(), MAX_MESSAGE_BYTES), details)
}

/// The text, or its beginning if it is longer.
fn short(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push_str("...");
    }
    text
}

/// UNAVAILABLE: `what` is away, and the same call may work later.
pub fn unavailable(what: &str, cause: &dyn Error) -> Status {
    tracing::debug!(what, cause = describe(cause), "call refused");
    with_reason(Code::Unavailable, "UNAVAILABLE", format!("{what} cannot be reached now; try again"))
}

/// RESOURCE_EXHAUSTED: nothing was done, and the same call may work after `pause`.
pub fn exhausted(reason: &'static str, message: impl Into<String>, pause: Duration) -> Status {
    metrics::counter!("goalpost_refused_total", "reason" => reason).increment(1);
    let mut details = ErrorDetails::with_retry_info(Some(pause));
    details.set_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details(Code::ResourceExhausted, short(message.into(), MAX_MESSAGE_BYTES), details)
}

/// The status of a call that the store could not serve.
pub fn store(error: &goalpost_store::Error) -> Status {
    if error.is_unavailable() {
        return unavailable("the store", error);
    }
    tracing::error!(error = describe(error), "the store refused a call");
    with_reason(Code::Internal, "INTERNAL", "the store refused the call; the service's log says why")
}

/// NOT_FOUND.
pub fn not_found(what: &str, id: &str) -> Status {
    with_reason(Code::NotFound, "NOT_FOUND", format!("there is no {what} with the id {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_in_the_details() {
        let mut violations = Violations::default();
        violations.add("goal", "must not be empty");
        violations.add("input", "is too deep");
        let status = invalid_argument(violations);
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), "goal must not be empty; input is too deep");
        let details = status.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations.len(), 2);
        assert_eq!(details.error_info().unwrap().reason, "INVALID_ARGUMENT");
    }

    #[test]
    fn a_status_fits_into_headers_however_much_is_wrong() {
        let mut violations = Violations::default();
        for place in 0..10_000 {
            violations.add(format!("tasks[{place}].{}", "ä".repeat(300)), "is wrong ".repeat(100));
        }
        for status in [
            invalid_argument(violations),
            not_found("goal", &"💥".repeat(10_000)),
            exhausted("TOO_MUCH", "💥".repeat(10_000), Duration::ZERO),
        ] {
            let headers = status.clone().into_http::<()>().into_parts().0.headers;
            let bytes: usize =
                headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
            assert!(bytes < 8 << 10, "{bytes} bytes: {}", status.message());
        }
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let mut violations = Violations::default();
        (0..1_000).for_each(|place| violations.add(format!("items[{place}]"), "must be a number"));
        let fields = invalid_argument(violations).get_details_bad_request().unwrap().field_violations;
        let named = fields.len() - 1;
        assert!(named > 20);
        assert_eq!(fields[named].description, format!("{} more are wrong", 1_000 - named));
    }
}
