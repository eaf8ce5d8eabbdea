//! `goalpost graph`: draws a blueprint file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goalpost_notation::drawing;

use crate::failure::Failure;
use crate::files;
use crate::out;
use crate::session::{Output, Session};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The blueprint file, YAML or JSON.
    file: PathBuf,
    /// The language of the drawing.
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Mermaid, which many web pages draw.
    Mermaid,
    /// DOT, the language of Graphviz.
    Dot,
}

pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<(), Failure> {
    if session.output != Output::Table {
        let hint = "--format mermaid and dot are the languages of drawings; the file itself is YAML or JSON";
        return Err(Failure::Input(format!("a drawing has no --output: {hint}")));
    }
    let blueprint = files::blueprint(&arguments.file)?;
    out::text(match arguments.format {
        Format::Mermaid => drawing::mermaid(&blueprint),
        Format::Dot => drawing::dot(&blueprint),
    })
}
