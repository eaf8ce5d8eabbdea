//! `goalpost diff`: what is different between two blueprint files.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goalpost_notation::difference;

use crate::failure::Failure;
use crate::files;
use crate::out;

/// Exit code 0: both are one blueprint; 1: they differ; 2: a file cannot be read.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The first blueprint file.
    before: PathBuf,
    /// The second blueprint file.
    after: PathBuf,
    /// How the difference is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people: `+` is new, `-` is gone, `~` is changed.
    Text,
    /// For scripts: one object with both digests and the changes.
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let found = difference(&files::blueprint(&arguments.before)?, &files::blueprint(&arguments.after)?);
    match arguments.format {
        Format::Text => out::text(&found)?,
        Format::Json => out::line(serde_json::to_string_pretty(&found)?)?,
    }
    if found.is_empty() { Ok(()) } else { Err(Failure::Negative) }
}
