//! A server of PostgreSQL: its data, its settings and its start.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

use crate::leash::Leash;
use crate::owner::Owner;
use crate::postgres::{Durability, PATIENCE, PAUSE};
use crate::redis::last_lines;
use crate::{Error, binaries, secret};

/// What a start needs to know.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) programs: PathBuf,
    pub(super) owner: Option<Owner>,
    pub(super) folder: PathBuf,
    pub(super) password: String,
    pub(super) durability: Durability,
    /// Settings beside those that every private server has.
    pub(super) settings: Vec<String>,
}

impl Server {
    /// The server in the folder; makes its data if there are none.
    pub(super) async fn prepare(
        folder: &Path,
        durability: Durability,
        settings: &[&str],
    ) -> Result<Self, Error> {
        let server = Self::on_folder(folder, durability, settings)?;
        if !server.data().exists() {
            server.init().await?;
        }
        Ok(server)
    }

    /// The server in the folder, which may have no data yet.
    pub(super) fn on_folder(folder: &Path, durability: Durability, settings: &[&str]) -> Result<Self, Error> {
        let (folder, owner) = Owner::of_folder(folder)?;
        let programs = binaries::postgres_folder()?;
        let password_file = folder.join("password");
        let password = secret::keep(&password_file)?;
        if let Some(owner) = &owner {
            owner.take(&password_file)?;
        }
        let settings = settings.iter().copied().map(str::to_owned).collect();
        Ok(Self { programs, owner, folder, password, durability, settings })
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    pub(super) fn url(&self, port: u16, database: &str) -> String {
        format!("postgres://goalpost:{}@127.0.0.1:{port}/{database}", self.password)
    }

    async fn init(&self) -> Result<(), Error> {
        let mut options: Vec<OsString> =
            ["-U", "goalpost", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]
                .map(Into::into)
                .into();
        options.extend(["--pwfile".into(), self.folder.join("password").into()]);
        self.make_data("initdb", &options).await
    }

    /// Has the program make the data, in a folder of its own, so that an interruption leaves none by
    /// halves.
    pub(super) async fn make_data(&self, program: &'static str, options: &[OsString]) -> Result<(), Error> {
        let unfinished = self.folder.join("data.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(Error::file("cannot remove", &unfinished))?;
        }
        let mut line: Vec<OsString> = vec![self.programs.join(program).into()];
        line.extend_from_slice(options);
        line.extend(["-D".into(), unfinished.clone().into()]);
        if self.durability == Durability::Relaxed {
            line.push("--no-sync".into());
        }
        let line = self.as_owner(&line);
        let output = Command::new(&line[0])
            .args(&line[1..])
            // For a program that connects; on the command line everybody could read it.
            .env("PGPASSWORD", &self.password)
            .current_dir(&self.folder)
            .output()
            .await
            .map_err(|source| Error::Spawn { program: program.to_owned(), source })?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " | ");
            return Err(Error::Failed { program, message });
        }
        let data = self.data();
        fs::rename(&unfinished, &data).map_err(Error::file("cannot create", &data))
    }

    fn as_owner(&self, line: &[OsString]) -> Vec<OsString> {
        self.owner.as_ref().map_or_else(|| line.to_vec(), |owner| owner.wrap(line))
    }

    pub(super) async fn launch(&self, port: u16) -> Result<Leash, Error> {
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
        // The last one counts.
        settings.extend_from_slice(&self.settings);
        settings
    }

    pub(super) async fn connect(&self, port: u16) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url(port, "postgres"), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// A server whose parent was killed is being stopped by its leash at this moment.
    pub(super) async fn wait_for_predecessor(&self) {
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < PATIENCE && self.predecessor_lives() {
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn predecessor_lives(&self) -> bool {
        let Some(pid) = self.process() else { return false };
        // The number may belong to another program by now.
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains("postgres"))
    }

    /// The process that the data belong to, as far as it has said so.
    pub(super) fn process(&self) -> Option<u32> {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }
}
