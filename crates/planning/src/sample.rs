//! What the checker can say of a method before there is a goal.

use std::collections::BTreeMap;

use goalpost_checker::{CapabilitySource, check, code};
use goalpost_model::{Blueprint, Body, Capability, Compensation, Cost, Edge, Effect, Finding, Task};
use serde_json::{Map, Value};

use crate::goal::{Bound, GoalRequest};
use crate::method::{Fallback, Graph, Method, OwnInput, Step, Undo, Work};
use crate::placeholder::is_identifier;
use crate::rename::fill_facts;
use crate::scope::Names;
use crate::template::Template;

/// Stands for the plan of a nested goal. Not a name that a catalog can have.
const NESTED: &str = "nested/goal";

/// What the checker finds in a method.
///
/// A nested goal counts as one task that can be anything. What a goal will bring is not
/// known yet, so it flows in as `goal.input`, whose types the checker does not know either.
pub(crate) fn findings(method: &Method, capabilities: &dyn CapabilitySource) -> Vec<Finding> {
    let blueprint = method.safeguards.around(method.name.clone(), body(&method.graph));
    let nested = Capability {
        name: NESTED.to_owned(),
        description: String::new(),
        input_schema: None,
        output_schema: None,
        effect: Effect::Read,
        cost: Some(Cost { money_micros: Some(0), tokens: Some(0), latency_ms: None }),
    };
    let mut findings = check(&blueprint, &WithNested { capabilities, nested }).findings;
    // How much there will be is known when there is a goal.
    findings.retain(|finding| !is_of_capability(finding) && finding.code != code::OVER_BUDGET);
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

fn body(graph: &Graph) -> Body {
    let Graph { steps, edges, output } = graph;
    let mut body = Body { output: flows(output), ..Body::default() };
    let mut names = Names::beside(steps.iter().map(|step| step.name.clone()));
    for step in steps {
        let task = task(step);
        if let Some(fallback) = &step.fallback {
            // It stands beside the task, with the same edges to it: what comes out of the one or the other is certain.
            let name = names.take(&format!("{}_fallback", step.name));
            let flowing =
                |edge: &Edge| if fallback.own.is_some() { BTreeMap::new() } else { flows(&edge.data_flow) };
            let to_it = edges.iter().filter(|edge| edge.target == step.name);
            body.edges.extend(to_it.map(|edge| Edge {
                target: name.clone(),
                condition: without_facts(&edge.condition),
                data_flow: flowing(edge),
                ..edge.clone()
            }));
            body.tasks.push(Task { join: step.join, ..instead(fallback, &task, name) });
        }
        body.tasks.push(task);
    }
    let as_sample = |edge: &Edge| Edge {
        condition: without_facts(&edge.condition),
        data_flow: flows(&edge.data_flow),
        ..edge.clone()
    };
    body.edges.extend(edges.iter().map(as_sample));
    body
}

/// What is known at run time comes from somewhere: the checker does not know its type.
fn without_facts(source: &str) -> String {
    // What is wrong with the use of facts is said when it is used.
    fill_facts(source, |fact| Ok(Some(format!("goal.input.{fact}")))).unwrap_or_else(|_| source.to_owned())
}

fn flows(flows: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    flows.iter().map(|(path, source)| (path.clone(), without_facts(source))).collect()
}

fn instead(fallback: &Fallback, task: &Task, name: String) -> Task {
    let Fallback { capability, own, retry, timeouts } = fallback;
    let (input, data_flow) = match own {
        Some(OwnInput { input, data_flow }) => filled(input, data_flow),
        None => (task.input.clone(), task.data_flow.clone()),
    };
    let (capability, retry, timeouts) = (capability.clone(), retry.clone(), *timeouts);
    Task { name, capability, input, data_flow, retry, timeouts, ..Task::default() }
}

fn task(step: &Step) -> Task {
    let mut task = Task { compensate_with: step.undo.as_ref().map(undo), ..step.bare() };
    if let Some(key) = &mut task.concurrency_key {
        key.key = without_facts(&key.key);
    }
    let fields = match &step.work {
        Work::Capability(capability) => {
            task.capability.clone_from(capability);
            step.input.as_slice()
        }
        Work::Body(how, inner) => {
            how.run(body(inner), &mut task);
            if let Some(repeat) = &mut task.repeat {
                repeat.condition = without_facts(&repeat.condition);
            }
            step.input.as_slice()
        }
        // Its input is the goal's, not a task's.
        Work::Goal(_) | Work::GoalType(_) | Work::Wants(_) => {
            task.capability = NESTED.to_owned();
            &[]
        }
    };
    (task.input, task.data_flow) = filled(fields, &step.data_flow);
    task.data_flow.extend(flows(&step.facts));
    task
}

fn undo(undo: &Undo) -> Compensation {
    let Undo { capability, input, data_flow, retry, timeouts } = undo;
    let (input, data_flow) = filled(input, data_flow);
    let (capability, retry) = (capability.clone(), retry.clone());
    Compensation { capability, input, data_flow, retry, timeouts: *timeouts }
}

/// An input and its data flow; what the goal will bring flows in.
fn filled(
    fields: &[(String, Template)],
    data_flow: &BTreeMap<String, String>,
) -> (Map<String, Value>, BTreeMap<String, String>) {
    let (mut open, mut data_flow) = (Vec::new(), flows(data_flow));
    let input = known(fields, "", &mut open);
    for path in open {
        data_flow.entry(path).or_insert_with(|| "goal.input.sample".to_owned());
    }
    (input, data_flow)
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
