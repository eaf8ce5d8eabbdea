//! What the names in a method's own edges and expressions mean in the graph that is made of it.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_model::Edge;

use crate::GoalRequest;
use crate::assemble::{Filled, Placed};
use crate::rename::{Renames, fix_goal, fix_goal_text, rename_tasks};

/// What `goal` means in the expressions of a method.
#[derive(Clone, Copy)]
pub(crate) enum Meaning<'a> {
    /// The workflow's goal.
    Workflow,
    /// A nested goal, of which the workflow knows nothing.
    Nested(&'a GoalRequest),
    /// The same, but `goal.input` is that of the task around.
    NestedInRun(&'a GoalRequest),
}

impl Meaning<'_> {
    /// In a graph that sees the input of its task as its goal's.
    pub(crate) fn in_run(self) -> Self {
        match self {
            Self::Workflow => Self::Workflow,
            Self::Nested(goal) | Self::NestedInRun(goal) => Self::NestedInRun(goal),
        }
    }
}

/// What the names in a graph of steps mean.
pub(crate) struct Scope<'a> {
    meaning: Meaning<'a>,
    /// Step with a nested goal -> the task that stands for it.
    ends: Renames,
    /// Step with a nested goal -> the tasks that begin it.
    roots: BTreeMap<&'a str, Vec<String>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(meaning: Meaning<'a>, placed: &[Placed<'a>]) -> Result<Self, String> {
        let mut scope = Self { meaning, ends: Renames::new(), roots: BTreeMap::new() };
        for Placed { step, work, .. } in placed {
            let Filled::Nested(fragment, renames) = work else { continue };
            let inner = fragment.methods.first().map_or("", String::as_str);
            let end = fragment.result.as_ref().and_then(|name| renames.get(name)).ok_or_else(|| {
                format!(
                    "its task {} is planned by {inner}, which has several last tasks and no result",
                    step.name
                )
            })?;
            let targets: BTreeSet<&str> = fragment.edges.iter().map(|edge| edge.target.as_str()).collect();
            let roots = fragment.tasks.iter().filter(|task| !targets.contains(task.name.as_str()));
            scope.ends.insert(step.name.clone(), end.clone());
            scope.roots.insert(&step.name, roots.map(|task| new_name(renames, &task.name)).collect());
        }
        Ok(scope)
    }

    /// The task that stands for a step.
    pub(crate) fn end_of<'b>(&'b self, step: &'b str) -> &'b str {
        self.ends.get(step).map_or(step, String::as_str)
    }

    /// Whether the task is one of those that begin a step.
    pub(crate) fn begins(&self, task: &String, step: &str) -> bool {
        self.roots.get(step).is_some_and(|roots| roots.contains(task))
    }

    pub(crate) fn expression(&self, source: &str) -> Result<String, String> {
        let source = match self.meaning {
            Meaning::Workflow => source.to_owned(),
            Meaning::Nested(goal) => fix_goal(source, goal)?,
            Meaning::NestedInRun(goal) => fix_goal_text(source, goal)?,
        };
        if self.ends.is_empty() { Ok(source) } else { rename_tasks(&source, &self.ends) }
    }

    pub(crate) fn flows(&self, flows: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
        flows.iter().map(|(path, source)| Ok((path.clone(), self.expression(source)?))).collect()
    }

    /// The edge, once for every root of its target; it leaves from the end of its source.
    pub(crate) fn edges(&self, edge: &Edge) -> Result<Vec<Edge>, String> {
        let source = self.end_of(&edge.source).to_owned();
        let condition = self.expression(&edge.condition)?;
        let data_flow = self.flows(&edge.data_flow)?;
        let single = [edge.target.clone()];
        let targets = self.roots.get(edge.target.as_str()).map_or(&single[..], Vec::as_slice);
        let to = |target: &String| Edge {
            source: source.clone(),
            target: target.clone(),
            on: edge.on,
            condition: condition.clone(),
            otherwise: edge.otherwise,
            data_flow: data_flow.clone(),
        };
        Ok(targets.iter().map(to).collect())
    }
}

/// The new name of a task, if it has one.
pub(crate) fn new_name(renames: &Renames, name: &str) -> String {
    renames.get(name).map_or(name, String::as_str).to_owned()
}
