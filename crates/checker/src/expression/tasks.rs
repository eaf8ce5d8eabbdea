//! The names that an expression may write after `tasks`.

use std::collections::HashMap;

use super::path::Variable;
use crate::names::Suggestions;

/// Task names with their ordinals, and what else a graph sees.
#[derive(Debug, Default)]
pub(crate) struct TaskNames<'a> {
    ordinals: HashMap<&'a str, usize>,
    variables: &'static [Variable],
    has_tasks: bool,
    suggestions: Suggestions,
}

impl<'a> TaskNames<'a> {
    /// Of tasks in order; of two with one name the first counts.
    pub(crate) fn new(names: impl IntoIterator<Item = &'a str>, variables: &'static [Variable]) -> Self {
        let mut ordinals = HashMap::new();
        for (ordinal, name) in names.into_iter().enumerate() {
            ordinals.entry(name).or_insert(ordinal);
        }
        Self { ordinals, variables, has_tasks: true, suggestions: Suggestions::default() }
    }

    /// Where there is no graph yet.
    pub(crate) fn without_tasks(variables: &'static [Variable]) -> Self {
        Self { variables, ..Self::default() }
    }

    /// What expressions see, for people.
    pub(crate) fn seen(&self) -> String {
        let also: String = self.variables.iter().map(|variable| format!(", {}", variable.name())).collect();
        let tasks = if self.has_tasks { " and tasks.NAME" } else { "" };
        format!("goal.text, goal.input{tasks}{also}")
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
        self.roots().any(|root| root == variable)
    }

    /// The names of what is there besides the tasks.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &'static str> {
        let tasks = self.has_tasks.then_some("tasks");
        ["goal"].into_iter().chain(tasks).chain(self.variables.iter().map(|variable| variable.name()))
    }

    /// The name that was probably meant.
    pub(crate) fn nearest(&self, name: &str) -> Option<&'a str> {
        self.suggestions.nearest(name, self.ordinals.keys().copied())
    }
}
