//! A directory that one process at a time uses.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::Error;

/// A directory for private servers, locked while this lives.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Makes the directory if it is not there, and locks it.
    pub fn lock(path: &Path) -> Result<Self, Error> {
        let cannot = |what| Error::file(what, path);
        fs::create_dir_all(path).map_err(cannot("cannot create"))?;
        let path = path.canonicalize().map_err(cannot("cannot open"))?;
        // The user that PostgreSQL runs as may pass through; what is inside protects itself.
        let mut permissions = fs::metadata(&path).map_err(cannot("cannot open"))?.permissions();
        permissions.set_mode(permissions.mode() | 0o711);
        // Somebody else's directory is left as it is.
        let _ = fs::set_permissions(&path, permissions);
        let lock_path = path.join("lock");
        let lock = File::create(&lock_path).map_err(Error::file("cannot write", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(path)),
            Err(TryLockError::Error(source)) => Err(Error::File { what: "cannot lock", path, source }),
        }
    }

    /// Its absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
