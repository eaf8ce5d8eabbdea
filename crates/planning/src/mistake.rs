//! What is wrong with a catalog.

use std::fmt;

/// One thing that is wrong with a catalog file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file, as its [`Source`](crate::Source) names it.
    pub file: String,
    /// The line where the item starts, from 1; 0 if it cannot be said.
    pub line: u64,
    /// What it is in: `capability weather.fetch`, `method weather.report`; empty for the whole file.
    pub item: String,
    /// What is wrong, and where in the item.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.item.is_empty() {
            write!(f, ": {}", self.item)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Everything that is wrong with the catalogs, in the order of the files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the catalog has {} mistake(s):\n{}", .0.len(), lines(.0))]
pub struct Mistakes(pub Vec<Mistake>);

fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("  {mistake}")).collect::<Vec<_>>().join("\n")
}

/// Where an item stands, for the mistakes found in it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) item: String,
}

impl Place {
    /// A mistake here.
    pub(crate) fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake { file: self.file.clone(), line: self.line, item: self.item.clone(), message: message.into() }
    }

    /// `file:line`, or the file alone.
    pub(crate) fn position(&self) -> String {
        if self.line > 0 { format!("{}:{}", self.file, self.line) } else { self.file.clone() }
    }
}
