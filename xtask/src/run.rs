//! Running programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// Runs cargo.
pub(crate) fn cargo(arguments: &[&str]) -> Result<(), Error> {
    cargo_with(arguments, &[])
}

/// Runs cargo with variables.
pub(crate) fn cargo_with(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // What cargo told this program of its own package would be news to build scripts, each time that somebody builds
    // without it.
    let told = std::env::vars_os().map(|(name, _)| name);
    for name in told.filter(|name| is_of_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command.args(arguments).envs(variables.iter().copied()).current_dir(root());
    finish(command, &format!("cargo {}", arguments.join(" ")))
}

/// Runs a program in the workspace's folder.
pub(crate) fn program(path: &Path, arguments: &[&str]) -> Result<(), Error> {
    program_in(&root(), path, arguments)
}

/// Runs a program in a folder.
pub(crate) fn program_in(folder: &Path, path: &Path, arguments: &[&str]) -> Result<(), Error> {
    let mut command = Command::new(path);
    command.args(arguments).current_dir(folder);
    finish(command, &path.display().to_string())
}

fn is_of_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

fn finish(mut command: Command, name: &str) -> Result<(), Error> {
    let status = command.status().map_err(|error| format!("{name} cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed").into()) }
}

/// What the compiler builds for by default.
pub(crate) fn host() -> Result<String, Error> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc does not say its host")?.to_owned())
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// A path in the target folder.
pub(crate) fn target(path: &str) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from).join(path)
}
