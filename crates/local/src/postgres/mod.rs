//! A private PostgreSQL.

mod server;
mod standby;

use std::path::Path;
use std::time::Duration;

use server::Server;
pub use standby::FOLLOWED;

use crate::leash::Leash;
use crate::{Error, port};

/// How often a start is tried: the free port may be taken by somebody else meanwhile.
const ATTEMPTS: u32 = 3;
/// How long a start may take; after a crash it replays its log.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks whether it is ready, or its predecessor gone. There is no event to wait
/// for in a server that does not listen yet.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether a commit survives the failure of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As PostgreSQL comes: fsync and `synchronous_commit` on.
    Full,
    /// Survives a crash of PostgreSQL, not of the machine. For tests.
    Relaxed,
}

/// A running private PostgreSQL.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    port: u16,
    leash: Leash,
}

impl Postgres {
    /// Starts a PostgreSQL on the data in the folder; makes them if there are none. If the
    /// last process that used the folder was killed, its PostgreSQL is waited for.
    pub async fn start(folder: &Path, durability: Durability) -> Result<Self, Error> {
        Self::start_with(folder, durability, &[]).await
    }

    /// Starts it with further settings, each `name=value`.
    pub async fn start_with(folder: &Path, durability: Durability, settings: &[&str]) -> Result<Self, Error> {
        Self::run(Server::prepare(folder, durability, settings).await?).await
    }

    async fn run(server: Server) -> Result<Self, Error> {
        server.wait_for_predecessor().await;
        let mut attempt = 1;
        loop {
            let port = port::free()?;
            match server.launch(port).await {
                Ok(leash) => return Ok(Self { server, port, leash }),
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_) => attempt += 1,
            }
        }
    }

    /// The port of loopback that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password of the superuser, `goalpost`.
    pub fn password(&self) -> &str {
        &self.server.password
    }

    /// Where the database is, with the password of the superuser.
    pub fn url(&self, database: &str) -> String {
        self.server.url(self.port, database)
    }

    /// Makes the database if it is not there.
    pub async fn create_database(&self, name: &str) -> Result<(), Error> {
        let client = self.server.connect(self.port).await.map_err(refused)?;
        let exists = "SELECT FROM pg_database WHERE datname = $1";
        if client.query_opt(exists, &[&name]).await.map_err(refused)?.is_none() {
            let name = name.replace('"', "\"\"");
            client.batch_execute(&format!("CREATE DATABASE \"{name}\"")).await.map_err(refused)?;
        }
        Ok(())
    }

    /// Stops it, ending its sessions, and waits for its end.
    pub async fn stop(mut self) {
        self.leash.stop().await;
    }

    /// Kills it as a failure of the machine would.
    pub async fn kill(&mut self) {
        self.leash.kill().await;
    }

    /// Stops it like `pg_ctl stop -m immediate`, and waits for its end: nothing is put in order, and
    /// the next start recovers from the log.
    pub async fn stop_immediately(&mut self) {
        if let Some(process) = self.server.process() {
            self.leash.signal("QUIT", process).await;
        }
        self.leash.stop().await;
    }

    /// Starts it again at the same address. One that still runs is stopped before, like
    /// `pg_ctl restart -m fast`.
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.leash.stop().await;
        self.server.wait_for_predecessor().await;
        let begun = tokio::time::Instant::now();
        loop {
            match self.server.launch(self.port).await {
                Ok(leash) => self.leash = leash,
                // Sessions of a killed server end by themselves, and hold its memory until then.
                Err(Error::Failed { .. }) if begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

fn refused(error: tokio_postgres::Error) -> Error {
    let message = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    Error::Failed { program: "postgres", message }
}
