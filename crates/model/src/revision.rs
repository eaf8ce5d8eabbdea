//! Plans that take the place of others in workflows that run: what of the present one is kept, and what is not.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{Blueprint, Conflict, Edge, Task};

impl Blueprint {
    /// The blueprint with which a workflow of this one goes on as `next` says: tasks of `next` that are there already are
    /// kept, the others are added, and what `next` does not have is withdrawn. `None` if nothing changes.
    ///
    /// A task is kept if `next` has one of its name with the same definition and the same edges to it. Of one that has
    /// ended only the name and the capability matter: its result stays.
    ///
    /// # Errors
    /// Names that mean something else, edges that come too late, and whatever `next` says otherwise that is a whole
    /// blueprint's to say; its output it may say.
    pub fn revised_by(
        &self,
        next: &Self,
        has_ended: impl Fn(&str) -> bool,
    ) -> Result<Option<Self>, Vec<Conflict>> {
        let own = Self { parent: Some(self.digest()), ..self.clone() };
        let mut conflicts = next.said_otherwise(&own);
        conflicts.extend(next.tasks.iter().filter(|task| task.withdrawn).map(Conflict::withdrawn));
        let kept = self.kept(next, &has_ended);
        conflicts.extend(self.clashes(next, &kept).map(|name| Conflict::OtherTask(name.to_owned())));
        conflicts.extend(self.late_edges(next, &kept));
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        let is_kept = |name: &str| kept.contains(name);
        let added: Vec<Task> = next.tasks.iter().filter(|task| !is_kept(&task.name)).cloned().collect();
        let edges: Vec<Edge> = next.edges.iter().filter(|edge| !is_kept(&edge.target)).cloned().collect();
        let is_withdrawn = |task: &Task| task.withdrawn || !is_kept(&task.name);
        if added.is_empty()
            && next.output == self.output
            && self.tasks.iter().all(|task| is_withdrawn(task) == task.withdrawn)
        {
            return Ok(None);
        }
        let mut revised = self.followed_by(added, edges);
        for task in revised.tasks.iter_mut().take(self.tasks.len()) {
            task.withdrawn = task.withdrawn || !kept.contains(task.name.as_str());
        }
        revised.output.clone_from(&next.output);
        Ok(Some(revised))
    }

    /// The names that tasks of `next` cannot have, because they mean others here.
    pub fn names_taken_from(&self, next: &Self, has_ended: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let kept = self.kept(next, &has_ended);
        self.clashes(next, &kept).map(str::to_owned).collect()
    }

    /// The capabilities that change something which tasks of this blueprint may use, and none of `parent` may, by name:
    /// see [`Blueprint::writes`].
    pub fn writes_gained_over(&self, parent: &Self) -> BTreeSet<String> {
        self.writes().difference(&parent.writes()).map(|name| (*name).to_owned()).collect()
    }

    /// The tasks of `next` that are those of this blueprint.
    fn kept<'a>(&'a self, next: &Self, has_ended: &impl Fn(&str) -> bool) -> HashSet<&'a str> {
        let planned: HashMap<&str, &Task> =
            next.tasks.iter().map(|task| (task.name.as_str(), task)).collect();
        let is_same = |task: &&Task| {
            let Some(planned) = planned.get(task.name.as_str()) else { return false };
            let same_work = planned.performs() == task.performs();
            !task.withdrawn && if has_ended(&task.name) { same_work } else { *planned == *task }
        };
        let mut kept: HashSet<&str> =
            self.tasks.iter().filter(is_same).map(|task| task.name.as_str()).collect();
        let withdrawn: HashSet<&str> =
            self.tasks.iter().filter(|task| task.withdrawn).map(|task| task.name.as_str()).collect();
        let (before, after) = (self.edges_by_target(), next.edges_by_target());
        // What waits for a task that is not kept is not kept either.
        loop {
            let stands = |name: &&str| {
                let edges = |all: &HashMap<&str, Vec<&Edge>>| {
                    let edges = all.get(name).into_iter().flatten().copied();
                    edges
                        .filter(|edge| !withdrawn.contains(edge.source.as_str()))
                        .cloned()
                        .collect::<Vec<_>>()
                };
                let (before, after) = (edges(&before), edges(&after));
                let are_same = before.len() == after.len() && before.iter().all(|edge| after.contains(edge));
                has_ended(name) || are_same && before.iter().all(|edge| kept.contains(edge.source.as_str()))
            };
            let standing: HashSet<&str> = kept.iter().copied().filter(stands).collect();
            if standing.len() == kept.len() {
                return kept;
            }
            kept = standing;
        }
    }

    fn edges_by_target(&self) -> HashMap<&str, Vec<&Edge>> {
        let mut edges: HashMap<&str, Vec<&Edge>> = HashMap::new();
        for edge in &self.edges {
            edges.entry(&edge.target).or_default().push(edge);
        }
        edges
    }

    /// Tasks of `next` whose names are taken by others here.
    fn clashes<'a>(&self, next: &'a Self, kept: &HashSet<&str>) -> impl Iterator<Item = &'a str> {
        let names: HashSet<&str> = self.tasks.iter().map(|task| task.name.as_str()).collect();
        let others: Vec<&str> = next
            .tasks
            .iter()
            .map(|task| task.name.as_str())
            .filter(|name| names.contains(name) && !kept.contains(name))
            .collect();
        others.into_iter()
    }

    /// Edges of `next` that lead to tasks which are kept and do not have them.
    fn late_edges(&self, next: &Self, kept: &HashSet<&str>) -> impl Iterator<Item = Conflict> {
        let before = self.edges_by_target();
        let is_late = |edge: &&Edge| {
            let known = before.get(edge.target.as_str());
            kept.contains(edge.target.as_str()) && known.is_none_or(|known| !known.contains(edge))
        };
        let conflict = |edge: &Edge| Conflict::EdgeToEnded {
            source_task: edge.source.clone(),
            target: edge.target.clone(),
        };
        next.edges.iter().filter(is_late).map(conflict).collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn blueprint(tasks: Value, edges: Value) -> Blueprint {
        let body = json!({
            "name": "trip", "tasks": tasks, "edges": edges,
            "capabilities": [{"name": "look", "effect": "read"}, {"name": "book"}, {"name": "cancel"}],
        });
        serde_json::from_value(body).unwrap()
    }

    /// `search` leads to `hotel` and `flight`, `flight` to `report`.
    fn present() -> Blueprint {
        blueprint(
            json!([
                {"name": "search", "capability": "look"},
                {"name": "hotel", "capability": "look", "input": {"stars": 3}},
                {"name": "flight", "capability": "look"},
                {"name": "report", "capability": "look"},
            ]),
            json!([
                {"from": "search", "to": "hotel"}, {"from": "search", "to": "flight"}, {"from": "flight", "to": "report"},
            ]),
        )
    }

    fn withdrawn(blueprint: &Blueprint) -> Vec<&str> {
        blueprint.tasks.iter().filter(|task| task.withdrawn).map(|task| task.name.as_str()).collect()
    }

    /// The same plan with a train in the place of the flight.
    fn by_train() -> Blueprint {
        blueprint(
            json!([
                {"name": "search", "capability": "look"},
                {"name": "hotel", "capability": "look", "input": {"stars": 3}},
                {"name": "train", "capability": "book"},
            ]),
            json!([{"from": "search", "to": "hotel"}, {"from": "hotel", "to": "train"}]),
        )
    }

    #[test]
    fn what_is_the_same_is_kept_what_is_missing_is_withdrawn_and_the_rest_is_added() {
        let revised = present().revised_by(&by_train(), |_| false).unwrap().unwrap();
        assert_eq!(withdrawn(&revised), ["flight", "report"]);
        assert_eq!((revised.tasks.len(), revised.edges.len()), (5, 4));
        assert_eq!(revised.problem_as_extension_of(&present()), None);
        // Once more it is another revision, and the same plan changes nothing.
        assert_eq!(revised.revised_by(&by_train(), |_| false), Ok(None));
        assert_eq!(present().revised_by(&present(), |_| false), Ok(None));
    }

    #[test]
    fn only_the_capability_of_what_has_ended_matters() {
        let mut next = by_train();
        next.tasks[1].input.clear();
        let clash = || Err(vec![Conflict::OtherTask("hotel".to_owned())]);
        assert_eq!(present().revised_by(&next, |_| false), clash());
        assert_eq!(present().names_taken_from(&next, |_| false), ["hotel".to_owned()].into());
        let revised = present().revised_by(&next, |task| task == "hotel").unwrap().unwrap();
        assert_eq!(withdrawn(&revised), ["flight", "report"]);
        assert_eq!(revised.tasks[1].input, present().tasks[1].input);
        next.tasks[1].capability = "book".to_owned();
        assert_eq!(present().revised_by(&next, |_| true), clash());
    }

    #[test]
    fn what_waits_for_something_else_is_another_task() {
        let mut next = present();
        next.edges.pop();
        let clash = Err(vec![Conflict::OtherTask("report".to_owned())]);
        assert_eq!(present().revised_by(&next, |_| false), clash);
        // The flight is another one, and so is what waits for it.
        let mut next = present();
        next.tasks[2].capability = "book".to_owned();
        let clashes: BTreeSet<String> = ["flight", "report"].map(str::to_owned).into();
        assert_eq!(present().names_taken_from(&next, |_| false), clashes);
    }

    #[test]
    fn edges_are_added_to_added_tasks_only() {
        let mut next = present();
        next.edges.push(Edge { source: "hotel".to_owned(), ..next.edges[2].clone() });
        let late = Conflict::EdgeToEnded { source_task: "hotel".to_owned(), target: "report".to_owned() };
        assert_eq!(present().revised_by(&next, |_| true), Err(vec![late]));
    }

    #[test]
    fn a_name_of_something_withdrawn_stays_taken() {
        let revised = present().revised_by(&by_train(), |_| true).unwrap().unwrap();
        let mut next = by_train();
        next.tasks.push(present().tasks[2].clone());
        let clash = Conflict::OtherTask("flight".to_owned());
        assert_eq!(revised.revised_by(&next, |_| true), Err(vec![clash]));
    }

    #[test]
    fn safeguards_are_not_the_plans_to_change_and_the_output_is() {
        let present = Blueprint { deadline_ms: 5, max_replans: 2, ..present() };
        let mut next = Blueprint { deadline_ms: 5, ..by_train() };
        next.output.insert("seat".to_owned(), "tasks.train.output".to_owned());
        let revised = present.revised_by(&next, |_| false).unwrap().unwrap();
        assert_eq!((revised.deadline_ms, revised.max_replans, revised.output.len()), (5, 2, 1));
        next.deadline_ms = 6;
        next.max_replans = 3;
        next.tasks[2].withdrawn = true;
        assert_eq!(
            present.revised_by(&next, |_| false),
            Err(vec![
                Conflict::NotAPart("deadline_ms"),
                Conflict::NotAPart("max_replans"),
                Conflict::Withdrawn("train".to_owned()),
            ])
        );
    }

    #[test]
    fn writes_are_gained_by_what_is_new_and_live() {
        let revised = present().revised_by(&by_train(), |_| false).unwrap().unwrap();
        assert_eq!(revised.writes_gained_over(&present()), ["book".to_owned()].into());
        assert_eq!(present().writes_gained_over(&revised), BTreeSet::new());
        let mut undone = present();
        let inner =
            json!({"name": "inner", "capability": "book", "compensate_with": {"capability": "cancel"}});
        undone.tasks.push(
            serde_json::from_value(json!({"name": "each", "for_each": {"body": {"tasks": [inner]}}}))
                .unwrap(),
        );
        assert_eq!(
            undone.writes_gained_over(&revised),
            ["cancel".to_owned()].into(),
            "the train books already"
        );
        undone.tasks.iter_mut().for_each(|task| task.withdrawn = true);
        assert_eq!(undone.writes_gained_over(&present()), BTreeSet::new());
    }
}
