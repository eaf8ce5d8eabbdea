//! What is wrong with a trace.

use std::fmt;

/// Mistakes that are shown; of more, their number.
const SHOWN: usize = 20;

/// One thing that is wrong with a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where in the file: `workflow.specification.tasks[3].parents[0]`; `.` for the whole of it.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl Mistake {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), fix: fix.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (fix: {})", self.path, self.message, self.fix)
    }
}

/// Everything that is wrong with a trace; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trace has {} mistake(s):\n{}", .0.len(), lines(.0))]
pub struct Mistakes(pub Vec<Mistake>);

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

fn lines(mistakes: &[Mistake]) -> String {
    let mut lines: Vec<String> = mistakes.iter().take(SHOWN).map(|mistake| format!("  {mistake}")).collect();
    if mistakes.len() > SHOWN {
        lines.push(format!("  and {} more", mistakes.len() - SHOWN));
    }
    lines.join("\n")
}
