//! Blueprints that take the place of others in workflows that run.

use std::collections::HashMap;

use crate::{Blueprint, Budget, Capability, Digest, Edge, Task};

/// Why a part cannot be joined to a blueprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Another task has its name already.
    #[error("another task is named '{0}' already; name this one otherwise")]
    TaskName(String),
    /// The part says what is the blueprint's to say.
    #[error("{0} is said by the blueprint that is extended; leave it out")]
    NotAPart(&'static str),
    /// A plan takes up a task, and means another one by it.
    #[error(
        "task '{0}' is there, and has another definition or other edges to it; give both as they are, or name this one \
         otherwise"
    )]
    OtherTask(String),
    /// An edge is added to a task that has ended.
    #[error(
        "the edge from '{source_task}' leads to task '{target}', which has ended; it can lead to added tasks only"
    )]
    EdgeToEnded {
        /// Where it comes from.
        source_task: String,
        /// Where it leads.
        target: String,
    },
    /// A plan says itself which tasks are withdrawn.
    #[error("task '{0}' is withdrawn; leave it out instead")]
    Withdrawn(String),
}

impl Blueprint {
    /// This blueprint with the tasks and edges of `part`, whose edges may come from tasks of both. What is there already
    /// is not added a second time: to join a part again changes nothing, and gives `None`.
    ///
    /// # Errors
    /// Names that clash, and whatever of the part is neither tasks nor edges.
    pub fn joined_with(&self, part: &Self) -> Result<Option<Self>, Vec<Conflict>> {
        let mut conflicts = part.not_a_part();
        conflicts.extend(part.tasks.iter().filter(|task| task.withdrawn).map(Conflict::withdrawn));
        let mut added: Vec<Task> = Vec::new();
        let present: HashMap<&str, &Task> =
            self.tasks.iter().map(|task| (task.name.as_str(), task)).collect();
        for task in &part.tasks {
            match present.get(task.name.as_str()) {
                Some(present) if *present == task => {}
                Some(_) => conflicts.push(Conflict::TaskName(task.name.clone())),
                None => added.push(task.clone()),
            }
        }
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        let mut between: HashMap<(&str, &str), Vec<&Edge>> = HashMap::new();
        for edge in &self.edges {
            between.entry((&edge.source, &edge.target)).or_default().push(edge);
        }
        let is_new = |edge: &&Edge| {
            between.get(&(edge.source.as_str(), edge.target.as_str())).is_none_or(|all| !all.contains(edge))
        };
        let edges: Vec<Edge> = part.edges.iter().filter(is_new).cloned().collect();
        if added.is_empty() && edges.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.followed_by(added, edges)))
    }

    /// The blueprint that takes the place of this one, with these tasks and edges behind its own.
    pub(crate) fn followed_by(&self, tasks: Vec<Task>, edges: Vec<Edge>) -> Self {
        let mut next = Self { parent: Some(self.digest()), ..self.clone() };
        next.tasks.extend(tasks);
        next.edges.extend(edges);
        next
    }

    fn not_a_part(&self) -> Vec<Conflict> {
        let output = (!self.output.is_empty()).then_some(Conflict::NotAPart("output"));
        self.said_otherwise(&Self::default()).into_iter().chain(output).collect()
    }

    /// What is a whole blueprint's to say, and is said here otherwise than there.
    pub(crate) fn said_otherwise(&self, there: &Self) -> Vec<Conflict> {
        let Self { name: _, tasks: _, edges: _, capabilities: _, output: _, parent, .. } = self;
        let Self { deadline_ms, require_compensation, max_tasks, budget, max_replans, .. } = self;
        let said = [
            ("parent", parent.is_some() && *parent != there.parent),
            ("deadline_ms", *deadline_ms > 0 && *deadline_ms != there.deadline_ms),
            ("require_compensation", *require_compensation && !there.require_compensation),
            ("max_tasks", *max_tasks > 0 && *max_tasks != there.max_tasks),
            ("budget", *budget != Budget::default() && *budget != there.budget),
            ("max_replans", *max_replans > 0 && *max_replans != there.max_replans),
        ];
        said.into_iter().filter(|(_, said)| *said).map(|(field, _)| Conflict::NotAPart(field)).collect()
    }

    /// What this blueprint does besides adding tasks and edges to `parent`, doing without some of its tasks, and saying
    /// what comes out; `None` if it does nothing else.
    pub fn problem_as_extension_of(&self, parent: &Self) -> Option<String> {
        let digest: Digest = parent.digest();
        if self.parent != Some(digest) {
            return Some(format!("its parent is not {digest}"));
        }
        let is_changed = |(now, before): &(&Task, &Task)| {
            let withdrawn = before.withdrawn || now.withdrawn;
            **now != Task { withdrawn, ..(*before).clone() }
        };
        if let Some((_, before)) = self.tasks.iter().zip(&parent.tasks).find(is_changed) {
            return Some(format!("task '{}' is not what it was, or not where it was", before.name));
        }
        let has = |capability: &Capability| self.capabilities.contains(capability);
        if let Some(changed) = parent.capabilities.iter().find(|capability| !has(capability)) {
            return Some(format!("capability '{}' is not what it was", changed.name));
        }
        if self.tasks.len() < parent.tasks.len() || !self.edges.starts_with(&parent.edges) {
            return Some("a task or an edge is missing or not what it was".to_owned());
        }
        let rest = Self {
            tasks: parent.tasks.clone(),
            edges: parent.edges.clone(),
            capabilities: parent.capabilities.clone(),
            output: parent.output.clone(),
            parent: parent.parent,
            ..self.clone()
        };
        (rest != *parent).then(|| "more than its tasks and edges is not what it was".to_owned())
    }
}

impl Conflict {
    pub(crate) fn withdrawn(task: &Task) -> Self {
        Self::Withdrawn(task.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn blueprint(json: serde_json::Value) -> Blueprint {
        serde_json::from_value(json).unwrap()
    }

    fn present() -> Blueprint {
        blueprint(json!({
            "name": "present",
            "tasks": [{"name": "a", "capability": "any"}, {"name": "b", "capability": "any"}],
            "edges": [{"from": "a", "to": "b"}],
            "capabilities": [{"name": "any"}],
            "deadline_ms": 5,
        }))
    }

    #[test]
    fn a_part_is_joined_once() {
        let part = blueprint(json!({
            "name": "part",
            "tasks": [{"name": "c", "capability": "other"}],
            "edges": [{"from": "b", "to": "c"}],
        }));
        let joined = present().joined_with(&part).unwrap().unwrap();
        assert_eq!((joined.tasks.len(), joined.edges.len()), (3, 2));
        assert_eq!((joined.parent, joined.deadline_ms), (Some(present().digest()), 5));
        assert_eq!(joined.problem_as_extension_of(&present()), None);
        assert_eq!(joined.joined_with(&part), Ok(None));
    }

    #[test]
    fn a_part_that_clashes_is_none() {
        let part = blueprint(json!({
            "name": "part",
            "tasks": [{"name": "a", "capability": "other"}],
            "deadline_ms": 7,
        }));
        assert_eq!(
            present().joined_with(&part),
            Err(vec![Conflict::NotAPart("deadline_ms"), Conflict::TaskName("a".to_owned())])
        );
    }

    #[test]
    fn what_was_withdrawn_stays_withdrawn() {
        let mut parent = present();
        parent.tasks[0].withdrawn = true;
        let mut next = Blueprint { parent: Some(parent.digest()), ..parent.clone() };
        assert_eq!(next.problem_as_extension_of(&parent), None);
        next.tasks[0].withdrawn = false;
        assert!(next.problem_as_extension_of(&parent).is_some());
    }

    #[test]
    fn what_changes_more_than_it_adds_is_no_extension() {
        let parent = Some(present().digest());
        let extension = |change: fn(&mut Blueprint)| {
            let mut next = Blueprint { parent, ..present() };
            next.tasks.push(Task { name: "c".to_owned(), ..Task::default() });
            change(&mut next);
            next.problem_as_extension_of(&present())
        };
        assert_eq!(extension(|_| {}), None);
        let less: [fn(&mut Blueprint); 2] = [
            |next| next.tasks[1].withdrawn = true,
            |next| drop(next.output.insert("x".to_owned(), "tasks.c.output".to_owned())),
        ];
        for change in less {
            assert_eq!(extension(change), None);
        }
        let changes: [fn(&mut Blueprint); 7] = [
            |next| next.parent = None,
            |next| next.tasks[0].capability = "other".to_owned(),
            |next| drop(next.tasks.remove(0)),
            |next| next.tasks.truncate(1),
            |next| next.edges.clear(),
            |next| next.capabilities.clear(),
            |next| next.deadline_ms = 6,
        ];
        for (place, change) in changes.into_iter().enumerate() {
            assert!(extension(change).is_some(), "{place}");
        }
    }
}
