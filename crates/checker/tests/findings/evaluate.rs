//! Evaluating an expression as a workflow does.

use std::fmt;
use std::panic::catch_unwind;

use goalpost_checker::{Scope, TaskView, check, compile};
use goalpost_model::{Blueprint, Severity};
use serde_json::{Map, Value, json};

/// What became of an expression.
pub(crate) enum Outcome {
    Value(Value),
    /// By the checker, with the codes of its errors.
    Refused(String),
    Failed(String),
    Panicked,
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(out, "{value}"),
            Self::Refused(codes) => write!(out, "refused: {codes}"),
            Self::Failed(error) => write!(out, "error: {error}"),
            Self::Panicked => write!(out, "a panic"),
        }
    }
}

/// The value of an expression over a goal's input.
pub(crate) fn evaluate(expression: &str, input: &Map<String, Value>) -> Outcome {
    catch_unwind(|| run(expression, input)).unwrap_or(Outcome::Panicked)
}

fn run(expression: &str, input: &Map<String, Value>) -> Outcome {
    let checked = check(&transforming(expression), &Vec::new());
    let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let codes: Vec<&str> = errors.map(|finding| finding.code.as_str()).collect();
    let Some(complete) = checked.blueprint else { return Outcome::Refused(codes.join(", ")) };
    let compiled = compile(&complete).unwrap();
    match compiled.graph.tasks[0].input(&compiled.graph, &Goal(input), &[]) {
        Ok(mut input) => Outcome::Value(input.remove("x").unwrap()),
        Err(failure) => Outcome::Failed(reason(&failure.message).to_owned()),
    }
}

/// Without the expression, which comes before it.
fn reason(message: &str) -> &str {
    message.split_once("`: ").map_or(message, |(_, reason)| reason)
}

fn transforming(expression: &str) -> Blueprint {
    let task = json!({"name": "a", "capability": "goalpost.transform", "data_flow": {"x": expression}});
    serde_json::from_value(json!({"name": "conformance", "tasks": [task]})).unwrap()
}

struct Goal<'a>(&'a Map<String, Value>);

impl Scope for Goal<'_> {
    fn goal_text(&self) -> &str {
        ""
    }

    fn goal_input(&self) -> &Map<String, Value> {
        self.0
    }

    fn task(&self, _: usize) -> TaskView<'_> {
        unreachable!("no case reads a task")
    }
}
