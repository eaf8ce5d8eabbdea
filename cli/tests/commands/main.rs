//! The commands that look at files, run as people run them.
#![cfg(test)]

mod catalog;
mod diff;
mod fmt;
mod lint;
mod profile;
mod unread;

use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with files, in which `goalpost` runs.
struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    /// Exit code, and what is printed on standard output and on standard error.
    fn goalpost(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_goalpost"));
        command.args(arguments).current_dir(self.0.path()).env_remove("GOALPOST_CATALOG");
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

/// A blueprint without findings.
const GOOD: &str =
    "name: sample\ntasks:\n  - {name: a, capability: any}\ncapabilities:\n  - {name: any, effect: read}\n";
