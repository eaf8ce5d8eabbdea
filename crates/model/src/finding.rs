//! What the checker finds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that the checker found in a blueprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code: `GP` and three digits.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// `task fetch`, `edge fetch -> report`, or empty for the whole blueprint.
    pub node: String,
    /// The field of that node, for example `data_flow.city`.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The blueprint is refused.
    Error,
    /// The blueprint runs, but probably not as meant.
    Warning,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}]", self.code)?;
        if !self.node.is_empty() {
            write!(f, " {}", self.node)?;
        }
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.fix.is_empty() {
            write!(f, " (fix: {})", self.fix)?;
        }
        Ok(())
    }
}
