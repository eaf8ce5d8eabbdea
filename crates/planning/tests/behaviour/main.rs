//! What the planner does, seen from outside.
#![cfg(test)]

mod anew;
mod backtracking;
mod bad_catalogs;
mod branches;
mod chaining;
mod choosing;
mod demo;
mod determinism;
mod documentation;
mod examples;
mod fallbacks;
mod filling;
mod llm;
mod nested;
mod random;
mod replanning;
mod templates;
mod versions;
mod words;

use goalpost_model::{Blueprint, Edge};
use goalpost_planning::{Catalog, GoalRequest, Plan, Source, plan};
use serde_json::{Map, Value};

const DEMO: &str = include_str!("../../../../catalogs/weather.yaml");

/// Capabilities that take and give anything.
const CAPABILITIES: &str = "
capabilities:
  - { name: a, effect: read }
  - { name: b, effect: read }
  - { name: c, effect: write }
";

/// The catalog of `CAPABILITIES` and these methods.
fn catalog(methods: &str) -> Catalog {
    let sources = [
        Source { name: "capabilities.yaml", text: CAPABILITIES },
        Source { name: "methods.yaml", text: methods },
    ];
    match Catalog::parse(&sources) {
        Ok(catalog) => catalog,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

fn plan_of(methods: &str, goal: &GoalRequest) -> Plan {
    plan(&catalog(methods), goal).unwrap_or_else(|no_plan| panic!("{no_plan}"))
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn with_input(text: &str, input: Value) -> GoalRequest {
    GoalRequest { text: text.to_owned(), input: object(input), ..GoalRequest::default() }
}

fn names(blueprint: &Blueprint) -> Vec<&str> {
    blueprint.tasks.iter().map(|task| task.name.as_str()).collect()
}

fn arrows(blueprint: &Blueprint) -> Vec<String> {
    let arrow = |edge: &Edge| format!("{} -> {}", edge.source, edge.target);
    blueprint.edges.iter().map(arrow).collect()
}

fn input_of<'a>(blueprint: &'a Blueprint, task: &str) -> &'a Map<String, Value> {
    &blueprint.tasks.iter().find(|other| other.name == task).unwrap().input
}
