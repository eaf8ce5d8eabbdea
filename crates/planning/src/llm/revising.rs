//! Another plan in the place of one that runs: what of it stays, and what is new.
//!
//! The model names what stays and says what is new. Nothing that runs or has ended can be changed by it: what stays
//! keeps its definition and the edges that lead to it, whatever the answer says of these.

use std::collections::{BTreeSet, HashSet};

use goalpost_checker::CapabilitySource;
use goalpost_model::{Blueprint, Capability, Finding, Past, all_tasks};
use serde_json::{Map, Value};

use super::code::{AGAIN, REVISION, error};
use super::draft::{Draft, Edge, Repeat, Task};
use super::{build, guard};
use crate::replan::Known;

/// A plan that runs, and what has become of it.
#[derive(Clone, Debug)]
pub(super) struct Revising {
    pub(super) present: Blueprint,
    pub(super) past: Past,
}

/// A plan as a whole, and the blueprint that the present one becomes by it.
pub(super) struct Revision {
    pub(super) next: Blueprint,
    pub(super) revised: Blueprint,
    /// What is wrong with what is new.
    pub(super) findings: Vec<Finding>,
}

impl Revising {
    /// What the answer comes to. The error is what cannot be read as another plan at all.
    pub(super) fn revision(
        &self,
        draft: Draft,
        input: &Map<String, Value>,
        capabilities: &dyn CapabilitySource,
    ) -> Result<Revision, Vec<Finding>> {
        let Self { present, past } = self;
        let names: HashSet<&str> = present.tasks.iter().map(|task| task.name.as_str()).collect();
        let is_kept = |task: &Task| is_named_alone(task) && names.contains(task.name.as_str());
        let (kept, tasks): (Vec<Task>, Vec<Task>) = draft.tasks.into_iter().partition(is_kept);
        let kept: BTreeSet<String> = kept.into_iter().map(|task| task.name).collect();
        let (late, edges): (Vec<Edge>, Vec<Edge>) =
            draft.edges.into_iter().partition(|edge| kept.contains(&edge.to));
        let mut findings: Vec<Finding> = kept.iter().filter_map(|name| self.cannot_stay(name)).collect();
        findings.extend(tasks.iter().filter(|task| names.contains(task.name.as_str())).map(named_twice));
        findings.extend(late.iter().filter(|edge| !self.has_edge(edge)).map(leads_back));
        if !findings.is_empty() {
            return Err(findings);
        }
        let added = build::blueprint(Draft { tasks, edges, ..draft })?;
        findings.extend(guard::findings(&added, input, capabilities));
        findings.extend(self.not_offered(&added, capabilities));
        let next = self.whole(&kept, &added);
        if let Ok(matched) = Known::of(present, past).matched(&next)
            && let Some(failed) = matched.again
        {
            let message =
                format!("the plan does once more what failed as task '{failed}', with the same input");
            findings.push(error(
                AGAIN,
                "",
                "tasks",
                message,
                "reach the goal by another way, or say why there is none",
            ));
        }
        match present.revised_by(&next, |name| past.ended.contains(name)) {
            Ok(Some(revised)) => Ok(Revision { next, revised, findings }),
            Ok(None) => {
                Err(vec![wrong("tasks", "this is the plan that runs, and that has failed", "change it")])
            }
            Err(conflicts) => {
                let fix =
                    "name alone what stays, with all that leads to it, and give what is new names of its own";
                findings.extend(conflicts.iter().map(|conflict| wrong("tasks", &conflict.to_string(), fix)));
                Err(findings)
            }
        }
    }

    fn cannot_stay(&self, name: &str) -> Option<Finding> {
        let Self { present, past } = self;
        let is_withdrawn = present.tasks.iter().any(|task| task.name == name && task.withdrawn);
        let why = if past.failed.contains(name) {
            "has failed"
        } else if past.cancelled.contains(name) {
            "was cancelled"
        } else if is_withdrawn {
            "was withdrawn by an earlier plan"
        } else {
            return None;
        };
        let message = format!("task '{name}' cannot stay: it {why}");
        let fix = "leave it out, and do what is needed in its place by tasks with names of their own";
        Some(error(REVISION, &format!("task {name}"), "name", message, fix))
    }

    fn has_edge(&self, edge: &Edge) -> bool {
        self.present.edges.iter().any(|own| own.source == edge.from && own.target == edge.to)
    }

    /// The plan that runs may have capabilities which this goal may not use any more.
    fn not_offered(&self, added: &Blueprint, capabilities: &dyn CapabilitySource) -> Vec<Finding> {
        let is_only_own = |name: &str| {
            self.present.capabilities.capability(name).is_some() && capabilities.capability(name).is_none()
        };
        let used = all_tasks(&added.tasks).flat_map(|task| {
            let undo = task.compensate_with.as_ref().map(|undo| undo.capability.as_str());
            [Some(task.capability.as_str()), undo].into_iter().flatten().map(move |name| (&task.name, name))
        });
        used.filter(|(_, name)| is_only_own(name))
            .map(|(task, name)| {
                let message = format!("the catalog has no capability '{name}' any more");
                let fix = "use one of those that are listed";
                error(
                    goalpost_checker::code::UNKNOWN_CAPABILITY,
                    &format!("task {task}"),
                    "capability",
                    message,
                    fix,
                )
            })
            .collect()
    }

    fn whole(&self, kept: &BTreeSet<String>, added: &Blueprint) -> Blueprint {
        let Self { present, .. } = self;
        let stays = |name: &str| kept.contains(name);
        let tasks = present.tasks.iter().filter(|task| stays(&task.name)).chain(&added.tasks);
        let edges = present.edges.iter().filter(|edge| stays(&edge.source) && stays(&edge.target));
        Blueprint {
            name: present.name.clone(),
            tasks: tasks.cloned().collect(),
            edges: edges.chain(&added.edges).cloned().collect(),
            output: added.output.clone(),
            ..Blueprint::default()
        }
    }
}

/// What a plan that runs brings along, before what there is now.
pub(super) struct WithOwn<'a> {
    pub(super) own: &'a [Capability],
    pub(super) others: &'a dyn CapabilitySource,
}

impl CapabilitySource for WithOwn<'_> {
    fn capability(&self, name: &str) -> Option<&Capability> {
        self.own.capability(name).or_else(|| self.others.capability(name))
    }

    /// What is only its own is not offered any more.
    fn names(&self) -> Vec<&str> {
        self.others.names()
    }
}

fn is_named_alone(task: &Task) -> bool {
    task.capability.is_empty() && task.repeat == Repeat::Once && task.inside.is_empty()
}

fn named_twice(task: &Task) -> Finding {
    let message = format!("'{}' is a task of the running plan, which cannot be changed", task.name);
    let fix = "name it alone (capability empty, repeat `once`) if it stays; give another task another name";
    error(REVISION, &format!("task {}", task.name), "name", message, fix)
}

fn leads_back(edge: &Edge) -> Finding {
    let node = format!("edge {} -> {}", edge.from, edge.to);
    let message = format!("task '{}' stays as it is: no other edge can lead to it", edge.to);
    error(
        REVISION,
        &node,
        "to",
        message,
        "lead to tasks that are new, and say no edges between those that stay",
    )
}

fn wrong(field: &str, message: &str, fix: &str) -> Finding {
    error(REVISION, "", field, message, fix)
}
