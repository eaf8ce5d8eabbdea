//! What can go wrong with the store.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

/// What the schema says of a blueprint that was not decided on.
const UNDECIDED: &str = "GP001";

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, is about to stop, or has no schema yet. Trying again later may help.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The address or the settings of the database are wrong.
    #[error("the database settings are wrong")]
    Config(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database refused a statement.
    #[error("the database refused a statement")]
    Statement(#[source] tokio_postgres::Error),
    /// A goal's workflow would run another blueprint than was decided on.
    #[error("this is not the blueprint that was decided on for the goal")]
    Undecided,
    /// The schema could not be brought up to date.
    #[error("the schema could not be migrated")]
    Migration(#[source] Box<refinery::Error>),
    /// A stored value is not what this version can read.
    #[error("{what} is stored in a form that cannot be read: {message}")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

impl Error {
    /// Whether the store is away and the same call may work later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// A stored value cannot be read.
    pub fn corrupt(what: &'static str, error: impl std::fmt::Display) -> Self {
        Self::Corrupt { what, message: error.to_string() }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            None => Self::Unavailable(Box::new(error)),
            Some(code) if code.code() == UNDECIDED => Self::Undecided,
            Some(code) if is_passing(code) => Self::Unavailable(Box::new(error)),
            Some(_) => Self::Statement(error),
        }
    }
}

/// The server goes down, comes up, has no room, takes no writes, broke a deadlock, or was tired of
/// waiting: later it may work. So it may if the schema is not there yet: another process brings it
/// up to date.
fn is_passing(code: &SqlState) -> bool {
    let class = &code.code()[..2];
    let single = [
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_COLUMN,
        SqlState::UNDEFINED_FUNCTION,
    ];
    matches!(class, "08" | "53" | "57" | "58") || single.contains(code)
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_is_not_there_yet_is_waited_for_and_a_breach_of_it_is_not() {
        assert!(is_passing(&SqlState::UNDEFINED_TABLE) && is_passing(&SqlState::ADMIN_SHUTDOWN));
        assert!(!is_passing(&SqlState::UNIQUE_VIOLATION) && !is_passing(&SqlState::SYNTAX_ERROR));
    }
}
