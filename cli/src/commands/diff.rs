//! `goalpost diff`: what is different between two blueprint files.

use std::path::PathBuf;

use clap::Args;
use goalpost_notation::difference;

use crate::failure::Failure;
use crate::files;
use crate::session::Session;

/// For people, `+` is new, `-` is gone, `~` is changed.
///
/// Exit code 0: both are one blueprint; 1: they differ; 2: a file cannot be read.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The first blueprint file.
    before: PathBuf,
    /// The second blueprint file.
    after: PathBuf,
}

pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<(), Failure> {
    let found = difference(&files::blueprint(&arguments.before)?, &files::blueprint(&arguments.after)?);
    session.show(&found, || &found)?;
    if found.is_empty() { Ok(()) } else { Err(Failure::Negative) }
}
