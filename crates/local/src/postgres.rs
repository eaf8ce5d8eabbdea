//! A private PostgreSQL.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

use crate::leash::Leash;
use crate::owner::Owner;
use crate::redis::last_lines;
use crate::{Error, binaries, port, secret};

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

/// What a start needs to know.
#[derive(Debug)]
struct Server {
    programs: PathBuf,
    owner: Option<Owner>,
    folder: PathBuf,
    password: String,
    durability: Durability,
}

impl Postgres {
    /// Starts a PostgreSQL on the data in the folder; makes them if there are none. If the
    /// last process that used the folder was killed, its PostgreSQL is waited for.
    pub async fn start(folder: &Path, durability: Durability) -> Result<Self, Error> {
        let server = Server::prepare(folder, durability).await?;
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

    /// Where the database is, with the password of the superuser.
    pub fn url(&self, database: &str) -> String {
        self.server.url(self.port, database)
    }

    /// Makes the database if it is not there.
    pub async fn create_database(&self, name: &str) -> Result<(), Error> {
        let failed =
            |error: tokio_postgres::Error| Error::Failed { program: "postgres", message: error.to_string() };
        let client = self.server.connect(self.port).await.map_err(failed)?;
        let exists = "SELECT FROM pg_database WHERE datname = $1";
        if client.query_opt(exists, &[&name]).await.map_err(failed)?.is_none() {
            let name = name.replace('"', "\"\"");
            client.batch_execute(&format!("CREATE DATABASE \"{name}\"")).await.map_err(failed)?;
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

    /// Starts it again at the same address.
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

impl Server {
    async fn prepare(folder: &Path, durability: Durability) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::file("cannot create", folder))?;
        let folder = folder.canonicalize().map_err(Error::file("cannot open", folder))?;
        let owner = Owner::needed()?;
        if let Some(owner) = &owner {
            owner.take(&folder)?;
            owner.check_reach(&folder)?;
        }
        let programs = binaries::postgres_folder()?;
        let password_file = folder.join("password");
        let password = secret::keep(&password_file)?;
        if let Some(owner) = &owner {
            owner.take(&password_file)?;
        }
        let server = Self { programs, owner, folder, password, durability };
        if !server.data().exists() {
            server.init().await?;
        }
        Ok(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn url(&self, port: u16, database: &str) -> String {
        format!("postgres://goalpost:{}@127.0.0.1:{port}/{database}", self.password)
    }

    /// Makes the data in a folder of its own, so that an interruption leaves none by halves.
    async fn init(&self) -> Result<(), Error> {
        let unfinished = self.folder.join("data.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(Error::file("cannot remove", &unfinished))?;
        }
        let mut line: Vec<OsString> = vec![self.programs.join("initdb").into()];
        line.extend(
            ["-U", "goalpost", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"].map(Into::into),
        );
        line.extend(["--pwfile".into(), self.folder.join("password").into()]);
        line.extend(["-D".into(), unfinished.clone().into()]);
        if self.durability == Durability::Relaxed {
            line.push("--no-sync".into());
        }
        let line = self.as_owner(&line);
        let output = Command::new(&line[0])
            .args(&line[1..])
            .current_dir(&self.folder)
            .output()
            .await
            .map_err(|source| Error::Spawn { program: "initdb".to_owned(), source })?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " | ");
            return Err(Error::Failed { program: "initdb", message });
        }
        let data = self.data();
        fs::rename(&unfinished, &data).map_err(Error::file("cannot create", &data))
    }

    fn as_owner(&self, line: &[OsString]) -> Vec<OsString> {
        self.owner.as_ref().map_or_else(|| line.to_vec(), |owner| owner.wrap(line))
    }

    async fn launch(&self, port: u16) -> Result<Leash, Error> {
        let mut line: Vec<OsString> =
            vec![self.programs.join("postgres").into(), "-D".into(), self.data().into()];
        for setting in self.settings(port) {
            line.extend(["-c".into(), setting.into()]);
        }
        let log = self.log();
        // SIGINT: sessions are ended, data are safe.
        let mut leash = Leash::start(&self.as_owner(&line), "INT", &self.folder, &log)?;
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < PATIENCE {
            if leash.has_ended() {
                return Err(Error::Failed { program: "postgres", message: last_lines(&log) });
            }
            if self.connect(port).await.is_ok() {
                return Ok(leash);
            }
            tokio::time::sleep(PAUSE).await;
        }
        leash.kill().await;
        Err(Error::NotReady { program: "postgres", log })
    }

    fn settings(&self, port: u16) -> Vec<String> {
        let mut settings: Vec<String> = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=128MB",
            "jit=off",
            // A bench or a burst must not wait for a checkpoint.
            "max_wal_size=2GB",
            "logging_collector=off",
            "wal_level=minimal",
            "max_wal_senders=0",
        ]
        .map(str::to_owned)
        .into();
        settings.push(format!("port={port}"));
        if self.programs.join("../lib/pg_stat_statements.so").exists() {
            settings.push("shared_preload_libraries=pg_stat_statements".to_owned());
        }
        if self.durability == Durability::Relaxed {
            settings.extend(["fsync=off", "full_page_writes=off"].map(str::to_owned));
        }
        settings
    }

    async fn connect(&self, port: u16) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url(port, "postgres"), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// A server whose parent was killed is being stopped by its leash at this moment.
    async fn wait_for_predecessor(&self) {
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < PATIENCE && self.predecessor_lives() {
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn predecessor_lives(&self) -> bool {
        let Ok(text) = fs::read_to_string(self.data().join("postmaster.pid")) else { return false };
        let Some(pid) = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok()) else {
            return false;
        };
        // The number may belong to another program by now.
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains("postgres"))
    }
}
