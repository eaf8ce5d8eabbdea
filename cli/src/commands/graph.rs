//! `goalpost graph`: draws a blueprint file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goalpost_notation::drawing;

use crate::failure::Failure;
use crate::files;
use crate::out;

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

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let blueprint = files::blueprint(&arguments.file)?;
    out::text(match arguments.format {
        Format::Mermaid => drawing::mermaid(&blueprint),
        Format::Dot => drawing::dot(&blueprint),
    })
}
