//! Where the database is, and how it is reached.

use std::path::PathBuf;

/// Where the database is, and how it is reached.
#[derive(Clone)]
pub struct Settings {
    /// `postgres://user:password@host:port/database`, for the pool. Of several hosts, separated by
    /// commas, the one that takes writes is used.
    pub url: String,
    /// The same database past the pooler, for what needs a session of its own: LISTEN, session locks
    /// and migrations. `None` without a pooler.
    pub direct_url: Option<String>,
    /// What stands between the pool and the database.
    pub pooler: Pooler,
    /// Whose certificates are believed of the database, as PEM. With it every connection is secured; without it those are
    /// whose URL says `sslmode=require`, and the system's authorities are believed.
    pub authorities: Option<PathBuf>,
    /// Pooled connections at most.
    pub connections: usize,
}

/// What stands between the pool and the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing: a connection is a session, which keeps its prepared statements and settings.
    #[default]
    None,
    /// PgBouncer in transaction mode, or what behaves like it: each transaction may be in another
    /// session, so that no statement is prepared and nothing is set.
    Transaction,
}

impl Settings {
    /// A database without a pooler before it.
    pub fn direct(url: impl Into<String>, connections: usize) -> Self {
        Self { url: url.into(), direct_url: None, pooler: Pooler::None, authorities: None, connections }
    }
}
