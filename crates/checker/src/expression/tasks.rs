//! The names that an expression may write after `tasks`.

use std::collections::HashMap;

/// Task names with their ordinals.
#[derive(Debug, Default)]
pub(crate) struct TaskNames<'a> {
    ordinals: HashMap<&'a str, usize>,
}

impl<'a> TaskNames<'a> {
    /// Of tasks in order; of two with one name the first counts.
    pub(crate) fn new(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut ordinals = HashMap::new();
        for (ordinal, name) in names.into_iter().enumerate() {
            ordinals.entry(name).or_insert(ordinal);
        }
        Self { ordinals }
    }

    /// The ordinal of the task of this name.
    pub(crate) fn ordinal(&self, name: &str) -> Option<usize> {
        self.ordinals.get(name).copied()
    }

    /// The name that was probably meant.
    pub(crate) fn nearest(&self, name: &str) -> Option<&'a str> {
        crate::names::nearest(name, self.ordinals.keys().copied())
    }
}
