//! The cases as the file has them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::expected::{json, literal};
use crate::evaluate::{Outcome, evaluate};

/// The file.
#[derive(Deserialize)]
pub(super) struct Suite {
    pub(super) left_out: BTreeMap<String, BTreeMap<String, usize>>,
    pub(super) cases: Vec<Case>,
}

/// An expression and what should become of it.
#[derive(Deserialize)]
pub(super) struct Case {
    #[serde(rename = "case")]
    name: String,
    expr: String,
    #[serde(default)]
    bindings: BTreeMap<String, Value>,
    value: Option<Value>,
    error: Option<String>,
}

impl Suite {
    pub(super) fn core() -> Self {
        serde_json::from_str(include_str!("core.json")).unwrap()
    }
}

impl Case {
    /// The file of the repository that it comes from.
    pub(super) fn file(&self) -> &str {
        self.name.split('/').next().unwrap()
    }

    pub(super) fn passes(&self) -> bool {
        match (&self.value, self.outcome()) {
            (None, outcome) => matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_)),
            (Some(expected), Outcome::Value(value)) => value == json(expected).unwrap_or(Value::Bool(true)),
            (Some(_), _) => false,
        }
    }

    /// As docs/cel.md lists it.
    pub(super) fn row(&self) -> String {
        let expected = match (&self.value, &self.error) {
            (Some(value), _) => json(value).map_or_else(|| literal(value), |value| value.to_string()),
            (None, error) => format!("error: {}", error.as_deref().unwrap_or_default()),
        };
        let cells = [&self.name, &self.expr, &expected, &self.outcome().to_string()].map(|cell| code(cell));
        format!("| {} |", cells.join(" | "))
    }

    fn outcome(&self) -> Outcome {
        evaluate(&self.expression(), &self.input())
    }

    /// A value that JSON has no form for is compared in the expression itself.
    fn expression(&self) -> String {
        let text = self.bindings.keys().fold(self.expr.clone(), |text, name| of_input(&text, name));
        match &self.value {
            Some(value) if json(value).is_none() => format!("({text}) == {}", literal(value)),
            _ => text,
        }
    }

    fn input(&self) -> Map<String, Value> {
        self.bindings.iter().map(|(name, value)| (name.clone(), json(value).unwrap())).collect()
    }
}

/// The expression with a variable as a field of the goal's input. A reserved word is no variable, and no
/// case has a text with the name of its variable in it.
fn of_input(text: &str, name: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if matches!(name, "true" | "false" | "null") {
        return text.to_owned();
    }
    let mut written = String::new();
    for word in text.split_inclusive(|c| !is_word(c)) {
        let bare = word.trim_end_matches(|c| !is_word(c));
        let is_variable = bare == name && !written.ends_with('.');
        written += &if is_variable { format!("goal.input.{word}") } else { word.to_owned() };
    }
    written
}

/// A cell of a table.
fn code(text: &str) -> String {
    let text = text.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\"").replace('|', "\\|");
    let short = if text.chars().count() > 70 { text.chars().take(69).chain(['…']).collect() } else { text };
    if short.contains('`') { format!("`` {short} ``") } else { format!("`{short}`") }
}
