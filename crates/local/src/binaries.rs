//! Finding the machine's programs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

/// Where Debian and Ubuntu keep the programs of PostgreSQL: a folder a version.
const POSTGRES_VERSIONS: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `postgres`: the newest version of Debian's, else that in PATH.
pub(crate) fn postgres_folder() -> Result<PathBuf, Error> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(POSTGRES_VERSIONS)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| has_both(folder))
        .collect();
    versions.sort_unstable();
    let newest = versions.pop().map(|(_, folder)| folder);
    newest
        .or_else(|| search_path().find(|folder| has_both(folder)))
        .ok_or(Error::Missing { program: "PostgreSQL", package: "postgresql" })
}

/// The `redis-server` in PATH.
pub(crate) fn redis_server() -> Result<PathBuf, Error> {
    in_path("redis-server").ok_or(Error::Missing { program: "Redis", package: "redis-server" })
}

/// The `pgbouncer` in PATH.
pub(crate) fn pgbouncer() -> Result<PathBuf, Error> {
    in_path("pgbouncer").ok_or(Error::Missing { program: "PgBouncer", package: "pgbouncer" })
}

/// Debian keeps servers where not every user's PATH leads.
fn in_path(name: &str) -> Option<PathBuf> {
    search_path()
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

fn has_both(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}

fn search_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect::<Vec<_>>().into_iter()
}
