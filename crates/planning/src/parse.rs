//! From a method as it is written to a method that can be used; notes everything wrong on the way.

use std::collections::BTreeSet;

use goalpost_model::Edge;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::method::{Method, Step, Work};
use crate::mistake::{Mistake, Place};
use crate::pattern::Pattern;
use crate::placeholder::is_identifier;
use crate::precondition::Precondition;
use crate::raw;
use crate::template::{Placeholder, Template};
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
    let steps: Vec<Step> = raw
        .tasks
        .into_iter()
        .enumerate()
        .filter_map(|(place, value)| step(place, value, &captures, wrong))
        .collect();
    let edges: Vec<Edge> =
        raw.edges.into_iter().enumerate().filter_map(|(place, value)| edge(place, value, wrong)).collect();
    unbound(&patterns, &steps, wrong);
    let result = result(raw.result, &steps, &edges, wrong);
    Method {
        name: raw.name,
        description: raw.description,
        goal_type: raw.goal_type,
        patterns,
        when,
        priority: raw.priority,
        deadline_ms: raw.deadline_ms,
        output: raw.output,
        steps,
        edges,
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

fn step(place: usize, value: Value, captures: &BTreeSet<&str>, wrong: &mut Vec<String>) -> Option<Step> {
    let name = value.get("name").and_then(Value::as_str);
    let of = name.map_or_else(|| format!("task {}", place + 1), |name| format!("task {name}"));
    let mut here = Vec::new();
    let step = read(value, &mut here).and_then(|raw| task(raw, captures, &mut here));
    wrong.extend(here.into_iter().map(|message| format!("{of}: {message}")));
    step
}

fn task(raw: raw::Task, captures: &BTreeSet<&str>, wrong: &mut Vec<String>) -> Option<Step> {
    let work = match (raw.capability, raw.goal, raw.goal_type) {
        (Some(capability), None, None) => Work::Capability(capability),
        (None, Some(goal), None) => {
            let template = Template::parse_text(&goal);
            Work::Goal(template.map_err(|message| wrong.push(format!("goal {message}"))).ok()?)
        }
        (None, None, Some(goal_type)) => Work::GoalType(goal_type),
        _ => {
            wrong.push("has to have exactly one of capability, goal and goal_type".into());
            return None;
        }
    };
    if !matches!(work, Work::Capability(_)) {
        let of_tasks = [
            ("branch", raw.branch.is_some()),
            ("retry", raw.retry.is_some()),
            ("timeouts", raw.timeouts.is_some()),
        ];
        for (field, _) in of_tasks.into_iter().filter(|(_, is_there)| *is_there) {
            wrong.push(format!("has a nested goal, so it cannot have {field}: its own tasks can"));
        }
    }
    unquoted(&raw.input, "input", captures, wrong);
    Some(Step {
        name: raw.name,
        work,
        input: Template::parse_fields(&raw.input, "input", wrong),
        data_flow: raw.data_flow,
        join: raw.join,
        rest: raw.rest,
        branch: raw.branch.unwrap_or_default(),
        retry: raw.retry.unwrap_or_default(),
        timeouts: raw.timeouts.unwrap_or_default(),
    })
}

fn edge(place: usize, value: Value, wrong: &mut Vec<String>) -> Option<Edge> {
    let mut here = Vec::new();
    let edge = read(value, &mut here);
    wrong.extend(here.into_iter().map(|message| format!("edge {}: {message}", place + 1)));
    edge
}

/// `{city}` without quotes is a map in YAML; nobody means `{city: null}`.
fn unquoted(fields: &Map<String, Value>, path: &str, captures: &BTreeSet<&str>, wrong: &mut Vec<String>) {
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        let Value::Object(inner) = value else { continue };
        match inner.iter().next() {
            Some((name, Value::Null)) if inner.len() == 1 && captures.contains(name.as_str()) => {
                wrong.push(format!(
                    "{path} is the YAML map {{{name}: null}}: write \"{{{name}}}\", in quotes"
                ));
            }
            _ => unquoted(inner, &path, captures, wrong),
        }
    }
}

/// Every pattern has to capture what the tasks use as `{name}`.
fn unbound(patterns: &[Pattern], steps: &[Step], wrong: &mut Vec<String>) {
    for step in steps {
        let input = step.input.iter().flat_map(|(_, template)| template.placeholders());
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
fn result(named: Option<String>, steps: &[Step], edges: &[Edge], wrong: &mut Vec<String>) -> Option<String> {
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
