//! What the checker can say of a method before there is a goal.

use goalpost_checker::{CapabilitySource, check, code};
use goalpost_model::{Blueprint, Capability, Effect, Finding, Task};
use serde_json::{Map, Value};

use crate::goal::{Bound, GoalRequest};
use crate::method::{Method, Step, Work};
use crate::placeholder::is_identifier;
use crate::template::Template;

/// Stands for the plan of a nested goal. Not a name that a catalog can have.
const NESTED: &str = "nested/goal";

/// What the checker finds in a method.
///
/// A nested goal counts as one task that can be anything. What a goal will bring is not
/// known yet, so it flows in as `goal.input`, whose types the checker does not know either.
pub(crate) fn findings(method: &Method, capabilities: &dyn CapabilitySource) -> Vec<Finding> {
    let blueprint = Blueprint {
        name: method.name.clone(),
        tasks: method.steps.iter().map(task).collect(),
        edges: method.edges.clone(),
        deadline_ms: method.deadline_ms,
        output: method.output.clone(),
        ..Blueprint::default()
    };
    let nested = Capability {
        name: NESTED.to_owned(),
        description: String::new(),
        input_schema: None,
        output_schema: None,
        effect: Effect::Write,
        cost: None,
    };
    let mut findings = check(&blueprint, &WithNested { capabilities, nested }).findings;
    findings.retain(|finding| !is_of_capability(finding));
    findings
}

/// Whether it is said of the capability itself.
fn is_of_capability(finding: &Finding) -> bool {
    let is_of_cost = finding.code == code::AMOUNT && finding.field == "capability";
    is_of_cost || finding.code == code::INVALID_SCHEMA
}

/// What is wrong with the schemas and the cost of a capability.
pub(crate) fn capability_mistakes(capability: &Capability) -> Vec<String> {
    let task = Task { name: "sample".to_owned(), capability: capability.name.clone(), ..Task::default() };
    let blueprint = Blueprint { name: "sample".to_owned(), tasks: vec![task], ..Blueprint::default() };
    let findings = check(&blueprint, &Alone(capability)).findings;
    let of_capability = findings.iter().filter(|finding| is_of_capability(finding));
    of_capability.map(|finding| finding.message.clone()).collect()
}

struct Alone<'a>(&'a Capability);

impl CapabilitySource for Alone<'_> {
    fn capability(&self, name: &str) -> Option<&Capability> {
        (name == self.0.name).then_some(self.0)
    }

    fn names(&self) -> Vec<&str> {
        vec![&self.0.name]
    }
}

struct WithNested<'a> {
    capabilities: &'a dyn CapabilitySource,
    nested: Capability,
}

impl CapabilitySource for WithNested<'_> {
    fn capability(&self, name: &str) -> Option<&Capability> {
        if name == NESTED { Some(&self.nested) } else { self.capabilities.capability(name) }
    }

    fn names(&self) -> Vec<&str> {
        self.capabilities.names()
    }
}

fn task(step: &Step) -> Task {
    let (capability, fields) = match &step.work {
        Work::Capability(capability) => (capability.as_str(), step.input.as_slice()),
        // Its input is the goal's, not a task's.
        Work::Goal(_) | Work::GoalType(_) => (NESTED, &[][..]),
    };
    let mut task = Task {
        name: step.name.clone(),
        capability: capability.to_owned(),
        input: Map::new(),
        data_flow: step.data_flow.clone(),
        join: step.join,
        rest: step.rest,
        branch: step.branch,
        retry: step.retry.clone(),
        timeouts: step.timeouts,
        ..Task::default()
    };
    let mut flows = Vec::new();
    task.input = known(fields, "", &mut flows);
    for path in flows {
        task.data_flow.entry(path).or_insert_with(|| "goal.input.sample".to_owned());
    }
    task
}

/// The fields that do not depend on the goal; the paths of the others go to `flows`.
fn known(fields: &[(String, Template)], prefix: &str, flows: &mut Vec<String>) -> Map<String, Value> {
    let mut constant = Map::new();
    for (name, template) in fields {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match template {
            _ if template.placeholders().is_empty() => {
                let nothing = GoalRequest::default();
                let value = template.fill(&Bound::new(&nothing, Default::default()));
                constant.extend(value.ok().map(|value| (name.clone(), value)));
            }
            Template::Object(inner) if inner.iter().all(|(name, _)| is_identifier(name)) => {
                constant.insert(name.clone(), Value::Object(known(inner, &path, flows)));
            }
            _ => flows.push(path),
        }
    }
    constant
}
