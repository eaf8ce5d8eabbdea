//! What the refusals of other services mean.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The other service is away, overloaded or on its way to its stores; or it went away without a word.
pub(crate) fn may_pass(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable
        | Code::ResourceExhausted
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Unknown
        | Code::Aborted => true,
        // A service says why. Without that it is the connection that broke.
        Code::Internal => status.get_details_error_info().is_none(),
        _ => false,
    }
}

/// What the engine makes of a plan that it does not take.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The same plan may be taken later.
    Passing,
    /// Its task has its graph, or waits for none any more, or its workflow is gone.
    Late,
    /// It will never be taken.
    Refused,
}

/// The engine's verdict on a plan.
pub(crate) fn verdict(status: &Status) -> Verdict {
    let info = status.get_details_error_info();
    match info.as_ref().map_or("", |info| info.reason.as_str()) {
        // Forgotten before the engine could read it: it is stored again.
        "BLUEPRINT_NOT_FOUND" => Verdict::Passing,
        "STALE" | "NOT_FOUND" => Verdict::Late,
        _ if may_pass(status) => Verdict::Passing,
        _ => Verdict::Refused,
    }
}

#[cfg(test)]
mod tests {
    use goalpost_service::status::with_reason;

    use super::*;

    const ALL: [Code; 16] = [
        Code::Cancelled,
        Code::Unknown,
        Code::InvalidArgument,
        Code::DeadlineExceeded,
        Code::NotFound,
        Code::AlreadyExists,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::FailedPrecondition,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
        Code::Unauthenticated,
    ];

    #[test]
    fn what_says_nothing_of_the_plan_passes_and_all_else_refuses_it() {
        let passing: Vec<Code> =
            ALL.into_iter().filter(|code| verdict(&Status::new(*code, "")) == Verdict::Passing).collect();
        let expected = [
            Code::Cancelled,
            Code::Unknown,
            Code::DeadlineExceeded,
            Code::ResourceExhausted,
            Code::Aborted,
            Code::Internal,
            Code::Unavailable,
        ];
        assert_eq!(passing, expected);
    }

    #[test]
    fn what_the_engine_says_of_the_plan_is_told_by_its_reason() {
        let said = |code, reason| verdict(&with_reason(code, reason, "why"));
        assert_eq!(said(Code::Internal, "INTERNAL"), Verdict::Refused);
        assert_eq!(said(Code::FailedPrecondition, "BLUEPRINT_INVALID"), Verdict::Refused);
        assert_eq!(said(Code::InvalidArgument, "INVALID_ARGUMENT"), Verdict::Refused);
        assert_eq!(said(Code::FailedPrecondition, "STALE"), Verdict::Late);
        assert_eq!(said(Code::NotFound, "NOT_FOUND"), Verdict::Late);
        assert_eq!(said(Code::NotFound, "BLUEPRINT_NOT_FOUND"), Verdict::Passing);
        assert_eq!(said(Code::Unavailable, "UNAVAILABLE"), Verdict::Passing);
    }
}
