//! What edges, conditions and data flows say, read anew whenever somebody asks.

use std::collections::BTreeMap;

use goalpost_model::{Branch, Edge, EdgeOn, Failure, TaskState};
use serde_json::{Map, Value, json};

use super::interpreter::{Interpreter, split};

impl<'a> Interpreter<'a> {
    /// Whether each edge to the task was taken; nothing while it is not decided.
    pub(super) fn incoming(&self, name: &str) -> Vec<Option<bool>> {
        let (prefix, own) = split(name);
        let edges = self.graphs[prefix].edges.iter().filter(|edge| edge.target == own);
        edges.map(|edge| self.is_taken(prefix, edge)).collect()
    }

    fn is_taken(&self, prefix: &str, edge: &Edge) -> Option<bool> {
        let source = format!("{prefix}{}", edge.source);
        self.ends[..self.seen].contains(&source).then(|| self.taken(&source).contains(&edge))
    }

    /// The edges from a task that has ended whose kind fits its end.
    fn open(&self, source: &str) -> Vec<&'a Edge> {
        let (prefix, own) = split(source);
        let fits = |on| match self.tasks[source].state {
            TaskState::Succeeded => on != EdgeOn::Failure,
            TaskState::Failed => on != EdgeOn::Success,
            _ => false,
        };
        self.graphs[prefix].edges.iter().filter(|edge| edge.source == own && fits(edge.on)).collect()
    }

    /// The conditions that were looked at when the task ended, and what they said.
    fn asked(&self, source: &str) -> Vec<(&'a Edge, Option<bool>)> {
        let mut asked = Vec::new();
        for edge in self.open(source).into_iter().filter(|edge| !edge.condition.is_empty()) {
            let said = self.value(split(source).0, &edge.condition).map(|value| value == json!(true));
            asked.push((edge, said));
            if said != Some(false) && self.definition(source).branch == Branch::Exclusive {
                break;
            }
        }
        asked
    }

    /// The edges that a task took when it ended.
    pub(super) fn taken(&self, source: &str) -> Vec<&'a Edge> {
        let asked = self.asked(source);
        let is_taken = |edge: &&Edge| {
            if edge.otherwise {
                asked.iter().all(|(_, said)| *said == Some(false))
            } else {
                edge.condition.is_empty() || asked.contains(&(*edge, Some(true)))
            }
        };
        self.open(source).into_iter().filter(is_taken).collect()
    }

    /// The kind of what makes the graph fail of which the task is, if the task does.
    pub(super) fn unhandled(&self, name: &str) -> Option<&'static str> {
        if self.asked(name).iter().any(|(_, said)| said.is_none()) {
            Some(Failure::CONDITION)
        } else if self.tasks[name].state == TaskState::Failed && self.taken(name).is_empty() {
            Some(Failure::UNHANDLED_FAILURE)
        } else {
            None
        }
    }

    /// The input of a task that begins now; nothing if it cannot be put together.
    pub(super) fn input(&self, name: &str) -> Option<Map<String, Value>> {
        let (prefix, own) = split(name);
        let definition = self.definition(name);
        let mut input = definition.input.clone();
        let edges = self.graphs[prefix].edges.iter().filter(|edge| edge.target == own);
        let over = edges.filter(|edge| self.is_taken(prefix, edge) == Some(true));
        let flows = over.map(|edge| &edge.data_flow).chain([&definition.data_flow]);
        for (path, expression) in flows.flat_map(BTreeMap::iter) {
            input.insert(path.clone(), self.value(prefix, expression)?);
        }
        Some(input)
    }

    /// What an expression says of the few that are in use here; nothing if it cannot be evaluated.
    pub(super) fn value(&self, prefix: &str, expression: &str) -> Option<Value> {
        let words: Vec<&str> = expression.split(' ').collect();
        match words[..] {
            ["goal.text"] => Some(json!("a goal")),
            ["goal.input.yes"] => Some(json!(true)),
            ["goal.input.no"] => Some(json!(false)),
            ["goal.input.absent", ..] => None,
            ["item"] => {
                let (owner, index) = self.graphs[prefix].owner.as_ref()?;
                Some(self.tasks[owner].input["items"][*index].clone())
            }
            ["iteration", "<", most] => {
                let (_, index) = self.graphs[prefix].owner.as_ref()?;
                Some(json!(*index < most.parse().ok()?))
            }
            [state] => {
                let task = state.strip_prefix("tasks.")?.strip_suffix(".state")?;
                Some(json!(self.tasks[&format!("{prefix}{task}")].state))
            }
            [_, "&&", number, ">=", least] => {
                let task = number.strip_prefix("tasks.")?.strip_suffix(".output.n")?;
                let output = self.tasks[&format!("{prefix}{task}")].output.as_ref();
                let least: i64 = least.parse().ok()?;
                Some(json!(output.is_some_and(|output| output["n"].as_i64() >= Some(least))))
            }
            _ => unreachable!("{expression} is not in use here"),
        }
    }
}
