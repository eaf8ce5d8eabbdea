//! Another plan for a goal that runs: what is done already is not done again, and what has failed is not tried again.
//!
//! The goal is planned as if it were new. A task of that plan which would do what a task of the present one does, with the
//! same input from the same tasks, is that task: it gets its name and is kept. A plan with a task that would do what has
//! failed makes room for the next one.

use std::collections::{BTreeSet, HashMap, HashSet};

use goalpost_model::{Blueprint, Edge, Past, Task};

use crate::moving::Moving;
use crate::plan::{Unwanted, plan_unless};
use crate::rename::{End, Renames, rename_tasks};
use crate::scope::Names;
use crate::{Catalog, GoalRequest, NoPlan, Plan};

/// Another plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Replan {
    /// All of it: tasks that it keeps have the names that they have, the others have names of their own.
    pub blueprint: Blueprint,
    /// Which rung made it, and by which methods.
    pub planned_by: String,
    /// Why it was that one.
    pub reason: String,
}

/// Another plan for the goal, in the place of `present`. The same catalog, goal and past give the same one.
pub fn replan(
    catalog: &Catalog,
    goal: &GoalRequest,
    present: &Blueprint,
    past: &Past,
) -> Result<Replan, NoPlan> {
    let known = Known::of(present, past);
    let does_it_again = |plan: &Blueprint| match known.matched(plan) {
        Ok(matched) => matched.again.map(|task| format!("it does once more what failed as task '{task}'")),
        Err(why) => Some(why),
    };
    let capabilities: BTreeSet<&str> =
        present.tasks.iter().filter(|task| past.failed.contains(&task.name)).map(Task::performs).collect();
    let unwanted = Unwanted { blueprint: Some(&does_it_again), capabilities };
    let Plan { blueprint, planned_by, reason, .. } = plan_unless(catalog, goal, &unwanted)?;
    // It was accepted because this works.
    let blueprint =
        known.matched(&blueprint).and_then(|matched| matched.renamed(&blueprint)).unwrap_or(blueprint);
    Ok(Replan { blueprint, planned_by, reason })
}

/// The present plan, to be compared with.
pub(crate) struct Known<'a> {
    present: &'a Blueprint,
    past: &'a Past,
    /// What may be the same, by capability.
    candidates: HashMap<&'a str, Vec<&'a Task>>,
    incoming: HashMap<&'a str, Vec<&'a Edge>>,
}

/// What the tasks of another plan are called, beside those of the present one.
pub(crate) struct Matched {
    names: Renames,
    /// A failed task that would be done once more.
    pub(crate) again: Option<String>,
}

impl<'a> Known<'a> {
    pub(crate) fn of(present: &'a Blueprint, past: &'a Past) -> Self {
        let live = present.tasks.iter().filter(|task| !task.withdrawn);
        let is_live: HashSet<&str> = live.map(|task| task.name.as_str()).collect();
        let mut candidates: HashMap<&str, Vec<&Task>> = HashMap::new();
        for task in &present.tasks {
            // What has failed stays failed, however long ago it was withdrawn.
            let counts = is_live.contains(task.name.as_str()) || past.failed.contains(&task.name);
            if counts && !past.cancelled.contains(&task.name) {
                candidates.entry(task.performs()).or_default().push(task);
            }
        }
        let edges = present.edges.iter().filter(|edge| is_live.contains(edge.source.as_str()));
        Self { present, past, candidates, incoming: by_target(edges) }
    }

    /// The error is a sentence's end.
    pub(crate) fn matched(&self, plan: &Blueprint) -> Result<Matched, String> {
        let own: HashSet<&str> = self.present.tasks.iter().map(|task| task.name.as_str()).collect();
        let all = self.present.tasks.iter().chain(&plan.tasks);
        let mut unused = Names::beside(all.map(|task| task.name.clone()));
        let mut free = |name: &str| if own.contains(name) { unused.take(name) } else { name.to_owned() };
        let incoming = by_target(plan.edges.iter());
        let mut matched = Matched { names: Renames::new(), again: None };
        let mut taken: HashSet<&str> = HashSet::new();
        let mut kept: HashSet<&str> = HashSet::new();
        for task in sorted(plan, &incoming) {
            let edges = incoming.get(task.name.as_str()).map_or(&[][..], Vec::as_slice);
            let follows = edges.iter().all(|edge| kept.contains(edge.source.as_str()));
            let found = if follows { self.same_as(task, edges, &mut matched.names, &taken)? } else { None };
            let name = match found {
                Some(found) if self.past.failed.contains(&found.name) => {
                    matched.again.get_or_insert_with(|| found.name.clone());
                    free(&task.name)
                }
                Some(found) => {
                    taken.insert(&found.name);
                    kept.insert(&task.name);
                    found.name.clone()
                }
                None => free(&task.name),
            };
            if name != task.name {
                matched.names.insert(task.name.clone(), End::task(name));
            }
        }
        Ok(matched)
    }

    /// The task of the present plan that does the same: that of the same name before others.
    fn same_as(
        &self,
        task: &Task,
        edges: &[&Edge],
        names: &mut Renames,
        taken: &HashSet<&str>,
    ) -> Result<Option<&'a Task>, String> {
        let mut candidates: Vec<&Task> = self.candidates.get(task.performs()).cloned().unwrap_or_default();
        candidates.sort_by_key(|candidate| candidate.name != task.name);
        for candidate in candidates.into_iter().filter(|candidate| !taken.contains(candidate.name.as_str())) {
            // What keeps its name is left as it is written.
            if candidate.name != task.name {
                names.insert(task.name.clone(), End::task(candidate.name.as_str()));
            }
            let is_same = self.is_same(candidate, task, edges, names);
            names.remove(&task.name);
            if is_same? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    fn is_same(
        &self,
        candidate: &Task,
        task: &Task,
        edges: &[&Edge],
        names: &Renames,
    ) -> Result<bool, String> {
        let moving = moving(names);
        if (Task { withdrawn: candidate.withdrawn, ..moving.task(task)? }) != *candidate {
            return Ok(false);
        }
        let moved = edges.iter().map(|edge| moving.edge(edge)).collect::<Result<Vec<Edge>, String>>()?;
        let own = self.incoming.get(candidate.name.as_str()).map_or(&[][..], Vec::as_slice);
        Ok(moved.len() == own.len() && moved.iter().all(|edge| own.contains(&edge)))
    }
}

impl Matched {
    fn renamed(&self, plan: &Blueprint) -> Result<Blueprint, String> {
        let moving = moving(&self.names);
        let output =
            plan.output.iter().map(|(path, source)| Ok((path.clone(), (moving.expression)(source)?)));
        // Safeguards stay those of the present plan.
        Ok(Blueprint {
            name: plan.name.clone(),
            capabilities: plan.capabilities.clone(),
            tasks: plan.tasks.iter().map(|task| moving.task(task)).collect::<Result<_, String>>()?,
            edges: plan.edges.iter().map(|edge| moving.edge(edge)).collect::<Result<_, String>>()?,
            output: output.collect::<Result<_, String>>()?,
            ..Blueprint::default()
        })
    }
}

fn moving(names: &Renames) -> Moving<'_, impl Fn(&str) -> Result<String, String>> {
    Moving { renames: names, expression: move |source: &str| rename_tasks(source, names) }
}

fn by_target<'a>(edges: impl Iterator<Item = &'a Edge>) -> HashMap<&'a str, Vec<&'a Edge>> {
    let mut found: HashMap<&str, Vec<&Edge>> = HashMap::new();
    edges.for_each(|edge| found.entry(&edge.target).or_default().push(edge));
    found
}

/// The tasks, each after those that lead to it.
fn sorted<'a>(plan: &'a Blueprint, incoming: &HashMap<&'a str, Vec<&'a Edge>>) -> Vec<&'a Task> {
    let tasks: HashMap<&str, &Task> = plan.tasks.iter().map(|task| (task.name.as_str(), task)).collect();
    let (mut sorted, mut seen) = (Vec::with_capacity(plan.tasks.len()), HashSet::new());
    for first in &plan.tasks {
        let mut open = vec![(first.name.as_str(), false)];
        while let Some((name, is_done)) = open.pop() {
            if is_done {
                sorted.extend(tasks.get(name));
            } else if seen.insert(name) {
                open.push((name, true));
                let sources = incoming.get(name).into_iter().flatten();
                open.extend(sources.map(|edge| (edge.source.as_str(), false)));
            }
        }
    }
    sorted
}
