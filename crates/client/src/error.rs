//! What can go wrong with a call.

use goalpost_proto::Violation;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// An error of a call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint is no address.
    #[error("'{0}' is not the address of a decision group; for example http://127.0.0.1:50051")]
    Endpoint(String),
    /// Nobody answers there.
    #[error("cannot reach Goalpost at {endpoint} ({}); is it running? `goalpost dev` starts it", source.message())]
    Unreachable {
        /// The address.
        endpoint: String,
        /// What the transport says.
        source: Box<Status>,
    },
    /// Where a payload's bytes come from, or where they go, fails.
    #[error("the payload's bytes cannot be moved: {0}")]
    Bytes(std::io::Error),
    /// What came is not what was stored.
    #[error("the payload that came is not the one that was stored")]
    Damaged,
    /// The service refused the call.
    #[error("{}", .0.message())]
    Refused(Box<Status>),
}

impl Error {
    pub(crate) fn of(endpoint: &str, status: Status) -> Self {
        // The service gives its reason; the transport has none.
        let is_transport = status.code() == Code::Unavailable && status.get_details_error_info().is_none();
        if is_transport {
            return Self::Unreachable { endpoint: endpoint.to_owned(), source: Box::new(status) };
        }
        Self::Refused(Box::new(status))
    }

    /// The gRPC code of a refusal.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(status) => Some(status.code()),
            Self::Unreachable { .. } => Some(Code::Unavailable),
            Self::Endpoint(_) | Self::Bytes(_) | Self::Damaged => None,
        }
    }

    /// The stable word for the refusal, for example `REQUEST_ID_REUSED`.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Refused(status) => status.get_details_error_info().map(|info| info.reason),
            Self::Unreachable { .. } | Self::Endpoint(_) | Self::Bytes(_) | Self::Damaged => None,
        }
    }

    /// Every field of the request that was wrong.
    pub fn violations(&self) -> Vec<Violation> {
        let Self::Refused(status) = self else { return Vec::new() };
        let fields =
            status.get_details_bad_request().map(|request| request.field_violations).unwrap_or_default();
        fields
            .into_iter()
            .map(|violation| Violation { field: violation.field, description: violation.description })
            .collect()
    }
}
