//! `goalpost policy check`: checks a file of policies.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use goalpost_policy::Policies;
use serde_json::json;

use crate::failure::Failure;
use crate::files;
use crate::session::Session;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check a file of policies, as `--policies` takes it, without a running system.
    Check {
        /// The file.
        file: PathBuf,
    },
}

pub(crate) fn run(
    session: &Session,
    Arguments { command: Command::Check { file } }: &Arguments,
) -> Result<(), Failure> {
    let policies = Policies::read(&files::text(file)?);
    let policies = policies.map_err(|mistakes| Failure::Input(files::told(file, &mistakes)))?;
    let file = file.display().to_string();
    let summary = || format!("{file}: {} policies, nothing wrong\n", policies.len());
    session.show(&json!({"file": file, "policies": policies.len()}), summary)
}
