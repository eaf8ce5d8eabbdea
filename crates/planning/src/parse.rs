//! From a method as it is written to a method that can be used; notes everything wrong on the way.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::graph::{self, Around};
use crate::method::{Graph, Method, Safeguards, Work};
use crate::mistake::{Mistake, Place};
use crate::pattern::Pattern;
use crate::placeholder::is_identifier;
use crate::precondition::Precondition;
use crate::raw;
use crate::template::Placeholder;
use crate::yaml::Item;

/// Reads a method; `None` if nothing of it can be read. It may only be used if there are no new mistakes.
pub(crate) fn method(item: Item, mistakes: &mut Vec<Mistake>) -> Option<Method> {
    let mut wrong = Vec::new();
    let method = read(item.value, &mut wrong).map(|raw| build(raw, &item.place, &mut wrong));
    mistakes.extend(wrong.into_iter().map(|message| item.place.mistake(message)));
    method
}

/// Reads one value, noting why it cannot be read.
pub(crate) fn read<T: DeserializeOwned>(value: Value, wrong: &mut Vec<String>) -> Option<T> {
    serde_json::from_value(value).map_err(|error| wrong.push(error.to_string())).ok()
}

fn build(raw: raw::Method, place: &Place, wrong: &mut Vec<String>) -> Method {
    let patterns = compiled("pattern", &raw.patterns, wrong);
    if raw.patterns.is_empty() && raw.goal_type.as_ref().is_none_or(String::is_empty) {
        wrong.push("has neither patterns nor a type, so no goal can reach it".into());
    }
    let when = raw.when.and_then(|source| {
        let precondition = Precondition::parse(&source);
        precondition.map_err(|message| wrong.push(format!("when: {message}"))).ok()
    });
    let captures: BTreeSet<&str> =
        patterns.iter().flat_map(|pattern| pattern.captures.iter().map(String::as_str)).collect();
    let body = raw::Body { tasks: raw.tasks, edges: raw.edges, output: raw.output };
    let graph = graph::read(body, Around { captures: &captures, depth: 0 }, wrong);
    unbound(&patterns, &graph, wrong);
    let result = result(raw.result, &graph, wrong);
    Method {
        name: raw.name,
        description: raw.description,
        goal_type: raw.goal_type,
        patterns,
        when,
        priority: raw.priority,
        safeguards: Safeguards {
            deadline_ms: raw.deadline_ms,
            require_compensation: raw.require_compensation,
            max_tasks: raw.max_tasks,
            budget: raw.budget,
        },
        graph,
        result,
        place: place.clone(),
    }
}

fn compiled(kind: &str, sources: &[String], wrong: &mut Vec<String>) -> Vec<Pattern> {
    let mut compile = |source: &String| {
        let pattern = Pattern::parse(source);
        pattern.map_err(|message| wrong.push(format!("the {kind} \"{source}\" {message}"))).ok()
    };
    sources.iter().filter_map(&mut compile).collect()
}

/// Every pattern has to capture what the tasks use as `{name}`.
fn unbound(patterns: &[Pattern], graph: &Graph, wrong: &mut Vec<String>) {
    for step in graph.all_steps() {
        let undone_with = step.undo.iter().flat_map(|undo| &undo.input);
        let input = step.input.iter().chain(undone_with).flat_map(|(_, template)| template.placeholders());
        let goal = if let Work::Goal(template) = &step.work { template.placeholders() } else { Vec::new() };
        let used: BTreeSet<&Placeholder> =
            input.chain(goal).filter(|placeholder| placeholder.is_capture).collect();
        for placeholder in used {
            let name = &placeholder.path[0];
            for pattern in patterns.iter().filter(|pattern| !pattern.captures.contains(name)) {
                wrong.push(format!(
                    "task {}: uses {{{}}}, which the pattern \"{}\" does not capture (write {{input.{}}} if it comes with the goal's input)",
                    step.name, placeholder.source, pattern.source, placeholder.source
                ));
            }
        }
    }
}

/// The task that stands for the whole: the one named, or the only one without an edge out of it.
fn result(named: Option<String>, graph: &Graph, wrong: &mut Vec<String>) -> Option<String> {
    let Graph { steps, edges, .. } = graph;
    if let Some(name) = named {
        if steps.iter().all(|step| step.name != name) {
            wrong.push(format!("result names '{name}', which is no task of the method"));
        }
        return Some(name);
    }
    let sources: BTreeSet<&str> = edges.iter().map(|edge| edge.source.as_str()).collect();
    let mut last = steps.iter().filter(|step| !sources.contains(step.name.as_str()));
    match (last.next(), last.next()) {
        (Some(only), None) => Some(only.name.clone()),
        _ => None,
    }
}

/// Whether a name is fit for a capability, a method or a goal type: identifiers joined by dots or dashes.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= goalpost_model::limits::MAX_NAME_BYTES
        && name.split('.').all(|part| is_identifier(&part.replace('-', "_")))
}
