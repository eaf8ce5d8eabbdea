//! The tasks and edges of a method, and those inside of its tasks, as they are written.

use std::collections::BTreeSet;

use goalpost_model::Edge;
use goalpost_model::limits::MAX_NESTING;
use serde_json::{Map, Value};

use crate::entry::fault_of_fact;
use crate::method::{Fallback, Graph, How, OwnInput, Step, Undo, Work};
use crate::template::Template;
use crate::{parse, raw};

/// What is around a graph.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// What the patterns of the method capture.
    pub(crate) captures: &'a BTreeSet<&'a str>,
    /// In how many tasks it is.
    pub(crate) depth: usize,
}

/// Reads the graph of a method, or one inside of a task.
pub(crate) fn read(body: raw::Body, around: Around<'_>, wrong: &mut Vec<String>) -> Graph {
    let raw::Body { tasks, edges, output } = body;
    let steps = tasks.into_iter().enumerate();
    let steps = steps.filter_map(|(place, value)| step(place, value, around, wrong)).collect();
    let edges = edges.into_iter().enumerate();
    let edges = edges.filter_map(|(place, value)| edge(place, value, wrong)).collect();
    Graph { steps, edges, output }
}

fn step(place: usize, value: Value, around: Around<'_>, wrong: &mut Vec<String>) -> Option<Step> {
    let name = value.get("name").and_then(Value::as_str);
    let of = name.map_or_else(|| format!("task {}", place + 1), |name| format!("task {name}"));
    let mut here = Vec::new();
    let step = parse::read(value, &mut here).and_then(|raw| task(raw, around, &mut here));
    wrong.extend(here.into_iter().map(|message| format!("{of}: {message}")));
    step
}

fn task(mut raw: raw::Task, around: Around<'_>, wrong: &mut Vec<String>) -> Option<Step> {
    let work = work(&mut raw, around, wrong)?;
    let fallback = raw.fallback.take().map(|fallback| self::fallback(fallback, &work, around, wrong));
    wrong.extend(raw.facts.keys().filter_map(|fact| fault_of_fact("facts", fact)));
    if work.is_planned() {
        let of_tasks = [
            ("branch", raw.branch.is_some()),
            ("retry", raw.retry.is_some()),
            ("timeouts", raw.timeouts.is_some()),
            ("extends", raw.extends),
            ("concurrency_key", raw.concurrency_key.is_some()),
            ("priority", raw.priority.is_some()),
            ("compensate_with", raw.compensate_with.is_some()),
            ("fallback", fallback.is_some()),
        ];
        for (field, _) in of_tasks.into_iter().filter(|(_, is_there)| *is_there) {
            wrong.push(format!("has a nested goal, so it cannot have {field}: its own tasks can"));
        }
    } else if !raw.facts.is_empty() {
        wrong.push("has no nested goal, so it cannot have facts: its data_flow brings what it needs".into());
    }
    Some(Step {
        name: raw.name,
        is_whole: false,
        work,
        facts: raw.facts,
        fallback,
        input: input(&raw.input, "input", around, wrong),
        data_flow: raw.data_flow,
        join: raw.join,
        rest: raw.rest,
        branch: raw.branch.unwrap_or_default(),
        retry: raw.retry.unwrap_or_default(),
        timeouts: raw.timeouts.unwrap_or_default(),
        extends: raw.extends,
        key: raw.concurrency_key,
        priority: raw.priority,
        undo: raw.compensate_with.map(|undo| compensation(undo, around, wrong)),
    })
}

fn work(raw: &mut raw::Task, around: Around<'_>, wrong: &mut Vec<String>) -> Option<Work> {
    let capability = raw.capability.take().map(Work::Capability);
    let goal = raw.goal.take().map(|goal| {
        let template = Template::parse_text(&goal).map_err(|message| wrong.push(format!("goal {message}")));
        // What is wrong is noted, so it does not matter what stands for it.
        Work::Goal(template.unwrap_or(Template::Constant(Value::Null)))
    });
    let goal_type = raw.goal_type.take().map(Work::GoalType);
    let wants = raw.wants.take().map(|facts| wants(facts, wrong));
    let for_each = raw.for_each.take().map(|list| {
        let raw::ForEach { concurrency, failures, body } = list;
        (How::ForEach { concurrency, failures }, body)
    });
    let repeat = raw.repeat.take().map(|repeat| {
        let raw::Loop { condition, max_iterations, body } = repeat;
        (How::Loop { condition, max_iterations }, body)
    });
    let run = raw.run.take().map(|run| (How::Run, body_of(run, wrong)));
    let bodies = [for_each, repeat, run].into_iter().flatten();
    let bodies = bodies.map(|(how, body)| Work::Body(how, inside(body, around, wrong)));
    let mut said: Vec<Work> =
        [capability, goal, goal_type, wants].into_iter().flatten().chain(bodies).collect();
    if said.len() != 1 {
        wrong.push(
            "has to have exactly one of capability, goal, goal_type, wants, for_each, loop and run".into(),
        );
        return None;
    }
    said.pop()
}

/// The facts that a step, or a whole method, is to find out.
pub(crate) fn wants(facts: Vec<String>, wrong: &mut Vec<String>) -> Work {
    if facts.is_empty() {
        wrong.push("wants is empty: name the facts that are to be found out".into());
    }
    wrong.extend(facts.iter().filter_map(|fact| fault_of_fact("wants", fact)));
    let is_twice = |(place, fact): (usize, &String)| facts.iter().take(place).any(|other| other == fact);
    if facts.iter().enumerate().any(is_twice) {
        wrong.push("wants names a fact twice".into());
    }
    Work::Wants(facts)
}

fn fallback(fallback: raw::Fallback, work: &Work, around: Around<'_>, wrong: &mut Vec<String>) -> Fallback {
    let raw::Fallback { capability, input: fields, data_flow, retry, timeouts } = fallback;
    if matches!(work, Work::Body(..)) {
        wrong.push("runs a graph, so it cannot have a fallback: the tasks of the graph can".into());
    }
    let is_own = fields.is_some() || data_flow.is_some();
    let own = is_own.then(|| OwnInput {
        input: input(&fields.unwrap_or_default(), "fallback.input", around, wrong),
        data_flow: data_flow.unwrap_or_default(),
    });
    Fallback { capability, own, retry, timeouts }
}

fn body_of(run: raw::Run, wrong: &mut Vec<String>) -> raw::Body {
    let raw::Run { body, digest } = run;
    if digest.is_some() {
        wrong.push("run.digest names a stored blueprint, and the planner knows none: write its body".into());
    } else if body.is_none() {
        wrong.push("run has no body".into());
    }
    body.unwrap_or_default()
}

fn inside(body: raw::Body, around: Around<'_>, wrong: &mut Vec<String>) -> Graph {
    let depth = around.depth + 1;
    if depth > MAX_NESTING {
        wrong.push(format!("has a graph that is inside of tasks deeper than {MAX_NESTING}"));
        return Graph::default();
    }
    read(body, Around { depth, ..around }, wrong)
}

fn compensation(undo: raw::Compensation, around: Around<'_>, wrong: &mut Vec<String>) -> Undo {
    let raw::Compensation { capability, input: fields, data_flow, retry, timeouts } = undo;
    let input = input(&fields, "compensate_with.input", around, wrong);
    Undo { capability, input, data_flow, retry, timeouts }
}

fn input(
    fields: &Map<String, Value>,
    path: &str,
    around: Around<'_>,
    wrong: &mut Vec<String>,
) -> Vec<(String, Template)> {
    unquoted(fields, path, around.captures, wrong);
    Template::parse_fields(fields, path, wrong)
}

fn edge(place: usize, value: Value, wrong: &mut Vec<String>) -> Option<Edge> {
    let mut here = Vec::new();
    let edge = parse::read(value, &mut here);
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
