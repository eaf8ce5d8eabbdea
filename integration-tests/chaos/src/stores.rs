//! PostgreSQL and Redis of a run, and what can be done to them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use goalpost_local::{Durability, Postgres, Redis};
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, NoTls};

use crate::Error;

const DATABASE: &str = "goalpost";
/// A silent connection is given up after 3 s: so long have workers to come back after an outage, too.
const IMPATIENT: &str = "?keepalives_idle=1&keepalives_interval=1&tcp_user_timeout=2";
/// A port may be somebody else's for a moment when a store comes back to it.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);

/// The stores of a run.
#[derive(Debug)]
pub(crate) struct Stores {
    postgres: Postgres,
    redis: Redis,
}

impl Stores {
    /// Starts both in the folder, with an empty database. Commits survive everything that is done here.
    pub(crate) async fn start(folder: &Path) -> Result<Self, Error> {
        let postgres = Postgres::start(&folder.join("postgres"), Durability::Full).await?;
        postgres.create_database(DATABASE).await?;
        let redis = Redis::start(&folder.join("redis")).await?;
        Ok(Self { postgres, redis })
    }

    /// Where they listen: PostgreSQL, Redis.
    pub(crate) fn addresses(&self) -> (SocketAddr, SocketAddr) {
        (local(self.postgres.port()), local(self.redis.port()))
    }

    /// The database's address for somebody who reaches it by this way.
    pub(crate) fn database_url(&self, way: SocketAddr) -> String {
        let url = self.postgres.url(DATABASE).replacen(&self.addresses().0.to_string(), &way.to_string(), 1);
        url + IMPATIENT
    }

    /// Redis's address for somebody who reaches it by this way.
    pub(crate) fn redis_url(&self, way: SocketAddr) -> String {
        self.redis.url().replacen(&self.addresses().1.to_string(), &way.to_string(), 1)
    }

    /// A connection to the database that no fault touches, but for those of PostgreSQL itself.
    pub(crate) async fn database(&self) -> Result<Client, Error> {
        let (client, connection) = tokio_postgres::connect(&self.postgres.url(DATABASE), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// A connection to Redis that no fault touches, but for those of Redis itself.
    pub(crate) async fn redis(&self) -> Result<redis::aio::MultiplexedConnection, Error> {
        Ok(redis::Client::open(self.redis.url())?.get_multiplexed_async_connection().await?)
    }

    /// Stops PostgreSQL at once, without a checkpoint.
    pub(crate) async fn crash_postgres(&mut self) {
        self.postgres.stop_immediately().await;
    }

    /// Kills PostgreSQL.
    pub(crate) async fn kill_postgres(&mut self) {
        self.postgres.kill().await;
    }

    /// Starts PostgreSQL again.
    pub(crate) async fn restart_postgres(&mut self) -> Result<(), Error> {
        Ok(self.postgres.restart().await?)
    }

    /// Kills Redis; what was in it is gone.
    pub(crate) async fn kill_redis(&mut self) {
        self.redis.kill().await;
    }

    /// Starts Redis again, empty.
    pub(crate) async fn restart_redis(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        loop {
            match self.redis.restart().await {
                Ok(()) => return Ok(()),
                Err(error) if begun.elapsed() > PATIENCE => return Err(error.into()),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    /// Has Redis forget everything.
    pub(crate) async fn flush_redis(&self) -> Result<(), Error> {
        Ok(redis::cmd("FLUSHALL").exec_async(&mut self.redis().await?).await?)
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
