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

/// INVALID_ARGUMENT that names every wrong field.
pub fn invalid_argument(violations: Violations) -> Status {
    let message = violations.to_string();
    let fields: Vec<FieldViolation> = violations
        .into_iter()
        .map(|violation| FieldViolation::new(violation.field, violation.description))
        .collect();
    let mut details = ErrorDetails::with_bad_request(fields);
    details.set_error_info("INVALID_ARGUMENT", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// A status with a stable word for programs and a sentence for people.
pub fn with_reason(code: Code, reason: &'static str, message: impl Into<String>) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details(code, message, details)
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
    Status::with_error_details(Code::ResourceExhausted, message, details)
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
}
