//! Why a private server does not run.

use std::path::PathBuf;

/// An error of a private server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program is not on this machine.
    #[error("{program} is not installed; on Debian or Ubuntu: apt-get install {package}")]
    Missing {
        /// The program.
        program: &'static str,
        /// The package that brings it.
        package: &'static str,
    },
    /// Another process uses the directory.
    #[error("{} is in use by another process; stop it, or choose another directory", .0.display())]
    InUse(PathBuf),
    /// A file or directory cannot be used.
    #[error("{what} {}: {source}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// PostgreSQL must run as another user, which cannot reach the directory.
    #[error(
        "PostgreSQL does not run as root, and the user {user} cannot reach {}; choose a directory that others may enter, for example /var/lib/goalpost",
        .path.display()
    )]
    Unreachable {
        /// The user that PostgreSQL runs as.
        user: String,
        /// The directory.
        path: PathBuf,
    },
    /// A program failed.
    #[error("{program} failed: {message}")]
    Failed {
        /// The program.
        program: &'static str,
        /// What it said last.
        message: String,
    },
    /// A server did not become ready in time.
    #[error("{program} did not become ready in time; its log is {}", .log.display())]
    NotReady {
        /// The program.
        program: &'static str,
        /// Its log.
        log: PathBuf,
    },
    /// A program cannot be started.
    #[error("{program} cannot be started: {source}")]
    Spawn {
        /// The program.
        program: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn file(what: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }
}
