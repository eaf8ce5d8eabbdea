//! A private Redis.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::leash::Leash;
use crate::{Error, binaries, port, secret};

/// How often a start is tried: the free port may be taken by somebody else meanwhile.
const ATTEMPTS: u32 = 3;
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks whether it is ready. There is no event to wait for in a server that
/// does not listen yet.
const PAUSE: Duration = Duration::from_millis(5);

/// A running private Redis. It keeps nothing on disk: Redis only delivers.
#[derive(Debug)]
pub struct Redis {
    folder: PathBuf,
    port: u16,
    password: String,
    leash: Leash,
}

impl Redis {
    /// Starts a Redis in the folder, which is made if it is not there.
    pub async fn start(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::file("cannot create", folder))?;
        let folder = folder.canonicalize().map_err(Error::file("cannot open", folder))?;
        let password = secret::keep(&folder.join("password"))?;
        let mut attempt = 1;
        loop {
            let port = port::free()?;
            match launch(&folder, port, &password).await {
                Ok(leash) => return Ok(Self { folder, port, password, leash }),
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_) => attempt += 1,
            }
        }
    }

    /// Where it listens, with its password.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/", self.password, self.port)
    }

    /// The port of loopback that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops it and waits for its end.
    pub async fn stop(mut self) {
        self.leash.stop().await;
    }

    /// Kills it; what was in it is gone.
    pub async fn kill(&mut self) {
        self.leash.kill().await;
    }

    /// Starts it again at the same address, after [`kill`](Self::kill), with nothing in it.
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.leash.stop().await;
        self.leash = launch(&self.folder, self.port, &self.password).await?;
        Ok(())
    }
}

async fn launch(folder: &Path, port: u16, password: &str) -> Result<Leash, Error> {
    let settings = folder.join("redis.conf");
    write_settings(&settings, port, password).map_err(Error::file("cannot write", &settings))?;
    let log = folder.join("log");
    let line: [OsString; 2] = [binaries::redis_server()?.into(), settings.into()];
    let mut leash = Leash::start(&line, "TERM", folder, &log)?;
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < PATIENCE {
        if leash.has_ended() {
            let message = last_lines(&log);
            return Err(Error::Failed { program: "redis-server", message });
        }
        if answers(port, password).await.unwrap_or(false) {
            return Ok(leash);
        }
        tokio::time::sleep(PAUSE).await;
    }
    leash.kill().await;
    Err(Error::NotReady { program: "redis-server", log })
}

/// In a file and not on the command line, where everybody could read the password.
fn write_settings(path: &Path, port: u16, password: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "bind 127.0.0.1\nport {port}\nrequirepass {password}")?;
    writeln!(file, "save \"\"\nappendonly no\ndaemonize no")
}

async fn answers(port: u16, password: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(format!("AUTH {password}\r\nPING\r\n").as_bytes()).await?;
    let mut answer = vec![0; "+OK\r\n+PONG\r\n".len()];
    stream.read_exact(&mut answer).await?;
    Ok(answer == b"+OK\r\n+PONG\r\n")
}

/// The end of a log, for an error message.
pub(crate) fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}
