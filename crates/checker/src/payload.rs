//! What is said of payloads that are too large.

use goalpost_model::{Failure, Oversize};

/// The failure of a payload that is refused. `what` says which.
pub(crate) fn too_large(what: &str, fault: &Oversize) -> Failure {
    let message = format!("{what} {fault}; store what is large as a payload, and pass its reference");
    Failure::new(Failure::PAYLOAD_TOO_LARGE, message)
}
