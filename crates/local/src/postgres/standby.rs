//! A second server that follows the first, and takes over.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::Error;
use crate::postgres::server::Server;
use crate::postgres::{PAUSE, Postgres, refused};

/// What a server has to be started with so that others can follow it.
pub const FOLLOWED: [&str; 2] = ["wal_level=replica", "max_wal_senders=4"];

const STREAMS: &str =
    "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))";

impl Postgres {
    /// Starts a standby that follows this server, which was started with [`FOLLOWED`], in a folder of
    /// its own. From now on this server acknowledges no commit that the standby does not have.
    pub async fn start_standby(&self, folder: &Path) -> Result<Self, Error> {
        let settings: Vec<&str> = self.server.settings.iter().map(String::as_str).collect();
        let mut standby = Server::on_folder(folder, self.server.durability, &settings)?;
        // Users and their passwords are part of what is followed.
        standby.password.clone_from(&self.server.password);
        let password_file = standby.folder.join("password");
        fs::write(&password_file, &standby.password).map_err(Error::file("cannot write", &password_file))?;
        let source = format!("host=127.0.0.1 port={} user=goalpost", self.port);
        let options: Vec<OsString> =
            ["-R", "-X", "stream", "-c", "fast", "-d", &source].map(Into::into).into();
        standby.make_data("pg_basebackup", &options).await?;
        let standby = Self::run(standby).await?;
        self.wait_for_standbys().await?;
        Ok(standby)
    }

    /// Makes commits wait for a standby, and waits until one is there.
    async fn wait_for_standbys(&self) -> Result<(), Error> {
        let client = self.server.connect(self.port).await.map_err(refused)?;
        let wait = "ALTER SYSTEM SET synchronous_standby_names = '*'";
        client.batch_execute(wait).await.map_err(refused)?;
        client.batch_execute("SELECT pg_reload_conf()").await.map_err(refused)?;
        while !client.query_one(STREAMS, &[]).await.map_err(refused)?.get::<_, bool>(0) {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Makes a standby the primary, and waits until it is.
    pub async fn promote(&self) -> Result<(), Error> {
        let client = self.server.connect(self.port).await.map_err(refused)?;
        client.batch_execute("SELECT pg_promote()").await.map_err(refused)
    }
}
