//! What is wrong with a message, field by field.

use std::fmt;

use goalpost_model::PayloadLimit;

/// One field that cannot be taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field, for example `blueprint.tasks[3].retry.max_attempts`.
    pub field: String,
    /// What it must be.
    pub description: String,
}

/// Everything that is wrong with a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    noted: Vec<Violation>,
    /// How large payloads of the message may be.
    limit: PayloadLimit,
}

impl Violations {
    /// Nothing is wrong yet; payloads may be so large.
    pub fn within(limit: PayloadLimit) -> Self {
        Self { noted: Vec::new(), limit }
    }

    /// How large payloads may be.
    pub fn limit(&self) -> PayloadLimit {
        self.limit
    }

    /// Notes that a field is wrong.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.noted.push(Violation { field: field.into(), description: description.into() });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.noted.is_empty()
    }

    /// The violations in the order in which they were noted.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.noted.iter()
    }

    /// `value` if nothing is wrong.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.noted.into_iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Violation { field, description }) in self.noted.iter().enumerate() {
            let separator = if place > 0 { "; " } else { "" };
            write!(f, "{separator}{field} {description}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
