//! A method: one way to reach a goal.

use std::collections::BTreeMap;

use goalpost_model::{
    Blueprint, Body, Branch, Budget, ConcurrencyKey, Edge, Failures, ForEach, Join, Loop, Priority, Rest,
    RetryPolicy, Run, Task, Timeouts,
};

use crate::goal::{Bound, GoalRequest};
use crate::mistake::Place;
use crate::namespaces::Namespaces;
use crate::parameters::Parameters;
use crate::pattern::{Pattern, normalised};
use crate::precondition::Precondition;
use crate::template::Template;

/// What an item of the catalog that reaches goals is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A whole blueprint with parameters.
    Template,
    /// One that may have nested goals.
    Method,
}

impl Kind {
    /// As messages name it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Method => "method",
        }
    }
}

/// One way to reach a goal, parsed and compiled.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) description: String,
    /// The structured goal type that it serves.
    pub(crate) goal_type: Option<String>,
    /// The sentences that it serves.
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) when: Option<Precondition>,
    /// What the input has to be, captures included.
    pub(crate) parameters: Option<Parameters>,
    /// Whose goals may use it.
    pub(crate) namespaces: Namespaces,
    /// Higher ones are tried first.
    pub(crate) priority: i64,
    /// What it makes; its output counts if the method is not nested.
    pub(crate) graph: Graph,
    /// The step that stands for the whole where the method is nested.
    pub(crate) result: Option<String>,
    pub(crate) safeguards: Safeguards,
    pub(crate) place: Place,
}

/// What a workflow made by the method may do; of a nested method it does not count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Safeguards {
    /// How long it may run.
    pub(crate) deadline_ms: u64,
    pub(crate) require_compensation: bool,
    pub(crate) max_tasks: u32,
    pub(crate) budget: Budget,
    /// How often it is planned anew instead of failing.
    pub(crate) max_replans: u32,
}

impl Safeguards {
    /// The blueprint of a graph.
    pub(crate) fn around(self, name: String, graph: Body) -> Blueprint {
        let Self { deadline_ms, require_compensation, max_tasks, budget, max_replans } = self;
        let Body { tasks, edges, output } = graph;
        let blueprint = Blueprint { name, tasks, edges, output, ..Blueprint::default() };
        Blueprint { deadline_ms, require_compensation, max_tasks, budget, max_replans, ..blueprint }
    }
}

/// Steps and edges: those of a method, or those inside of a step.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) steps: Vec<Step>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) output: BTreeMap<String, String>,
}

/// A task of a method, not yet planned.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// It is all of its method, so its tasks keep their names.
    pub(crate) is_whole: bool,
    pub(crate) work: Work,
    /// What its nested goal knows once it runs: fact -> expression.
    pub(crate) facts: BTreeMap<String, String>,
    pub(crate) fallback: Option<Fallback>,
    pub(crate) input: Vec<(String, Template)>,
    pub(crate) data_flow: BTreeMap<String, String>,
    pub(crate) join: Join,
    pub(crate) rest: Rest,
    pub(crate) branch: Branch,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeouts: Timeouts,
    pub(crate) extends: bool,
    pub(crate) key: Option<ConcurrencyKey>,
    pub(crate) priority: Option<Priority>,
    pub(crate) undo: Option<Undo>,
}

impl Step {
    /// One that does this, and has nothing else to say.
    pub(crate) fn of(work: Work) -> Self {
        Self {
            name: String::new(),
            is_whole: false,
            work,
            facts: BTreeMap::new(),
            fallback: None,
            input: Vec::new(),
            data_flow: BTreeMap::new(),
            join: Join::default(),
            rest: Rest::default(),
            branch: Branch::default(),
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            extends: false,
            key: None,
            priority: None,
            undo: None,
        }
    }

    /// The task as far as it is the same whatever the goal.
    pub(crate) fn bare(&self) -> Task {
        Task {
            name: self.name.clone(),
            join: self.join,
            rest: self.rest,
            branch: self.branch,
            retry: self.retry.clone(),
            timeouts: self.timeouts,
            extends: self.extends,
            concurrency_key: self.key.clone(),
            priority: self.priority,
            ..Task::default()
        }
    }
}

/// What does a step when its own capability has failed.
#[derive(Debug)]
pub(crate) struct Fallback {
    pub(crate) capability: String,
    /// `None`: what flows into the step flows into it, too.
    pub(crate) own: Option<OwnInput>,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeouts: Timeouts,
}

/// An input that is not that of the step around.
#[derive(Debug)]
pub(crate) struct OwnInput {
    pub(crate) input: Vec<(String, Template)>,
    pub(crate) data_flow: BTreeMap<String, String>,
}

/// What undoes a step.
#[derive(Debug)]
pub(crate) struct Undo {
    pub(crate) capability: String,
    pub(crate) input: Vec<(String, Template)>,
    pub(crate) data_flow: BTreeMap<String, String>,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeouts: Timeouts,
}

/// How the graph inside of a step is run.
#[derive(Clone, Debug)]
pub(crate) enum How {
    /// For each item of a list.
    ForEach {
        /// So many at once.
        concurrency: u32,
        /// So many may fail.
        failures: Failures,
    },
    /// While a condition holds.
    Loop {
        /// The condition.
        condition: String,
        /// So often at most.
        max_iterations: u32,
    },
    /// Once, with the step's input as its goal's.
    Run,
}

impl How {
    /// Gives the task a graph that it runs in this way.
    pub(crate) fn run(&self, body: Body, task: &mut Task) {
        match self {
            Self::ForEach { concurrency, failures } => {
                let (concurrency, failures) = (*concurrency, *failures);
                task.for_each = Some(ForEach { concurrency, failures, body });
            }
            Self::Loop { condition, max_iterations } => {
                let (condition, max_iterations) = (condition.clone(), *max_iterations);
                task.repeat = Some(Loop { condition, max_iterations, body });
            }
            Self::Run => task.run = Some(Run { body: Some(body), digest: None }),
        }
    }
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
    /// Facts that capabilities have to be found for.
    Wants(Vec<String>),
    /// A graph of its own.
    Body(How, Graph),
}

impl Graph {
    /// Its steps and those of the graphs inside of them, outer ones first.
    pub(crate) fn all_steps(&self) -> impl Iterator<Item = &Step> {
        let mut open: Vec<&Step> = self.steps.iter().rev().collect();
        std::iter::from_fn(move || {
            let step = open.pop()?;
            if let Work::Body(_, inner) = &step.work {
                open.extend(inner.steps.iter().rev());
            }
            Some(step)
        })
    }
}

impl Work {
    /// Whether it is to be planned first.
    pub(crate) fn is_planned(&self) -> bool {
        matches!(self, Self::Goal(_) | Self::GoalType(_) | Self::Wants(_))
    }
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
                .then(|| Match { bound: self.bind(goal, BTreeMap::new()), reason })
                .into_iter()
                .collect();
        }
        let text = normalised(&goal.text);
        let matched = |pattern: &Pattern| {
            let captures = pattern.matches(&text)?;
            let reason = reason(&pattern.source, &captures);
            Some(Match { bound: self.bind(goal, captures), reason })
        };
        self.patterns.iter().filter_map(matched).collect()
    }

    fn bind<'a>(&self, goal: &'a GoalRequest, captures: BTreeMap<String, String>) -> Bound<'a> {
        Bound::with_defaults(goal, captures, self.parameters.iter().flat_map(Parameters::defaults))
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
