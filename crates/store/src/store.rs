//! The pool of connections, and connections outside of it.

use std::str::FromStr;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, QueueMode, RecyclingMethod, Runtime,
};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Connection, NoTls, Socket};

use crate::Error;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call waits for a free connection of the pool.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);
/// After this silence of the other side a connection is given up.
const SILENCE: Duration = Duration::from_secs(15);

/// Nearly every statement finds few rows by their keys, and is planned once for each connection, perhaps
/// while the tables are still empty: then a plan that reads them whole looks as good as any. What is that
/// short is not worth compiling either.
pub(crate) const BY_KEY: &str =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";
/// For a statement that reads much, in a transaction of its own.
pub(crate) const ANY_PLAN: &str =
    "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on";

/// A connection outside the pool: for LISTEN and for session locks, which live as long as it does.
pub type Dedicated = (Client, Connection<Socket, NoTlsStream>);

/// The way to the database. Cheap to clone; connects when first used.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    config: tokio_postgres::Config,
}

impl Store {
    /// A store at `url` (`postgres://user:password@host:port/database`) with at most
    /// `connections` pooled connections. Does not connect yet.
    pub fn new(url: &str, connections: usize) -> Result<Self, Error> {
        let config = configure(url)?;
        // Fast: a connection is handed out without a query of its own.
        let manager = Manager::from_config(
            config.clone(),
            NoTls,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(connections)
            // The one used last has its caches warm; the others rest.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .post_create(Hook::async_fn(|client: &mut ClientWrapper, _| {
                Box::pin(async { client.batch_execute(BY_KEY).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| Error::Config(Box::new(error)))?;
        Ok(Self { pool, config })
    }

    /// A connection of the pool.
    pub async fn client(&self) -> Result<Object, Error> {
        Ok(self.pool.get().await?)
    }

    /// A connection outside the pool, with the connection object that must be driven.
    pub async fn dedicated(&self) -> Result<Dedicated, Error> {
        Ok(self.config.connect(NoTls).await?)
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        self.client().await?.batch_execute("").await?;
        Ok(())
    }
}

/// The settings of every connection to `url`.
pub(crate) fn configure(url: &str) -> Result<tokio_postgres::Config, Error> {
    let mut config = tokio_postgres::Config::from_str(url).map_err(|error| Error::Config(Box::new(error)))?;
    if config.get_application_name().is_none() {
        config.application_name("goalpost");
    }
    config
        .connect_timeout(CONNECT_TIMEOUT)
        .keepalives(true)
        .keepalives_idle(SILENCE)
        .keepalives_interval(SILENCE / 3)
        .keepalives_retries(3)
        .tcp_user_timeout(SILENCE);
    Ok(config)
}
