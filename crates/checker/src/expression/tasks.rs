//! The names that an expression may write after `tasks`.

use std::collections::HashMap;

use super::path::Variable;
use crate::names::Suggestions;

/// Task names with their ordinals, and what else a graph sees.
#[derive(Debug, Default)]
pub(crate) struct TaskNames<'a> {
    ordinals: HashMap<&'a str, usize>,
    variables: &'static [Variable],
    suggestions: Suggestions,
}

impl<'a> TaskNames<'a> {
    /// Of tasks in order; of two with one name the first counts.
    pub(crate) fn new(names: impl IntoIterator<Item = &'a str>, variables: &'static [Variable]) -> Self {
        let mut ordinals = HashMap::new();
        for (ordinal, name) in names.into_iter().enumerate() {
            ordinals.entry(name).or_insert(ordinal);
        }
        Self { ordinals, variables, suggestions: Suggestions::default() }
    }

    /// The ordinal of the task of this name.
    pub(crate) fn ordinal(&self, name: &str) -> Option<usize> {
        self.ordinals.get(name).copied()
    }

    /// What the graph sees under this name besides its tasks and the goal.
    pub(crate) fn variable(&self, name: &str) -> Option<Variable> {
        self.variables.iter().copied().find(|variable| variable.name() == name)
    }

    /// Whether a variable stands for something of the workflow.
    pub(crate) fn is_root(&self, variable: &str) -> bool {
        matches!(variable, "tasks" | "goal") || self.variable(variable).is_some()
    }

    /// The names of what is there besides the tasks.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &'static str> {
        ["goal", "tasks"].into_iter().chain(self.variables.iter().map(|variable| variable.name()))
    }

    /// The name that was probably meant.
    pub(crate) fn nearest(&self, name: &str) -> Option<&'a str> {
        self.suggestions.nearest(name, self.ordinals.keys().copied())
    }
}
