//! Where tests leave what they leave.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use crate::Error;

/// A folder for temporary files that goes with all that is in it. Servers of tests outlive every
/// destructor of the tests' own, and their data would stay.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Beside other temporary files, where other users can enter: PostgreSQL does not run as root.
    pub(crate) fn new() -> Result<Self, Error> {
        let folder = env::temp_dir().join(format!("goalpost-xtask-{}", process::id()));
        fs::create_dir(&folder)?;
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        Ok(Self(folder))
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A server that is about to end may still write: what it leaves is no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}
