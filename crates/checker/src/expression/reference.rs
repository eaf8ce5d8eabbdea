//! docs/cel.md: what it shows is so, and everything that is allowed is in it.
//!
//! `UPDATE_CEL=1 cargo test -p goalpost-checker` writes anew what the examples give, into the page.

use cel::IdedExpr;
use cel::common::ast::Expr;
use goalpost_model::limits::MAX_EXPRESSION_BYTES;
use goalpost_model::{Failure, TaskState};
use serde_json::{Map, Value};

use super::path::children;
use super::{Expression, Sees, TaskNames, Type, analyse, functions, limits, tree};
use crate::names::Suggestions;
use crate::{Scope, TaskView};

const PAGE: &str = include_str!("../../../../docs/cel.md");
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cel.md");

/// The workflow of the page.
struct Sample {
    goal: Value,
    tasks: Vec<(String, Value, Option<Failure>)>,
}

impl Sample {
    fn of_page() -> Self {
        let (_, rest) = PAGE.split_once("```json\n").unwrap();
        let whole: Value = serde_json::from_str(rest.split_once("```").unwrap().0).unwrap();
        let task = |(name, task): (&String, &Value)| {
            let error = |error: &Value| serde_json::from_value(error.clone()).unwrap();
            (name.clone(), task.clone(), task.get("error").map(error))
        };
        let tasks = whole["tasks"].as_object().unwrap().iter().map(task).collect();
        Self { goal: whole["goal"].clone(), tasks }
    }

    /// As the page writes it.
    fn result(&self, text: &str) -> String {
        let names = TaskNames::new(self.tasks.iter().map(|(name, ..)| name.as_str()), &[]);
        let tree = tree(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
        let sees = Sees::new(self.tasks.iter().map(|_| None), Type::any());
        let problems = analyse(&tree, &names, &sees, &Suggestions::default()).problems;
        assert!(problems.is_empty(), "{text}: {problems:?}");
        let name_of = |task: usize| self.tasks[task].0.clone();
        match Expression::new(text, &tree, &names).evaluate(self, &name_of) {
            Ok(value) => value.to_string(),
            Err(error) => format!("error: {error}"),
        }
    }
}

impl Scope for Sample {
    fn goal_text(&self) -> &str {
        self.goal["text"].as_str().unwrap()
    }

    fn goal_input(&self) -> &Map<String, Value> {
        self.goal["input"].as_object().unwrap()
    }

    fn task(&self, ordinal: usize) -> TaskView<'_> {
        let (_, task, failure) = &self.tasks[ordinal];
        let state: TaskState = task["state"].as_str().unwrap().parse().unwrap();
        TaskView { state, output: task.get("output"), failure: failure.as_ref() }
    }
}

/// Lines of tables that end with an example and what it gives, and these two.
fn examples() -> impl Iterator<Item = (&'static str, String, String)> {
    let tables = PAGE.split("\n## Known differences").next().unwrap().split("\n\n");
    let tables = tables.filter(|table| table.contains("example | gives |\n"));
    tables.flat_map(|table| table.lines().skip(2)).map(|line| {
        let line_without_bars = line.replace("\\|", "\u{1}");
        let cells: Vec<&str> = line_without_bars.trim_matches('|').split('|').collect();
        let [.., example, gives] = cells.as_slice() else { panic!("{line}") };
        (line, bare(example), bare(gives))
    })
}

fn bare(cell: &str) -> String {
    let cell = cell.trim().replace('\u{1}', "|");
    let quoted = cell.strip_prefix("`` ").and_then(|cell| cell.strip_suffix(" ``"));
    quoted.unwrap_or_else(|| cell.trim_matches('`')).to_owned()
}

#[test]
fn every_example_gives_what_the_page_says() {
    let sample = Sample::of_page();
    if std::env::var_os("UPDATE_CEL").is_some() {
        return std::fs::write(PATH, updated(&sample)).unwrap();
    }
    for (line, example, gives) in examples() {
        assert_eq!(sample.result(&example), gives, "{line}");
    }
}

fn updated(sample: &Sample) -> String {
    let mut page = PAGE.to_owned();
    for (line, example, _) in examples() {
        let start = line.trim_end_matches(['|', ' ']).rfind(" | ").unwrap();
        let gives = sample.result(&example).replace('|', "\\|");
        page = page.replace(line, &format!("{} | `{gives}` |", &line[..start]));
    }
    page
}

fn nodes(node: &IdedExpr) -> Vec<&IdedExpr> {
    std::iter::once(node).chain(children(node).into_iter().flat_map(nodes)).collect()
}

#[test]
fn every_function_macro_and_type_has_an_example() {
    let examples: Vec<String> = examples().map(|(_, example, _)| example).collect();
    let trees: Vec<IdedExpr> = examples.iter().map(|example| tree(example).unwrap()).collect();
    let nodes: Vec<&IdedExpr> = trees.iter().flat_map(nodes).collect();
    let calls = |name: &str, is_member: bool| {
        nodes.iter().any(|node| {
            matches!(&node.expr, Expr::Call(call) if call.func_name == name && call.target.is_some() == is_member)
        })
    };
    for (name, is_member) in functions::all() {
        assert!(calls(name, is_member), "{name}");
    }
    for name in functions::MACROS {
        assert!(examples.iter().any(|example| example.contains(&format!("{name}("))), "{name}");
    }
    for name in functions::TYPES {
        assert!(nodes.iter().any(|node| matches!(&node.expr, Expr::Ident(known) if known == name)), "{name}");
    }
}

#[test]
fn every_state_is_named() {
    let states: Vec<String> = TaskState::ALL.iter().map(|state| format!("`{state}`")).collect();
    assert!(PAGE.contains(&states.join(", ")), "{states:?}");
}

#[test]
fn every_limit_is_the_one_of_the_page() {
    for (what, limit) in [
        ("bytes of an expression", MAX_EXPRESSION_BYTES),
        ("words, numbers, texts and operators", limits::MAX_TOKENS),
        ("brackets inside one another", limits::MAX_BRACKETS),
        ("levels of its syntax tree", limits::MAX_LEVELS),
        ("nodes of its syntax tree, macros expanded", limits::MAX_NODES),
        ("macros inside one another", limits::MAX_COMPREHENSIONS),
        ("steps of an evaluation", limits::MAX_WORK),
        (
            "steps for a pattern of `matches` in a macro that is no constant, or one of more than 16",
            limits::COMPUTED_PATTERN_WORK,
        ),
        ("bytes of a compiled pattern of `matches`", limits::MAX_PATTERN_BYTES),
    ] {
        assert!(PAGE.contains(&format!("\n| {what} | {limit} |\n")), "{what}: {limit}");
    }
}
