//! From a method as it is written to a method that can be used; notes everything wrong on the way.

use std::collections::BTreeSet;

use goalpost_model::EdgeOn;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::graph::{self, Around};
use crate::method::{Graph, Kind, Method, Safeguards, Step, Work};
use crate::mistake::{Mistake, Place};
use crate::namespaces::Namespaces;
use crate::parameters::Parameters;
use crate::pattern::Pattern;
use crate::placeholder::is_identifier;
use crate::precondition::Precondition;
use crate::raw;
use crate::template::Placeholder;
use crate::yaml::Item;

/// The name of the only step of a method that only wants facts.
const WANTED: &str = "wanted";

/// Reads a method; `None` if nothing of it can be read. It may only be used if there are no new mistakes.
pub(crate) fn method(item: Item, mistakes: &mut Vec<Mistake>) -> Option<Method> {
    let mut wrong = Vec::new();
    let kind = if item.kind == Kind::Template.word() { Kind::Template } else { Kind::Method };
    let method = read(item.value, &mut wrong).map(|raw| build(kind, raw, &item.place, &mut wrong));
    mistakes.extend(wrong.into_iter().map(|message| item.place.mistake(message)));
    method
}

/// Reads one value, noting why it cannot be read.
pub(crate) fn read<T: DeserializeOwned>(value: Value, wrong: &mut Vec<String>) -> Option<T> {
    serde_json::from_value(value).map_err(|error| wrong.push(error.to_string())).ok()
}

fn build(kind: Kind, raw: raw::Method, place: &Place, wrong: &mut Vec<String>) -> Method {
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
    let graph = if raw.wants.is_empty() {
        if body.tasks.is_empty() {
            wrong.push("has neither tasks nor facts that it wants".into());
        }
        graph::read(body, Around { captures: &captures, depth: 0 }, wrong)
    } else {
        let is_alone = body.tasks.is_empty() && body.edges.is_empty() && body.output.is_empty();
        if !is_alone || raw.result.is_some() {
            wrong.push(
                "wants facts, so it cannot have tasks, edges, output and result: the planner finds them"
                    .into(),
            );
        }
        finding_out(raw.wants, wrong)
    };
    unbound(&patterns, &graph, wrong);
    fallbacks(&graph, wrong);
    let result = result(raw.result, &graph, wrong);
    if kind == Kind::Template {
        wrong.extend(holes(&graph));
    }
    let parameters = raw.input_schema.and_then(|schema| {
        Parameters::parse(schema).map_err(|message| wrong.push(format!("input_schema {message}"))).ok()
    });
    Method {
        kind,
        name: raw.name,
        description: raw.description,
        goal_type: raw.goal_type,
        patterns,
        when,
        parameters,
        namespaces: Namespaces::parse(raw.namespaces, wrong),
        priority: raw.priority,
        safeguards: Safeguards {
            deadline_ms: raw.deadline_ms,
            require_compensation: raw.require_compensation,
            max_tasks: raw.max_tasks,
            budget: raw.budget,
            max_replans: raw.max_replans,
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

/// The graph of a method that only says what is to be found out.
fn finding_out(facts: Vec<String>, wrong: &mut Vec<String>) -> Graph {
    let output_of = |fact: &String| (fact.clone(), format!("tasks.{WANTED}.output.{fact}"));
    let output = facts.iter().map(output_of).collect();
    let step = Step { name: WANTED.to_owned(), is_whole: true, ..Step::of(graph::wants(facts, wrong)) };
    Graph { steps: vec![step], edges: Vec::new(), output }
}

/// An edge leaves a task with a fallback when the task has an output, or when the fallback has failed, too.
fn fallbacks(graph: &Graph, wrong: &mut Vec<String>) {
    let has_fallback =
        |name: &str| graph.steps.iter().any(|step| step.name == name && step.fallback.is_some());
    let always = graph.edges.iter().filter(|edge| edge.on == EdgeOn::Always && has_fallback(&edge.source));
    for edge in always {
        wrong.push(format!(
            "edge {} -> {}: is always taken, but {} has a fallback: write one edge on success and one on failure",
            edge.source, edge.target, edge.source
        ));
    }
    let inside = graph.steps.iter().filter_map(|step| match &step.work {
        Work::Body(_, inner) => Some(inner),
        _ => None,
    });
    inside.for_each(|inner| fallbacks(inner, wrong));
}

/// What of a template would still have to be planned.
fn holes(graph: &Graph) -> Vec<String> {
    let holes = graph.all_steps().filter(|step| step.work.is_planned());
    holes
        .map(|step| {
            format!("task {}: a template is whole, so it has no nested goals: make it a method", step.name)
        })
        .collect()
}

/// Every pattern has to capture what the tasks use as `{name}`.
fn unbound(patterns: &[Pattern], graph: &Graph, wrong: &mut Vec<String>) {
    for step in graph.all_steps() {
        let undone_with = step.undo.iter().flat_map(|undo| &undo.input);
        let instead = step.fallback.iter().filter_map(|fallback| fallback.own.as_ref());
        let instead = instead.flat_map(|own| &own.input);
        let input = step
            .input
            .iter()
            .chain(undone_with)
            .chain(instead)
            .flat_map(|(_, template)| template.placeholders());
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
