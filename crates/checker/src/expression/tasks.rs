//! The names that an expression may write after `tasks`.

use std::collections::HashMap;

use crate::names::Suggestions;

/// Task names with their ordinals.
#[derive(Debug, Default)]
pub(crate) struct TaskNames<'a> {
    ordinals: HashMap<&'a str, usize>,
    suggestions: Suggestions,
}

impl<'a> TaskNames<'a> {
    /// Of tasks in order; of two with one name the first counts.
    pub(crate) fn new(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut ordinals = HashMap::new();
        for (ordinal, name) in names.into_iter().enumerate() {
            ordinals.entry(name).or_insert(ordinal);
        }
        Self { ordinals, suggestions: Suggestions::default() }
    }

    /// The ordinal of the task of this name.
    pub(crate) fn ordinal(&self, name: &str) -> Option<usize> {
        self.ordinals.get(name).copied()
    }

    /// The name that was probably meant.
    pub(crate) fn nearest(&self, name: &str) -> Option<&'a str> {
        self.suggestions.nearest(name, self.ordinals.keys().copied())
    }
}
