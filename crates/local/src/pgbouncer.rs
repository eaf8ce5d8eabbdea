//! A private PgBouncer.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::leash::Leash;
use crate::owner::Owner;
use crate::redis::last_lines;
use crate::{Error, Postgres, binaries, port};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks whether it is ready. There is no event to wait for in a server that
/// does not listen yet.
const PAUSE: Duration = Duration::from_millis(5);

/// A running private PgBouncer in transaction mode, in front of a private PostgreSQL.
#[derive(Debug)]
pub struct PgBouncer {
    folder: PathBuf,
    owner: Option<Owner>,
    port: u16,
    password: String,
    leash: Leash,
}

impl PgBouncer {
    /// Starts it in the folder, with at most `sessions` sessions of the server for all its clients.
    pub async fn start(folder: &Path, postgres: &Postgres, sessions: usize) -> Result<Self, Error> {
        // It refuses to run as root, as PostgreSQL does.
        let (folder, owner) = Owner::of_folder(folder)?;
        let port = port::free()?;
        let password = postgres.password().to_owned();
        let users = folder.join("users");
        write(&users, &format!("\"goalpost\" \"{password}\"\n"), owner.as_ref())?;
        let settings = settings(postgres.port(), port, sessions, &users);
        write(&folder.join("pgbouncer.ini"), &settings, owner.as_ref())?;
        let leash = launch(&folder, owner.as_ref(), port).await?;
        Ok(Self { folder, owner, port, password, leash })
    }

    /// Where a database is through it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://goalpost:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Kills it.
    pub async fn kill(&mut self) {
        self.leash.kill().await;
    }

    /// Starts it again at the same address, after [`kill`](Self::kill).
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.leash = launch(&self.folder, self.owner.as_ref(), self.port).await?;
        Ok(())
    }
}

async fn launch(folder: &Path, owner: Option<&Owner>, port: u16) -> Result<Leash, Error> {
    let log = folder.join("log");
    let line: [OsString; 2] = [binaries::pgbouncer()?.into(), folder.join("pgbouncer.ini").into()];
    let line = owner.map_or_else(|| line.to_vec(), |owner| owner.wrap(&line));
    let mut leash = Leash::start(&line, "TERM", folder, &log)?;
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < PATIENCE {
        if leash.has_ended() {
            return Err(Error::Failed { program: "pgbouncer", message: last_lines(&log) });
        }
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            return Ok(leash);
        }
        tokio::time::sleep(PAUSE).await;
    }
    leash.kill().await;
    Err(Error::NotReady { program: "pgbouncer", log })
}

fn settings(server: u16, port: u16, sessions: usize, users: &Path) -> String {
    format!(
        "[databases]\n* = host=127.0.0.1 port={server}\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = scram-sha-256\nauth_file = {}\n\
         pool_mode = transaction\ndefault_pool_size = {sessions}\nmax_client_conn = 1000\n\
         server_login_retry = 1\nlog_connections = 0\nlog_disconnections = 0\n",
        users.display()
    )
}

/// A file that nobody else reads.
fn write(path: &Path, text: &str, owner: Option<&Owner>) -> Result<(), Error> {
    let open = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = open.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(Error::file("cannot write", path))?;
    owner.map_or(Ok(()), |owner| owner.take(path))
}
