//! The graph that is looked at: a blueprint's own, or one inside of a task.

use std::collections::BTreeMap;

use goalpost_model::{Blueprint, Body, Edge, FOR_EACH, LOOP, Task};

use crate::expression::{Type, Variable};

static NOTHING: BTreeMap<String, String> = BTreeMap::new();

/// A graph that is not checked yet.
#[derive(Clone, Copy)]
pub(super) struct Draft<'a> {
    pub(super) tasks: &'a [Task],
    pub(super) edges: &'a [Edge],
    pub(super) output: &'a BTreeMap<String, String>,
    /// Whether each task that changes something outside has to be undone.
    pub(super) requires_undo: bool,
    /// While it holds, the graph is run again.
    pub(super) again: Option<&'a str>,
    /// What expressions see besides the tasks.
    pub(super) variables: &'static [Variable],
    /// The list of the task around it whose items it is run for.
    pub(super) items: Option<&'a Type<'a>>,
}

impl<'a> Draft<'a> {
    pub(super) fn of(blueprint: &'a Blueprint) -> Self {
        let Blueprint { tasks, edges, output, require_compensation, .. } = blueprint;
        Self {
            tasks,
            edges,
            output,
            requires_undo: *require_compensation,
            again: None,
            variables: &[],
            items: None,
        }
    }

    /// A graph of one task.
    pub(super) fn of_task(task: &'a Task) -> Self {
        let (tasks, edges) = (std::slice::from_ref(task), &[]);
        Self {
            tasks,
            edges,
            output: &NOTHING,
            requires_undo: false,
            again: None,
            variables: &[],
            items: None,
        }
    }

    /// The graph inside of a task, if there is one, and the field that it is in.
    pub(super) fn inside(self, task: &'a Task) -> Option<(Self, &'static str)> {
        let Body { tasks, edges, output } = task.body()?;
        let again = task.repeat.as_ref().map(|repeat| repeat.condition.as_str());
        let (variables, field): (&[Variable], _) = match task.performs() {
            FOR_EACH => (&[Variable::Input, Variable::Item, Variable::Index], "for_each"),
            LOOP => (&[Variable::Input, Variable::Iteration, Variable::Previous], "loop"),
            _ => (&[Variable::Input], "run"),
        };
        Some((Self { tasks, edges, output, again, variables, items: None, ..self }, field))
    }
}
