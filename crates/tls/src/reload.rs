//! What is made of files, and made anew when they change.

use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::Error;

/// Makes it of the files as they are.
type Make<T> = dyn Fn() -> Result<T, Error> + Send + Sync;

pub(crate) struct Reloaded<T> {
    paths: Vec<PathBuf>,
    make: Box<Make<T>>,
    latest: Mutex<Latest<T>>,
}

struct Latest<T> {
    value: Arc<T>,
    of: Vec<Version>,
    /// Files that could not be used; whoever reads them again hears the same.
    not: Option<Vec<Version>>,
}

/// What tells one state of a file from another.
type Version = Option<(SystemTime, u64, u64)>;

impl<T> Reloaded<T> {
    pub(crate) fn new(
        paths: Vec<PathBuf>,
        make: impl Fn() -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        // Looked at before they are read: what changes in between is read again.
        let of = versions(&paths);
        let value = Arc::new(make()?);
        Ok(Self { paths, make: Box::new(make), latest: Mutex::new(Latest { value, of, not: None }) })
    }

    /// It, of the files as they are now if these can be used.
    pub(crate) fn current(&self) -> Arc<T> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let now = versions(&self.paths);
        if now != latest.of && latest.not.as_ref() != Some(&now) {
            match (self.make)() {
                Ok(value) => {
                    tracing::info!(files = ?self.paths, "certificates have changed; new connections use them");
                    *latest = Latest { value: Arc::new(value), of: now, not: None };
                }
                Err(error) => {
                    tracing::warn!(%error, "certificates have changed and cannot be used; the last ones stay");
                    latest.not = Some(now);
                }
            }
        }
        Arc::clone(&latest.value)
    }
}

impl<T> fmt::Debug for Reloaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloaded").field("paths", &self.paths).finish_non_exhaustive()
    }
}

fn versions(paths: &[PathBuf]) -> Vec<Version> {
    let version = |path: &PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
    };
    paths.iter().map(version).collect()
}
