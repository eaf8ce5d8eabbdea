//! Whether the facts of capabilities fit their schemas, and one another.

use std::collections::BTreeMap;

use goalpost_checker::{builtin, check, code};
use goalpost_model::{Blueprint, Capability, EdgeOn, Finding, Severity, Task};
use serde_json::Value;

use crate::entry::Entry;
use crate::splice::edge;

/// Needs and products that the schemas do not know.
pub(crate) fn mistakes(entry: &Entry) -> Vec<String> {
    let needs = entry.needs.keys().map(|path| (path.clone(), "goal.input.sample".to_owned())).collect();
    let own = std::slice::from_ref(&entry.capability);
    let named = &entry.capability.name;
    let whole =
        |task: Task| Blueprint { name: "sample".to_owned(), tasks: vec![task], ..Blueprint::default() };
    let taking = whole(Task { data_flow: needs, ..task("sample", named) });
    let of_needs = [code::UNKNOWN_INPUT_FIELD, code::OVERLAPPING_PATHS, code::BAD_PATH];
    let mut wrong: Vec<String> =
        found(&taking, own, &of_needs).into_iter().map(|message| format!("needs: {message}")).collect();
    for (fact, path) in &entry.produces {
        let giving = flowing(named, path, builtin::TRANSFORM, "sample");
        let told = found(&giving, own, &[code::UNKNOWN_OUTPUT_FIELD]);
        if told.is_empty() {
            wrong.extend(may_be_absent(&entry.capability, path).map(|field| {
                format!("produces: {fact}: its output does not always have {field}: list it in required")
            }));
        }
        wrong.extend(told.into_iter().map(|message| format!("produces: {fact}: {message}")));
    }
    wrong
}

/// What keeps the planner from chaining it by its facts.
pub(crate) fn warnings(entry: &Entry) -> Vec<String> {
    // One that says no needs is for methods alone.
    if entry.produces.is_empty() || entry.needs.is_empty() {
        return Vec::new();
    }
    missing_needs(entry)
        .map(|name| format!("requires '{name}', which is none of its needs: no plan is chained with it"))
        .collect()
}

/// Fields that its input has to have and that none of its needs fills.
pub(crate) fn missing_needs(entry: &Entry) -> impl Iterator<Item = &str> {
    let schema = entry.capability.input_schema.as_ref();
    let required = schema.and_then(|schema| schema.get("required")).and_then(Value::as_array);
    let is_filled = |name: &&str| entry.needs.keys().any(|path| path.split('.').next() == Some(*name));
    required.into_iter().flatten().filter_map(Value::as_str).filter(move |name| !is_filled(name))
}

/// Facts whose producers and needs do not fit: the name of the capability that needs one, and what is wrong.
pub(crate) fn between(entries: &BTreeMap<String, Entry>) -> Vec<(String, String)> {
    let mut producers: BTreeMap<&str, Vec<(&Entry, &str)>> = BTreeMap::new();
    for entry in entries.values() {
        for (fact, path) in &entry.produces {
            producers.entry(fact).or_default().push((entry, path));
        }
    }
    let mut wrong = Vec::new();
    for entry in entries.values() {
        for (path, fact) in &entry.needs {
            // What producers give alike is looked at once.
            let mut looked_at: Vec<Option<&Value>> = Vec::new();
            for (producer, from) in producers.get(fact.as_str()).into_iter().flatten() {
                let schema = schema_at(&producer.capability, from);
                if looked_at.contains(&schema) {
                    continue;
                }
                looked_at.push(schema);
                let both = [producer.capability.clone(), entry.capability.clone()];
                let blueprint = flowing(&producer.capability.name, from, &entry.capability.name, path);
                let told = found(&blueprint, &both, &[code::WRONG_INPUT_TYPE]).into_iter();
                let name = &producer.capability.name;
                wrong.extend(told.map(|message| {
                    (
                        entry.capability.name.clone(),
                        format!("needs: {fact}, as {name} produces it, does not fit: {message}"),
                    )
                }));
            }
        }
    }
    wrong
}

fn task(name: &str, capability: &str) -> Task {
    Task { name: name.to_owned(), capability: capability.to_owned(), ..Task::default() }
}

/// A blueprint in which a fact flows from one capability to another.
fn flowing(from: &str, path: &str, to: &str, into: &str) -> Blueprint {
    // What the checker says names the task.
    let name = from.replace(['.', '-'], "_");
    let flow = [(into.to_owned(), format!("tasks.{name}.{path}"))].into();
    let edges = vec![edge(&name, EdgeOn::Success, "needing_it", flow)];
    let tasks = vec![task(&name, from), task("needing_it", to)];
    Blueprint { name: "sample".to_owned(), tasks, edges, ..Blueprint::default() }
}

/// What the checker finds with one of these codes.
fn found(blueprint: &Blueprint, capabilities: &[Capability], codes: &[&str]) -> Vec<String> {
    let findings: Vec<Finding> = check(blueprint, &capabilities.to_vec()).findings;
    let is_wanted =
        |finding: &Finding| finding.severity == Severity::Error && codes.contains(&finding.code.as_ref());
    findings.into_iter().filter(is_wanted).map(|finding| finding.message).collect()
}

/// The schema of what is at a path of the output, as far as it is said.
fn schema_at<'a>(capability: &'a Capability, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('.').skip(1);
    steps.try_fold(capability.output_schema.as_ref()?, |schema, step| schema.get("properties")?.get(step))
}

/// The part of the path that an output may lack.
fn may_be_absent<'p>(capability: &Capability, path: &'p str) -> Option<&'p str> {
    let mut schema = capability.output_schema.as_ref()?;
    let mut end = path.find('.')?;
    for step in path.split('.').skip(1) {
        end += 1 + step.len();
        let required = schema.get("required").and_then(Value::as_array);
        if !required.is_some_and(|names| names.iter().any(|name| name == step)) {
            return path.get(..end);
        }
        schema = schema.get("properties")?.get(step)?;
    }
    None
}
