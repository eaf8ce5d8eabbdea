//! How often the graph inside of a task is run at most.

use std::collections::HashMap;

use goalpost_model::Task;
use goalpost_model::limits::MAX_ITEMS;
use serde_json::Value;

use super::draft::Draft;
use super::expressions::{Expressions, FlowPart};
use super::types::ITEMS;

/// The bounds of the lists that tasks are run for, as far as what writes them is known.
pub(super) struct FanOut<'e, 'a> {
    expressions: &'e Expressions<'a>,
    /// The longest list that comes over an edge, by the task that it comes to.
    by_edges: HashMap<&'e str, usize>,
}

impl<'e, 'a> FanOut<'e, 'a> {
    pub(super) fn new(draft: Draft<'e>, expressions: &'e Expressions<'a>) -> Self {
        let mut by_edges = HashMap::new();
        for (edge, parts) in draft.edges.iter().zip(&expressions.edges) {
            for part in parts.flows.iter().filter(|part| part.flow.path_text == ITEMS) {
                let longest = by_edges.entry(edge.target.as_str()).or_default();
                *longest = bound(part).max(*longest);
            }
        }
        Self { expressions, by_edges }
    }

    /// How often the graph inside of the task of this ordinal is run at most.
    pub(super) fn most(&self, ordinal: usize, task: &Task) -> usize {
        match (&task.for_each, &task.repeat) {
            (Some(_), _) => self.items(ordinal, task),
            (None, Some(repeat)) => usize::try_from(repeat.max_iterations).unwrap_or(usize::MAX),
            (None, None) => 1,
        }
    }

    /// The list comes over an edge, or from the task's own data flow, or is a constant.
    fn items(&self, ordinal: usize, task: &Task) -> usize {
        let own = self.expressions.tasks.get(ordinal).into_iter().flatten();
        let own = own.filter(|part| part.flow.path_text == ITEMS).map(bound).next();
        let constant = || task.input.get(ITEMS).and_then(Value::as_array).map_or(0, Vec::len);
        let over_edges = self.by_edges.get(task.name.as_str()).copied().unwrap_or_default();
        own.unwrap_or_else(constant).max(over_edges).min(MAX_ITEMS)
    }
}

/// How long the list is at most that a data flow gives.
fn bound(part: &FlowPart<'_>) -> usize {
    let listed = part.flow.expression.listed();
    listed.or_else(|| part.analysis.value.most_items()).unwrap_or(MAX_ITEMS)
}
