//! Why a payload did not come across.

use tonic::Status;

/// Why a payload could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Where its bytes come from, or where they go, fails.
    #[error("the payload's bytes cannot be moved")]
    Bytes(#[from] std::io::Error),
    /// The service refuses it, or cannot be reached.
    #[error("{}", .0.message())]
    Refused(#[source] Box<Status>),
    /// What came is not what was stored.
    #[error("the payload that came is not the one that was stored")]
    Damaged,
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}
