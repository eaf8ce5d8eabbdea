//! What a source of secrets is.

use std::pin::Pin;

use goalpost_model::{Secret, SecretReference};

/// What a source answers, later.
pub type Found<'a> = Pin<Box<dyn Future<Output = Result<Secret, SecretError>> + Send + 'a>>;

/// Where secrets come from: the environment, a directory, or whatever else holds them.
///
/// A goal's author may write the references. So a source gives out only what its process is meant to have, and
/// answers [`SecretError::NotFound`] for everything else, whether or not it exists.
pub trait SecretSource: Send + Sync {
    /// The secret that the reference stands for.
    fn find<'a>(&'a self, reference: &'a SecretReference) -> Found<'a>;
}

/// Why there is no secret. Its texts come into the history of the goal: they never hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// This source does not have it, or does not give it out. The next source is asked.
    #[error("there is no such secret, or it is not given out")]
    NotFound,
    /// It is there and can never be used. The attempt fails for good.
    #[error("the secret {0}")]
    Invalid(String),
    /// It cannot be read now. The attempt fails, and the retry policy decides.
    #[error("the secret cannot be read now: {0}")]
    Unavailable(String),
}
