//! What commands print. Whoever reads it may be gone already, as behind `| head`: then the command ends quietly.

use std::fmt::Display;
use std::io::{Write as _, stderr, stdout};

use crate::failure::Failure;

/// Prints a text as it is on standard output.
pub(crate) fn text(text: impl Display) -> Result<(), Failure> {
    Ok(write!(stdout(), "{text}")?)
}

/// Prints a line on standard output.
pub(crate) fn line(line: impl Display) -> Result<(), Failure> {
    Ok(writeln!(stdout(), "{line}")?)
}

/// Prints a text on standard error. It is said beside what a command is for, so it does not matter if nobody reads it.
pub(crate) fn note(text: impl Display) {
    let _ = write!(stderr(), "{text}");
}
