//! Moves tasks and edges from the graph of a plan into the graph around it.

use std::collections::BTreeMap;

use goalpost_model::{Edge, Task};

use crate::rename::Renames;

/// What tasks are called there, and what expressions become.
pub(crate) struct Moving<'a, F> {
    pub(crate) renames: &'a Renames,
    pub(crate) expression: F,
}

impl<F: Fn(&str) -> Result<String, String>> Moving<'_, F> {
    /// The graph inside of a task sees only its own tasks, which keep their names.
    pub(crate) fn task(&self, task: &Task) -> Result<Task, String> {
        let mut task = Task { name: self.name(&task.name), ..task.clone() };
        task.data_flow = self.flows(&task.data_flow)?;
        if let Some(key) = &mut task.concurrency_key {
            key.key = (self.expression)(&key.key)?;
        }
        if let Some(undo) = &mut task.compensate_with {
            undo.data_flow = self.flows(&undo.data_flow)?;
        }
        Ok(task)
    }

    pub(crate) fn edge(&self, edge: &Edge) -> Result<Edge, String> {
        Ok(Edge {
            source: self.name(&edge.source),
            target: self.name(&edge.target),
            on: edge.on,
            condition: (self.expression)(&edge.condition)?,
            otherwise: edge.otherwise,
            data_flow: self.flows(&edge.data_flow)?,
        })
    }

    pub(crate) fn name(&self, task: &str) -> String {
        self.renames.get(task).map_or(task, |end| end.name.as_str()).to_owned()
    }

    fn flows(&self, flows: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
        flows.iter().map(|(path, source)| Ok((path.clone(), (self.expression)(source)?))).collect()
    }
}
