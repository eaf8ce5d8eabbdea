//! What the names in a method's own edges and expressions mean in the graph that is made of it.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_model::{Edge, EdgeOn};

use crate::assemble::{Filled, Placed};
use crate::known::{Flow, Flows};
use crate::meaning::Meaning;
use crate::rename::{End, Renames, rename_tasks};

/// What the names in a graph of steps mean.
pub(crate) struct Scope<'a> {
    meaning: Meaning<'a>,
    /// Step that is several tasks -> what stands for it.
    ends: Renames,
    /// Step with a fallback -> the task of the fallback.
    fallbacks: BTreeMap<&'a str, String>,
    /// Step with a nested goal -> the tasks that begin it.
    roots: BTreeMap<&'a str, Vec<String>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(meaning: Meaning<'a>, placed: &[Placed<'a>]) -> Result<Self, String> {
        let (ends, fallbacks, roots) = Default::default();
        let mut scope = Self { meaning, ends, fallbacks, roots };
        for Placed { step, work, .. } in placed {
            match work {
                Filled::Task(_) => {}
                Filled::Either(pair) => {
                    scope.ends.insert(step.name.clone(), End::boxed(&pair.either));
                    scope.fallbacks.insert(&step.name, pair.fallback.name.clone());
                }
                Filled::Nested(nested) => {
                    let (fragment, renames) = (&nested.fragment, &nested.renames);
                    let inner = fragment.methods.first().map_or("", String::as_str);
                    let end = fragment.result.as_ref().and_then(|end| {
                        let name = renames.get(&end.name)?.name.clone();
                        Some(End { name, is_boxed: end.is_boxed })
                    });
                    let end = end.ok_or_else(|| {
                        format!(
                            "its task {} is planned by {inner}, which has several last tasks and no result",
                            step.name
                        )
                    })?;
                    let roots = fragment.roots().map(|task| new_name(renames, &task.name));
                    scope.roots.insert(&step.name, roots.collect());
                    scope.ends.insert(step.name.clone(), end);
                }
            }
        }
        Ok(scope)
    }

    /// What stands for a step.
    pub(crate) fn end_of(&self, step: &str) -> End {
        self.ends.get(step).cloned().unwrap_or_else(|| End::task(step))
    }

    /// Whether the task is one of those that begin a step.
    pub(crate) fn begins(&self, task: &String, step: &str) -> bool {
        self.roots.get(step).is_some_and(|roots| roots.contains(task))
    }

    pub(crate) fn expression(&self, source: &str) -> Result<String, String> {
        let source = self.meaning.expression(source)?;
        if self.ends.is_empty() { Ok(source) } else { rename_tasks(&source, &self.ends) }
    }

    pub(crate) fn flows(&self, flows: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
        flows.iter().map(|(path, source)| Ok((path.clone(), self.expression(source)?))).collect()
    }

    /// The expressions of facts.
    pub(crate) fn facts(
        &self,
        flows: &Flows,
        placed: &[Placed<'_>],
    ) -> Result<BTreeMap<String, String>, String> {
        let expression = |flow: &Flow| match flow {
            Flow::Here(source) => self.expression(source),
            Flow::Inside(place, source) => match placed.get(*place).map(|placed| &placed.work) {
                Some(Filled::Nested(nested)) => rename_tasks(source, &nested.renames),
                _ => Ok(source.clone()),
            },
        };
        flows.iter().map(|(fact, flow)| Ok((fact.clone(), expression(flow)?))).collect()
    }

    /// The edge, once for every root of its target; it leaves from what stands for its source.
    pub(crate) fn edges(&self, edge: &Edge) -> Result<Vec<Edge>, String> {
        let source = match self.fallbacks.get(edge.source.as_str()) {
            Some(fallback) if edge.on == EdgeOn::Failure => fallback.clone(),
            _ => self.end_of(&edge.source).name,
        };
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
    renames.get(name).map_or(name, |end| end.name.as_str()).to_owned()
}

/// New names for tasks, made unique and not too long.
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// None of these will be given.
    pub(crate) fn beside(taken: impl IntoIterator<Item = String>) -> Self {
        Self(taken.into_iter().collect())
    }

    /// A name like this one that nobody has.
    pub(crate) fn take(&mut self, wanted: &str) -> String {
        use goalpost_model::limits::MAX_NAME_BYTES;

        let plain = wanted.replace(['-', '.'], "_");
        let mut name = plain.clone();
        name.truncate(name.floor_char_boundary(MAX_NAME_BYTES));
        for number in 2_usize.. {
            if self.0.insert(name.clone()) {
                break;
            }
            let suffix = format!("_{number}");
            name = plain.clone();
            name.truncate(name.floor_char_boundary(MAX_NAME_BYTES - suffix.len()));
            name += &suffix;
        }
        name
    }
}
