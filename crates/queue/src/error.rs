//! What can go wrong with the queue.

use uuid::Uuid;

/// An error of the queue.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of Redis is wrong.
    #[error("the Redis settings are wrong")]
    Config(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Redis cannot be reached. Trying again later may help.
    #[error("Redis cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Redis refused a command.
    #[error("Redis refused a command")]
    Command(#[source] redis::RedisError),
    /// The taker is believed to be dead; it takes nothing until it is admitted again.
    #[error("taker {0} is retired")]
    Retired(Uuid),
}

impl Error {
    /// Whether Redis is away and the same call may work later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<redis::RedisError> for Error {
    fn from(error: redis::RedisError) -> Self {
        let is_away = error.is_io_error()
            || error.is_timeout()
            || error.is_connection_dropped()
            || error.is_connection_refusal()
            || error.is_unrecoverable_error()
            // A Redis that starts, stops or changes its role says so.
            || matches!(error.code(), Some("LOADING" | "BUSY" | "MASTERDOWN" | "READONLY" | "UNBLOCKED"));
        if is_away { Self::Unavailable(Box::new(error)) } else { Self::Command(error) }
    }
}

impl From<deadpool_redis::PoolError> for Error {
    fn from(error: deadpool_redis::PoolError) -> Self {
        match error {
            deadpool_redis::PoolError::Backend(error) => error.into(),
            other => Self::Unavailable(Box::new(other)),
        }
    }
}
