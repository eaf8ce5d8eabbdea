//! What is different between two blueprints, as graphs.

mod fields;
mod pairs;
mod people;

use goalpost_model::{Blueprint, Capability, Edge, Task};
use serde::Serialize;
use serde_json::Value;

use fields::changed_fields;
use pairs::{Key, pairs};

/// What is different between two blueprints. Empty if their digests are the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// The digest of the first.
    pub before: String,
    /// The digest of the second.
    pub after: String,
    /// In the order of the second; what was removed comes last.
    pub changes: Vec<Change>,
}

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// `task fetch`, `edge fetch -> report`, `capability weather.fetch`, or empty for the blueprint itself.
    pub node: String,
    /// What became of it.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is there in both, but its fields differ.
    Changed {
        /// Those that differ.
        fields: Vec<FieldChange>,
    },
    /// Only its place among the others is another.
    Reordered,
    /// The second takes the place of the first, and does without it.
    Withdrawn,
    /// The second takes the place of the first, and keeps it.
    Kept,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Its name, dotted: `retry.max_attempts`.
    pub field: String,
    /// Its value in the first; absent if it is as usual there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Its value in the second; absent if it is as usual there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Compares two blueprints. Tasks and capabilities are the same by their names, edges by their ends, and
/// among several of the same ends by `on`.
pub fn difference(before: &Blueprint, after: &Blueprint) -> Difference {
    let mut changes = Vec::new();
    changes.extend(changed(String::new(), &own(before), &own(after)));

    let by_name: &[Key<Task>] = &[|task| task.name.clone()];
    let task_node = |task: &Task| format!("task {}", task.name);
    parts(&before.tasks, &after.tasks, by_name, task_node, &mut changes);
    if after.parent == Some(before.digest()) {
        tell_revision(before, after, task_node, &mut changes);
    }
    let by_ends: &[Key<Edge>] = &[
        |edge| canonical(edge),
        |edge| format!("{}\0{}\0{:?}", edge.source, edge.target, edge.on),
        |edge| format!("{}\0{}", edge.source, edge.target),
    ];
    let way = |edge: &Edge| format!("edge {} -> {}", edge.source, edge.target);
    parts(&before.edges, &after.edges, by_ends, way, &mut changes);
    let by_name: &[Key<Capability>] = &[|capability| capability.name.clone()];
    let name = |capability: &Capability| format!("capability {}", capability.name);
    parts(&before.capabilities, &after.capabilities, by_name, name, &mut changes);

    let (before, after) = (before.digest(), after.digest());
    if changes.is_empty() && before != after {
        changes.push(Change { node: String::new(), kind: Kind::Reordered });
    }
    Difference { before: before.to_string(), after: after.to_string(), changes }
}

/// What becomes of the tasks of a plan whose place another one takes.
fn tell_revision(
    before: &Blueprint,
    after: &Blueprint,
    node: impl Fn(&Task) -> String,
    changes: &mut Vec<Change>,
) {
    let is_withdrawal = |field: &FieldChange| field.field == "withdrawn" && field.after == Some(true.into());
    for change in &mut *changes {
        if let Kind::Changed { fields } = &change.kind
            && fields.len() == 1
            && fields.iter().all(is_withdrawal)
        {
            change.kind = Kind::Withdrawn;
        }
    }
    let kept = before.tasks.iter().zip(&after.tasks).filter(|(old, new)| old == new && !new.withdrawn);
    changes.extend(kept.map(|(task, _)| Change { node: node(task), kind: Kind::Kept }));
}

impl Difference {
    /// Whether both are one blueprint.
    pub fn is_empty(&self) -> bool {
        self.before == self.after
    }
}

/// The fields of a blueprint that are no parts of the graph.
fn own(blueprint: &Blueprint) -> Value {
    let (tasks, edges, capabilities) = (Vec::new(), Vec::new(), Vec::new());
    value(&Blueprint { tasks, edges, capabilities, ..blueprint.clone() })
}

fn parts<T: Serialize>(
    before: &[T],
    after: &[T],
    keys: &[Key<T>],
    name: impl Fn(&T) -> String,
    changes: &mut Vec<Change>,
) {
    for pair in pairs(before, after, keys) {
        match pair {
            (Some(old), Some(new)) => changes.extend(changed(name(new), &value(old), &value(new))),
            (None, Some(new)) => changes.push(Change { node: name(new), kind: Kind::Added }),
            (Some(old), None) => changes.push(Change { node: name(old), kind: Kind::Removed }),
            (None, None) => {}
        }
    }
}

fn changed(node: String, before: &Value, after: &Value) -> Option<Change> {
    let fields = changed_fields(before, after);
    (!fields.is_empty()).then_some(Change { node, kind: Kind::Changed { fields } })
}

/// Each part of a blueprint has a JSON form.
fn value(part: &impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

fn canonical(part: &impl Serialize) -> String {
    goalpost_model::canonical_json(&value(part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn blueprint(more: &str) -> Blueprint {
        let text = format!(
            "name: sample\ntasks: [{{name: a, capability: any}}, {{name: b, capability: any}}]\n{more}"
        );
        crate::read(&text).unwrap().blueprint
    }

    /// What a person reads, without the digests.
    fn shown(before: &Blueprint, after: &Blueprint) -> String {
        let shown = difference(before, after).to_string();
        shown.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_blueprint_is_as_itself() {
        let one = blueprint("edges: [{from: a, to: b}]");
        let same = difference(&one, &one);
        assert!(same.is_empty() && same.changes.is_empty());
        assert_eq!(same.to_string(), format!("the same: {}\n", one.digest()));
    }

    #[test]
    fn tasks_are_the_same_by_name() {
        let before = blueprint("");
        let mut after = before.clone();
        after.tasks[0].retry.max_attempts = 3;
        after.tasks[0].input.insert("city".to_owned(), json!("Seattle"));
        after.tasks[1].name = "c".to_owned();
        after.deadline_ms = 5;
        let expected = "\
~ blueprint
    deadline_ms: (as usual) -> 5
~ task a
    input.city: (as usual) -> \"Seattle\"
    retry.max_attempts: (as usual) -> 3
+ task c
- task b
";
        assert_eq!(shown(&before, &after), expected);
    }

    #[test]
    fn edges_are_the_same_by_their_ends_and_then_by_what_they_wait_for() {
        let before = blueprint(
            "edges: [{from: a, to: b, condition: x}, {from: a, to: b, on: failure}, {from: b, to: a}]",
        );
        let after = blueprint(
            "edges: [{from: a, to: b, on: failure}, {from: a, to: b, condition: y}, {from: a, to: a}]",
        );
        let expected = "\
~ edge a -> b
    condition: \"x\" -> \"y\"
+ edge a -> a
- edge b -> a
";
        assert_eq!(shown(&before, &after), expected);
        let always = blueprint("edges: [{from: a, to: b, on: always}]");
        let failure = blueprint("edges: [{from: a, to: b, on: failure}]");
        assert_eq!(shown(&always, &failure), "~ edge a -> b\n    on: \"always\" -> \"failure\"\n");
    }

    #[test]
    fn what_another_plan_withdraws_keeps_and_adds_is_told() {
        let before = blueprint("");
        let mut after = before.clone();
        after.parent = Some(before.digest());
        after.tasks[1].withdrawn = true;
        after.tasks.push(Task { name: "c".to_owned(), ..before.tasks[0].clone() });
        let expected = format!(
            "~ blueprint\n    parent: (as usual) -> \"{}\"\nx task b: withdrawn\n+ task c\n= task a: kept\n",
            before.digest()
        );
        assert_eq!(shown(&before, &after), expected);
    }

    #[test]
    fn another_order_is_another_blueprint() {
        let before = blueprint("");
        let mut after = before.clone();
        after.tasks.reverse();
        assert_eq!(shown(&before, &after), "~ blueprint: the same parts in another order\n");
    }

    #[test]
    fn what_programs_read_says_the_same() {
        let (before, after) = (blueprint(""), blueprint("edges: [{from: a, to: b}]"));
        let value = serde_json::to_value(difference(&before, &after)).unwrap();
        assert_eq!(value["changes"], json!([{"node": "edge a -> b", "kind": "added"}]));
        assert_eq!(value["before"], before.digest().to_string());
    }

    #[test]
    fn many_edges_are_compared_at_once() {
        let mut before = blueprint("edges: [{from: a, to: b}]");
        before.edges = vec![before.edges[0].clone(); 50_000];
        let mut after = before.clone();
        after.edges.iter_mut().for_each(|edge| edge.condition = "goal.text".to_owned());
        assert_eq!(difference(&before, &after).changes.len(), 50_000);
    }
}
