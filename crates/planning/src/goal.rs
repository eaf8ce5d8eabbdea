//! What is to be planned.

use std::collections::BTreeMap;

use goalpost_model::{Digest, Namespace, canonical_json};
use serde_json::{Map, Value, json};

/// A goal, as the planner sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GoalRequest {
    /// The goal in words; matched against the patterns unless there is a `goal_type`.
    pub text: String,
    /// A structured goal type; empty if the words decide.
    pub goal_type: String,
    /// Structured input.
    pub input: Map<String, Value>,
    /// Whose goal it is: what that namespace may not use is not there.
    pub namespace: Namespace,
}

impl GoalRequest {
    /// A goal in words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A structured goal.
    pub fn of_type(goal_type: impl Into<String>, input: Map<String, Value>) -> Self {
        Self { goal_type: goal_type.into(), input, ..Self::default() }
    }

    /// One for all goals that are planned alike, however their input is written.
    pub fn key(&self) -> Digest {
        let Self { text, goal_type, input, namespace } = self;
        let namespace = namespace.as_str();
        let all = json!({"text": text, "type": goal_type, "input": input, "namespace": namespace});
        Digest::of(canonical_json(&all).as_bytes())
    }

    /// How messages name it.
    pub(crate) fn describe(&self) -> String {
        if self.goal_type.is_empty() {
            format!("goal \"{}\"", shortened(&self.text))
        } else {
            format!("goal type '{}'", shortened(&self.goal_type))
        }
    }
}

/// Text for a message: at most 120 characters of it.
pub(crate) fn shortened(text: &str) -> String {
    const SHOWN: usize = 120;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A goal that a method took up: the goal and what its pattern captured.
#[derive(Clone, Debug)]
pub(crate) struct Bound<'a> {
    pub(crate) goal: &'a GoalRequest,
    pub(crate) captures: BTreeMap<String, String>,
    /// The captures, overlaid by the goal's own input.
    pub(crate) input: Map<String, Value>,
}

impl<'a> Bound<'a> {
    /// The goal with these captures.
    pub(crate) fn new(goal: &'a GoalRequest, captures: BTreeMap<String, String>) -> Self {
        Self::with_defaults(goal, captures, std::iter::empty())
    }

    /// The same, with what else the input has if neither the goal nor the captures have it.
    pub(crate) fn with_defaults<'d>(
        goal: &'a GoalRequest,
        captures: BTreeMap<String, String>,
        defaults: impl Iterator<Item = (&'d String, &'d Value)>,
    ) -> Self {
        let mut input: Map<String, Value> =
            defaults.map(|(name, value)| (name.clone(), value.clone())).collect();
        input.extend(captures.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))));
        input.extend(goal.input.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self { goal, captures, input }
    }

    /// The value at a path of the input; a number in the path is a place in a list.
    pub(crate) fn value_at(&self, path: &[String]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.input.get(first)?, |value, segment| match value {
            Value::Object(fields) => fields.get(segment),
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(input: Value) -> Digest {
        GoalRequest::of_type("t", input.as_object().cloned().unwrap_or_default()).key()
    }

    #[test]
    fn a_key_is_of_what_counts() {
        assert_eq!(key(json!({"a": 1, "b": 2})), key(json!({"b": 2.0, "a": 1.0})));
        assert_ne!(key(json!({"a": 1})), key(json!({"a": "1"})));
        assert_ne!(GoalRequest::text("t").key(), GoalRequest::of_type("t", Map::new()).key());
        let namespace: Namespace = "other".parse().unwrap();
        assert_ne!(GoalRequest { namespace, ..GoalRequest::text("t") }.key(), GoalRequest::text("t").key());
    }
}
