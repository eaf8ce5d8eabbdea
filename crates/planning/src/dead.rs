//! Ways of a search that lead nowhere.

use std::fmt;

/// Why something cannot be planned like this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dead {
    /// The end of a sentence about the method, or the step.
    pub(crate) why: String,
    /// Whether it may be otherwise if what comes before is planned otherwise.
    pub(crate) depends: bool,
}

impl Dead {
    /// The same, said of the method around a step.
    pub(crate) fn within(self, step: &str) -> Self {
        Self { why: format!("its task {step} {}", self.why), ..self }
    }
}

impl From<String> for Dead {
    fn from(why: String) -> Self {
        Self { why, depends: false }
    }
}

/// Where a search got farthest, and why it could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadEnd {
    /// The methods in use, outermost first, each with the task whose goal the next one was for.
    pub path: Vec<(String, String)>,
    /// The last method that was tried there.
    pub method: String,
    /// Why it cannot be used, as the end of a sentence.
    pub why: String,
}

impl fmt::Display for DeadEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (method, task) in &self.path {
            write!(f, "{method} (task {task}) > ")?;
        }
        write!(f, "{}: {}", self.method, self.why)
    }
}
