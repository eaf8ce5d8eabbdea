//! The protos under `buf`: lint, and what would break those who use the last release.

use std::path::{Path, PathBuf};

use crate::{Error, npm, run, setup};

const VERSION: &str = "1.75.0";
/// The API as it was last released, without comments.
const RELEASED: &str = "proto/released.binpb";

/// Lints the protos, and holds them against the last release.
pub(crate) fn check() -> Result<(), Error> {
    let buf = install()?;
    run::program(&buf, &["lint", "proto"])?;
    breaking(&buf, &run::root().join("proto")).map_err(|_| {
        "the API breaks those who use the last release; add instead of changing, or, if this is the next release \
         and its notes say so, run `cargo xtask release-api`"
            .into()
    })
}

/// Takes the API as it is for the released one: part of making a release.
pub(crate) fn release() -> Result<(), Error> {
    let buf = install()?;
    run::program(&buf, &["lint", "proto"])?;
    run::program(&buf, &["build", "proto", "--exclude-source-info", "--output", RELEASED])
}

/// Installs `buf` into the target folder, unless it is there.
pub(crate) fn install() -> Result<PathBuf, Error> {
    setup::install_node()?;
    let folder = folder();
    npm::install_one(&folder, "@bufbuild/buf", VERSION)?;
    Ok(program(&folder))
}

fn breaking(buf: &Path, protos: &Path) -> Result<(), Error> {
    let protos = protos.display().to_string();
    let released = run::root().join(RELEASED).display().to_string();
    run::program(buf, &["breaking", &protos, "--against", &released])
}

fn folder() -> PathBuf {
    run::target("tools/buf")
}

fn program(folder: &Path) -> PathBuf {
    folder.join("node_modules/.bin/buf")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The protos in another folder, changed.
    fn changed(name: &str, from: &str, to: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("goalpost-buf-{name}-{}", std::process::id()));
        let package = folder.join("goalpost/v1");
        fs::create_dir_all(&package).unwrap();
        let source = run::root().join("proto");
        fs::copy(source.join("buf.yaml"), folder.join("buf.yaml")).unwrap();
        let mut changes = 0;
        for entry in fs::read_dir(source.join("goalpost/v1")).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            changes += text.matches(from).count();
            fs::write(package.join(path.file_name().unwrap()), text.replace(from, to)).unwrap();
        }
        assert!(changes > 0, "nothing to change");
        folder
    }

    fn is_refused(name: &str, from: &str, to: &str) -> bool {
        let buf = program(&folder());
        assert!(buf.is_file(), "{} is missing; `cargo xtask test` installs it", buf.display());
        let protos = changed(name, from, to);
        let refused = breaking(&buf, &protos).is_err();
        fs::remove_dir_all(protos).unwrap();
        refused
    }

    #[test]
    fn only_what_breaks_users_is_refused() {
        let field = "string workflow_id = 7;";
        assert!(is_refused("renumbered", field, "string workflow_id = 70;"));
        assert!(is_refused("retyped", field, "bytes workflow_id = 7;"));
        assert!(is_refused("renamed", field, "string run_id = 7;"));
        assert!(!is_refused("added", field, "string workflow_id = 7; string added = 700;"));
    }
}
