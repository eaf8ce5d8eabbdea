//! What the variables in the expressions of a method mean in the graph that is made of it.

use std::collections::BTreeSet;

use crate::goal::Bound;
use crate::rename::{field_literal, fill_facts, fix_goal, fix_goal_text};

/// What `goal` and `facts` mean.
#[derive(Clone, Copy)]
pub(crate) struct Meaning<'a> {
    /// The method's own goal.
    bound: &'a Bound<'a>,
    /// Facts of which the goal only knows that something will produce them.
    at_run_time: &'a BTreeSet<String>,
    /// Whether the workflow was made for another goal, and knows nothing of this one.
    is_nested: bool,
    around: Around,
}

/// What is around a graph.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// Nothing: it is that of the method.
    Nothing,
    /// A task whose graph sees the goal as the task does.
    Task,
    /// A task whose input is the `goal.input` of its graph.
    Run,
}

impl<'a> Meaning<'a> {
    pub(crate) fn new(bound: &'a Bound<'a>, at_run_time: &'a BTreeSet<String>, is_nested: bool) -> Self {
        Self { bound, at_run_time, is_nested, around: Around::Nothing }
    }

    /// The same in the graph inside of a task; `is_run`: it sees the task's input as its goal's.
    pub(crate) fn inside(self, is_run: bool) -> Self {
        let around = if is_run || self.around == Around::Run { Around::Run } else { Around::Task };
        Self { around, ..self }
    }

    /// Facts that will be known when the method's graph runs.
    pub(crate) fn at_run_time(&self) -> impl Iterator<Item = &'a String> {
        let is_inside = self.around != Around::Nothing;
        self.at_run_time.iter().filter(move |_| !is_inside)
    }

    /// The expression, but for the names of its tasks and for facts that only come up when it runs.
    pub(crate) fn expression(&self, source: &str) -> Result<String, String> {
        let source = match self.around {
            _ if !self.is_nested => source.to_owned(),
            Around::Run => fix_goal_text(source, self.bound.goal)?,
            Around::Nothing | Around::Task => fix_goal(source, self.bound.goal)?,
        };
        fill_facts(&source, |fact| self.fact(fact))
    }

    fn fact(&self, name: &str) -> Result<Option<String>, String> {
        if let Some(value) = self.bound.input.get(name) {
            return Ok(Some(field_literal(name, value)));
        }
        if !self.at_run_time.contains(name) {
            return Err(format!("uses facts.{name}, which nothing gives"));
        }
        if self.around != Around::Nothing {
            return Err(format!(
                "uses facts.{name} in the graph inside of a task, which does not see it: bring it by the task's data_flow"
            ));
        }
        Ok(None)
    }
}
