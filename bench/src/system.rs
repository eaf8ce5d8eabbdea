//! A `goalpost dev` process to be measured.

use std::path::Path;
use std::process::Stdio;

use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::Error;

/// The catalogs of the workloads: one capability that does nothing, and one that sleeps.
const CATALOGS: [(&str, &str); 2] = [
    (
        "bench.yaml",
        "capabilities:\n  - name: bench.noop\n    description: Hands its input on.\n    effect: read\n",
    ),
    ("wfformat.yaml", include_str!("../../catalogs/wfformat.yaml")),
];

/// Where a running system listens; the line that `goalpost dev` prints.
#[derive(Clone, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) decision_group: String,
    pub(crate) graph_engine: String,
    pub(crate) persistence: String,
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
}

pub(crate) struct System {
    pub(crate) endpoints: Endpoints,
    child: Child,
    _directory: TempDir,
}

impl System {
    /// Starts `goalpost dev` in a directory of its own, on free ports, and waits until it serves.
    pub(crate) async fn start(goalpost: &Path) -> Result<Self, Error> {
        Self::start_with(goalpost, &[]).await
    }

    /// The same with further arguments.
    pub(crate) async fn start_with(goalpost: &Path, arguments: &[&str]) -> Result<Self, Error> {
        let directory = tempfile::Builder::new().prefix("goalpost-bench").tempdir()?;
        let mut command = Command::new(goalpost);
        command.arg("dev");
        for (name, text) in CATALOGS {
            let catalog = directory.path().join(name);
            std::fs::write(&catalog, text)?;
            command.arg("--catalog").arg(catalog);
        }
        let mut child = command
            .args(["--decision-group-listen", "127.0.0.1:0", "--planner-listen", "127.0.0.1:0"])
            .args(["--graph-engine-listen", "127.0.0.1:0", "--persistence-listen", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(directory.path().join("data"))
            .args(arguments)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(directory.path().join("stderr"))?)
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", goalpost.display()))?;
        let stdout = child.stdout.take().ok_or("goalpost dev has no standard output")?;
        let line = BufReader::new(stdout).lines().next_line().await?;
        let line = line.ok_or("goalpost dev ended before it was ready")?;
        Ok(Self { endpoints: serde_json::from_str(&line)?, child, _directory: directory })
    }

    /// The process's id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Stops it as Ctrl-C would, and waits for its end.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        Command::new("kill").arg("-INT").arg(self.pid().to_string()).status().await?;
        let status = self.child.wait().await?;
        if status.success() { Ok(()) } else { Err(format!("goalpost dev ended with {status}").into()) }
    }

    /// A connection to its database.
    pub(crate) async fn database(&self) -> Result<tokio_postgres::Client, Error> {
        let (client, connection) =
            tokio_postgres::connect(&self.endpoints.database_url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}
