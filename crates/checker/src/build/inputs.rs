//! Inputs against the schemas of their capabilities.

use std::collections::HashSet;

use goalpost_model::{Join, Task};
use serde_json::Value;

use crate::CapabilitySource;
use crate::code;
use crate::expression::TaskNames;
use crate::names::shown;
use crate::report::{Problem, Report, edge_node, task_node};
use crate::schema::{self, Field};
use crate::secret;
use crate::topology::Graph;

use super::capabilities::Schemas;
use super::draft::Draft;

/// Checks the constant parts of the inputs, and the fields that data flows write.
pub(super) fn check(
    blueprint: Draft<'_>,
    capabilities: &(impl CapabilitySource + ?Sized),
    names: &TaskNames<'_>,
    schemas: &Schemas,
    report: &mut Report,
) {
    let flowing = || blueprint.edges.iter().filter(|edge| !edge.data_flow.is_empty());
    let targets: HashSet<&str> = flowing().map(|edge| edge.target.as_str()).collect();
    for task in blueprint.tasks {
        check_secrets(task, report);
        let Some(schema) = input_schema(capabilities, task) else { continue };
        let node = task_node(task);
        let has_flow = !task.data_flow.is_empty() || targets.contains(task.name.as_str());
        if has_flow {
            check_constants(&node, task, schema, report);
        } else if let Some(compiled) = schemas.input(task.performs())
            && let Err(faults) = schema::validate(&compiled, &Value::Object(task.input.clone()))
        {
            let message = format!("the input breaks the schema of {}: {faults}", shown(task.performs()));
            report.error(
                &node,
                "input",
                Problem::new(code::INPUT_BREAKS_SCHEMA, message, "correct the input"),
            );
        }
        check_paths(&node, task.performs(), schema, task.data_flow.keys(), report);
    }
    let schema_of = |name: &str| {
        let task = &blueprint.tasks[names.ordinal(name)?];
        Some((task, input_schema(capabilities, task)?))
    };
    for edge in flowing() {
        if let Some((task, schema)) = schema_of(&edge.target) {
            check_paths(&edge_node(edge), task.performs(), schema, edge.data_flow.keys(), report);
        }
    }
}

/// What was meant to be a secret must not go to the handler as it is.
fn check_secrets(task: &Task, report: &mut Report) {
    for (name, value) in &task.input {
        let mut found = Vec::new();
        secret::in_value(value, &mut found);
        let field = format!("input.{}", shown(name));
        found.into_iter().for_each(|problem| report.warning(&task_node(task), &field, problem));
    }
}

/// Constant fields one by one: others come later.
fn check_constants(node: &str, task: &Task, schema: &Value, report: &mut Report) {
    for (name, value) in &task.input {
        let fault = match schema::field(schema, name) {
            Field::Known(part) if !part.to_string().contains("\"$ref\"") => {
                schema::compile(part).ok().and_then(|compiled| schema::validate(&compiled, value).err())
            }
            Field::Forbidden => Some("the schema does not allow this field".to_owned()),
            Field::Known(_) | Field::Open => None,
        };
        if let Some(fault) = fault {
            let message = format!("the input breaks the schema of {}: {fault}", shown(task.performs()));
            let field = format!("input.{}", shown(name));
            report.error(node, &field, Problem::new(code::INPUT_BREAKS_SCHEMA, message, "correct the input"));
        }
    }
}

fn check_paths<'a>(
    node: &str,
    capability: &str,
    schema: &Value,
    paths: impl Iterator<Item = &'a String>,
    report: &mut Report,
) {
    for path in paths {
        if let Some(field) = forbidden(schema, path) {
            let message = format!("the input of {} has no field '{}'", shown(capability), shown(field));
            let fix = format!("see the input schema of {}", shown(capability));
            report.error(
                node,
                &format!("data_flow.{path}"),
                Problem::new(code::UNKNOWN_INPUT_FIELD, message, fix),
            );
        }
    }
}

/// The part of a path that leads to a field which the schema does not allow.
fn forbidden<'a>(schema: &Value, path: &'a str) -> Option<&'a str> {
    let mut at = schema;
    let ends = path.match_indices('.').map(|(place, _)| place).chain([path.len()]);
    let mut start = 0;
    for end in ends {
        match schema::field(at, &path[start..end]) {
            Field::Known(next) => at = next,
            Field::Open => return None,
            Field::Forbidden => return Some(&path[..end]),
        }
        start = end + 1;
    }
    None
}

/// Checks that every required field comes from somewhere, whichever edges are taken.
pub(super) fn check_joins(
    blueprint: Draft<'_>,
    capabilities: &(impl CapabilitySource + ?Sized),
    graph: &Graph,
    report: &mut Report,
) {
    for (ordinal, task) in blueprint.tasks.iter().enumerate().filter(|(ordinal, _)| !graph.past[*ordinal]) {
        let Some(schema) = input_schema(capabilities, task) else { continue };
        let own = |name: &str| {
            task.input.contains_key(name) || task.data_flow.keys().any(|path| first_step(path) == name)
        };
        for name in schema::required(schema).filter(|name| !own(name)) {
            let over =
                |edge: &usize| blueprint.edges[*edge].data_flow.keys().any(|path| first_step(path) == name);
            let edges = &graph.incoming[ordinal];
            let (some, all) = (edges.iter().any(over), !edges.is_empty() && edges.iter().all(over));
            let is_served = all || (some && task.join == Join::All);
            if is_served {
                continue;
            }
            let (node, fix) = (task_node(task), format!("add '{}' to input or to a data_flow", shown(name)));
            // Without any data flow the whole input was checked already.
            let is_constant = task.data_flow.is_empty()
                && edges.iter().all(|edge| blueprint.edges[*edge].data_flow.is_empty());
            if some {
                let message = format!("'{}' is required, and comes only over some of the edges", shown(name));
                report.warning(&node, "input", Problem::new(code::INPUT_MAY_MISS, message, fix));
            } else if !is_constant {
                let message = format!(
                    "'{}' is required by {}, and comes from nowhere",
                    shown(name),
                    shown(task.performs())
                );
                report.error(&node, "input", Problem::new(code::MISSING_INPUT, message, fix));
            }
        }
    }
}

fn input_schema<'a>(capabilities: &'a (impl CapabilitySource + ?Sized), task: &Task) -> Option<&'a Value> {
    capabilities.capability(task.performs())?.input_schema.as_ref()
}

fn first_step(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}
