//! `goalpost fmt`: brings blueprint files into their one layout.

use std::path::{Path, PathBuf};

use clap::Args;
use goalpost_notation::read;

use crate::failure::Failure;
use crate::files;
use crate::out;
use crate::session::{Output, Session};

/// Fields come in the order of the language, what is as usual is left out; the digest stays the same. Comments
/// at the head of a file are kept. A file with others, or with anchors, is left as it is.
///
/// Prints the names of the files that were not in the layout.
///
/// Exit code 0: every file is in the layout now; 1: with --check, some are not; 2: a file cannot be read or
/// formatted.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The blueprint files, YAML or JSON.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; name the files that are not in the layout.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<(), Failure> {
    let mut changed = Vec::new();
    for file in &arguments.files {
        let text = files::text(file)?;
        let formatted = formatted(file, &text)?;
        if formatted == text {
            continue;
        }
        if !arguments.check {
            std::fs::write(file, formatted)?;
        }
        changed.push(file.display().to_string());
        if session.output == Output::Table {
            out::line(file.display())?;
        }
    }
    if session.output != Output::Table {
        session.show(&changed, || "")?;
    }
    if arguments.check && !changed.is_empty() { Err(Failure::Negative) } else { Ok(()) }
}

fn formatted(file: &Path, text: &str) -> Result<String, Failure> {
    let formatted = read(text).and_then(|written| written.formatted());
    formatted.map_err(|placed| files::shown(file, text, *placed))
}
