//! Why a worker stops.

use tonic::Status;

/// An error that trying again does not mend.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint is no address.
    #[error("'{0}' is not the address of a graph engine; for example http://127.0.0.1:50053")]
    Endpoint(String),
    /// A worker without capabilities has nothing to do.
    #[error("the worker offers no capability; add one with Builder::capability")]
    NoCapability,
    /// A capability is to see secrets, and there are none.
    #[error("{0} is to see secrets, and the worker has no source of any; add one with Builder::secrets")]
    NoSecrets(String),
    /// The engine does not take this worker.
    #[error("the engine refuses the worker: {}", .0.message())]
    Refused(#[source] Box<Status>),
}
