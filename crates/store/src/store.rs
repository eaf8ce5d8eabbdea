//! The way to the database.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;

use crate::Error;
use crate::connection::{Connection, Fitness, Manner, Queries as _, pool};
use crate::connector::{Connector, Dedicated};
use crate::settings::{Pooler, Settings};

/// Nearly every statement finds few rows by their keys, and is planned once for each connection, perhaps
/// while the tables are still empty: then a plan that reads them whole looks as good as any. What is that
/// short is not worth compiling either.
pub(crate) const BY_KEY: &str =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";
/// For a statement that reads much, in a transaction of its own.
pub(crate) const ANY_PLAN: &str =
    "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on";

/// The way to the database. Cheap to clone; connects when first used.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    manner: Arc<Manner>,
    direct: Arc<Connector>,
}

impl Store {
    /// A store at `url` (`postgres://user:password@host:port/database`) with at most
    /// `connections` pooled connections. Does not connect yet.
    pub fn new(url: &str, connections: usize) -> Result<Self, Error> {
        Self::open(&Settings::direct(url, connections))
    }

    /// A store with these settings. Does not connect yet.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let Settings { url, direct_url, pooler, authorities, connections } = settings;
        let authorities = authorities.as_ref();
        let pooled = Arc::new(Connector::new(url, authorities)?);
        let direct_url = match (direct_url, pooler) {
            (Some(direct), _) => direct,
            (None, Pooler::None) => url,
            // It would listen in a session that is somebody else's the next moment.
            (None, Pooler::Transaction) => {
                return Err(Error::Config("behind a pooler the database's own URL is needed as well".into()));
            }
        };
        let direct = Arc::new(Connector::new(direct_url, authorities)?.for_sessions());
        let fitness = Fitness::default();
        let pool = pool(pooled, *pooler, *connections, fitness.clone())?;
        Ok(Self { pool, manner: Arc::new(Manner { pooler: *pooler, fitness }), direct })
    }

    /// A connection of the pool.
    pub(crate) async fn client(&self) -> Result<Connection, Error> {
        Ok(Connection { object: self.pool.get().await?, manner: Arc::clone(&self.manner) })
    }

    /// A session of its own, for LISTEN and for session locks, which live as long as it does, with
    /// the connection object that must be driven.
    pub async fn dedicated(&self) -> Result<Dedicated, Error> {
        self.direct.connect().await
    }

    /// How long it may take until everybody has noticed that the database was away, and is back.
    pub fn noticed_within(&self) -> Duration {
        self.direct.silence() + self.direct.patience()
    }

    /// What a session sets so that the server's patience with it is that of this side.
    pub(crate) fn patience_of_server(&self) -> String {
        self.direct.patience_of_server()
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        self.client().await?.batch("").await
    }
}
