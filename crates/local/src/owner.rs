//! Who PostgreSQL runs as: it refuses to run as root.

use std::ffi::OsString;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// A user other than root for PostgreSQL.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    name: String,
    uid: u32,
    gid: u32,
}

impl Owner {
    /// The user to run as, if this process is root: `postgres`, else `nobody`.
    pub(crate) fn needed() -> Result<Option<Self>, Error> {
        if numeric_id(&["-u"]) != Some(0) {
            return Ok(None);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(Self::named)
            .map(Some)
            .ok_or(Error::Missing { program: "a user for PostgreSQL to run as", package: "postgresql" })
    }

    fn named(name: &str) -> Option<Self> {
        let uid = numeric_id(&["-u", name])?;
        let gid = numeric_id(&["-g", name])?;
        Some(Self { name: name.to_owned(), uid, gid })
    }

    /// The folder of a server, made if it is not there, and the user that it runs as and that can reach it.
    pub(crate) fn of_folder(folder: &Path) -> Result<(PathBuf, Option<Self>), Error> {
        std::fs::create_dir_all(folder).map_err(Error::file("cannot create", folder))?;
        let folder = folder.canonicalize().map_err(Error::file("cannot open", folder))?;
        let owner = Self::needed()?;
        if let Some(owner) = &owner {
            owner.take(&folder)?;
            owner.check_reach(&folder)?;
        }
        Ok((folder, owner))
    }

    /// Makes the path the owner's.
    pub(crate) fn take(&self, path: &Path) -> Result<(), Error> {
        if std::fs::metadata(path).is_ok_and(|found| found.uid() == self.uid) {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid)).map_err(Error::file("cannot give away", path))
    }

    /// Checks that the owner can reach the path.
    pub(crate) fn check_reach(&self, path: &Path) -> Result<(), Error> {
        let line = self.wrap(&[OsString::from("test"), "-x".into(), path.into()]);
        let reaches = Command::new(&line[0]).args(&line[1..]).status().is_ok_and(|status| status.success());
        let (user, path) = (self.name.clone(), PathBuf::from(path));
        if reaches { Ok(()) } else { Err(Error::Unreachable { user, path }) }
    }

    /// The command line that runs `line` as the owner.
    pub(crate) fn wrap(&self, line: &[OsString]) -> Vec<OsString> {
        let mut wrapped: Vec<OsString> = vec![
            "setpriv".into(),
            format!("--reuid={}", self.uid).into(),
            format!("--regid={}", self.gid).into(),
            "--clear-groups".into(),
            "--".into(),
        ];
        wrapped.extend_from_slice(line);
        wrapped
    }
}

/// What `id` says.
fn numeric_id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
