//! A method: one way to reach a goal.

use std::collections::BTreeMap;

use goalpost_model::{Branch, Edge, Join, Rest, RetryPolicy, Timeouts};

use crate::goal::{Bound, GoalRequest};
use crate::mistake::Place;
use crate::pattern::{Pattern, normalised};
use crate::precondition::Precondition;
use crate::template::Template;

/// One way to reach a goal, parsed and compiled.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The structured goal type that it serves.
    pub(crate) goal_type: Option<String>,
    /// The sentences that it serves.
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) when: Option<Precondition>,
    /// Higher ones are tried first.
    pub(crate) priority: i64,
    pub(crate) steps: Vec<Step>,
    pub(crate) edges: Vec<Edge>,
    /// The step that stands for the whole where the method is nested.
    pub(crate) result: Option<String>,
    /// How long a workflow made by it may run; of a nested method it does not count.
    pub(crate) deadline_ms: u64,
    /// What comes out of the workflow, if the method is not nested.
    pub(crate) output: BTreeMap<String, String>,
    pub(crate) place: Place,
}

/// A task of a method, not yet planned.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) work: Work,
    pub(crate) input: Vec<(String, Template)>,
    pub(crate) data_flow: BTreeMap<String, String>,
    pub(crate) join: Join,
    pub(crate) rest: Rest,
    pub(crate) branch: Branch,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeouts: Timeouts,
}

/// What does a step.
#[derive(Debug)]
pub(crate) enum Work {
    /// A capability.
    Capability(String),
    /// A nested goal in words.
    Goal(Template),
    /// A nested goal of a type.
    GoalType(String),
}

/// A goal that a method can take up, and why.
#[derive(Debug)]
pub(crate) struct Match<'a> {
    pub(crate) bound: Bound<'a>,
    /// `pattern "..." matched with city = "Seattle"`.
    pub(crate) reason: String,
}

impl Method {
    /// How the method can take up the goal: once for its type, or once for each pattern that matches.
    pub(crate) fn matches<'a>(&self, goal: &'a GoalRequest) -> Vec<Match<'a>> {
        if !goal.goal_type.is_empty() {
            let reason = format!("it serves the type {}", goal.goal_type);
            let is_served = self.goal_type.as_deref() == Some(&goal.goal_type);
            return is_served
                .then(|| Match { bound: Bound::new(goal, BTreeMap::new()), reason })
                .into_iter()
                .collect();
        }
        let text = normalised(&goal.text);
        let matched = |pattern: &Pattern| {
            let captures = pattern.matches(&text)?;
            let reason = reason(&pattern.source, &captures);
            Some(Match { bound: Bound::new(goal, captures), reason })
        };
        self.patterns.iter().filter_map(matched).collect()
    }

    /// What it serves, for people: its patterns in quotes, then its type.
    pub(crate) fn serves(&self) -> String {
        let patterns = self.patterns.iter().map(|pattern| format!("\"{}\"", pattern.source));
        let of_type = self.goal_type.iter().map(|name| format!("type {name}"));
        patterns.chain(of_type).collect::<Vec<_>>().join(", ")
    }
}

fn reason(pattern: &str, captures: &BTreeMap<String, String>) -> String {
    let values: Vec<String> = captures.iter().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
    let with = if values.is_empty() { String::new() } else { format!(" with {}", values.join(", ")) };
    format!("the pattern \"{pattern}\" matched{with}")
}
