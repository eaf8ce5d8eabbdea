//! What a policy decides on.

use std::collections::BTreeSet;

use goalpost_checker::PolicyView;
use goalpost_model::{Blueprint, Namespace, Priority};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A goal and its plan, as conditions see them.
#[derive(Clone, Debug)]
pub struct Case {
    text: String,
    input: Map<String, Value>,
    submission: Map<String, Value>,
    plan: Map<String, Value>,
}

/// What was said with a goal.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// The goal in words, or empty.
    pub text: &'a str,
    /// The structured goal type, or empty.
    pub goal_type: &'a str,
    /// The goal's input.
    pub input: &'a Map<String, Value>,
    /// Whose it is.
    pub namespace: &'a Namespace,
    /// How much it may claim.
    pub priority: Priority,
}

/// A plan for it.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Who or what made it.
    pub planned_by: &'a str,
    /// The plan, with the definitions of its capabilities.
    pub blueprint: &'a Blueprint,
    /// What the goal runs already, if the plan takes its place.
    pub present: Option<&'a Blueprint>,
    /// What it comes to at most.
    pub worst_case: WorstCase,
    /// What it comes to if all goes well.
    pub estimate: Estimate,
}

/// What a plan comes to at most. What nobody knows counts as nothing.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct WorstCase {
    /// Tasks, those of every item and iteration included.
    pub tasks: u64,
    /// Attempts that workers get.
    pub attempts: u64,
    /// In millionths of the deployment's unit of currency.
    pub money_micros: u64,
    /// Tokens of language models.
    pub tokens: u64,
}

/// What a plan comes to if all goes well.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Estimate {
    /// Tasks, those inside of others included.
    pub tasks: u64,
    /// In millionths of the deployment's unit of currency.
    pub money_micros: u64,
    /// Tokens of language models.
    pub tokens: u64,
    /// The longest way through it, in milliseconds.
    pub critical_path_ms: u64,
}

impl Case {
    /// A goal with its plan.
    pub fn new(submission: &Submission<'_>, plan: &Plan<'_>) -> Self {
        let writes = plan.blueprint.writes();
        let gained: BTreeSet<String> = match plan.present {
            Some(present) => plan.blueprint.writes_gained_over(present),
            None => writes.iter().map(|name| (*name).to_owned()).collect(),
        };
        let priority = match submission.priority {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
        };
        Self {
            text: submission.text.to_owned(),
            input: submission.input.clone(),
            submission: object(json!({
                "type": submission.goal_type,
                "namespace": submission.namespace.as_str(),
                "priority": priority,
            })),
            plan: object(json!({
                "planned_by": plan.planned_by,
                "capabilities": plan.blueprint.capabilities_used(),
                "writes": writes,
                "gained": gained,
                "worst_case": plan.worst_case,
                "estimate": plan.estimate,
            })),
        }
    }

    pub(crate) fn view(&self) -> PolicyView<'_> {
        let Self { text, input, submission, plan } = self;
        PolicyView { text, goal_input: input, submission, plan }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
