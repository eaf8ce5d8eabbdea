//! Packages from npm, in folders of the project's own.

use std::fs;
use std::path::Path;

use crate::{Error, run};

/// Neither advertising nor a look at every package's advisories: that is not what an install is for.
const QUIET: [&str; 3] = ["--no-audit", "--no-fund", "--loglevel=error"];

/// Has one version of one package in a folder.
pub(crate) fn install_one(folder: &Path, package: &str, version: &str) -> Result<(), Error> {
    if is_there(folder, package, version) {
        return Ok(());
    }
    println!("installing {package} {version}");
    fs::create_dir_all(folder)?;
    let wanted = format!("{package}@{version}");
    let place = folder.display().to_string();
    let line = ["install", "--prefix", &place, "--no-save", &wanted];
    npm(&[&line, QUIET.as_slice()].concat(), folder)
}

/// Has exactly the packages of a folder's lock file in it.
pub(crate) fn install_locked(folder: &Path) -> Result<(), Error> {
    npm(&[&["ci"], QUIET.as_slice()].concat(), folder)
}

/// Runs a script of the folder's package.
pub(crate) fn run_script(folder: &Path, script: &str) -> Result<(), Error> {
    npm(&["run", "--silent", script], folder)
}

fn npm(arguments: &[&str], folder: &Path) -> Result<(), Error> {
    run::program_in(folder, Path::new("npm"), arguments)
}

fn is_there(folder: &Path, package: &str, version: &str) -> bool {
    let manifest = folder.join("node_modules").join(package).join("package.json");
    let manifest: Option<serde_json::Value> =
        fs::read_to_string(manifest).ok().and_then(|text| serde_json::from_str(&text).ok());
    manifest.is_some_and(|manifest| manifest["version"] == version)
}
