//! Capabilities and their schemas.

use std::collections::HashMap;
use std::sync::Arc;

use goalpost_model::{Amount, Capability};
use jsonschema::Validator;

use crate::CapabilitySource;
use crate::budget;
use crate::builtin::Control;
use crate::code;
use crate::names::{fault_of_capability_name, shown};
use crate::report::{Problem, Report, task_node};
use crate::schema;

use super::draft::Draft;

/// The schemas of the capabilities in use.
#[derive(Default)]
pub(super) struct Schemas(HashMap<String, Compiled>);

/// Input and output schema, as far as there are any.
type Compiled = (Option<Arc<Validator>>, Option<Arc<Validator>>);

impl Schemas {
    pub(super) fn input(&self, capability: &str) -> Option<Arc<Validator>> {
        self.0.get(capability).and_then(|(input, _)| input.clone())
    }

    pub(super) fn output(&self, capability: &str) -> Option<Arc<Validator>> {
        self.0.get(capability).and_then(|(_, output)| output.clone())
    }
}

/// What one attempt at the capability takes at most.
pub(super) fn cost(capabilities: &(impl CapabilitySource + ?Sized), name: &str) -> Amount {
    if Control::of(name).is_some() {
        return Amount::default();
    }
    let cost = capabilities.capability(name).and_then(|capability| capability.cost);
    Amount::of(1, cost.unwrap_or_default())
}

/// Looks every capability up and compiles its schemas.
pub(super) fn compile(
    blueprint: Draft<'_>,
    capabilities: &(impl CapabilitySource + ?Sized),
    report: &mut Report,
) -> Schemas {
    let mut schemas = Schemas::default();
    for task in blueprint.tasks {
        if schemas.0.contains_key(task.performs()) {
            continue;
        }
        let node = task_node(task);
        match capabilities.capability(task.performs()) {
            Some(capability) => {
                let compiled = compile_one(&node, capability, report);
                schemas.0.insert(task.performs().to_owned(), compiled);
            }
            None => report_unknown(&node, task.performs(), capabilities, report),
        }
    }
    schemas
}

fn compile_one(node: &str, capability: &Capability, report: &mut Report) -> Compiled {
    if let Some(fault) = fault_of_capability_name(&capability.name) {
        report.error(
            node,
            "capability",
            Problem::new(code::BAD_NAME, fault, "rename the capability in its catalog"),
        );
    }
    if let Some(cost) = capability.cost {
        budget::check_cost(node, &capability.name, cost, report);
    }
    let mut compile = |schema: &Option<serde_json::Value>, which: &str| {
        let compiled = schema.as_ref().map(schema::compile)?;
        compiled
            .map_err(|fault| {
                let message =
                    format!("the {which} schema of {} is invalid: {fault}", shown(&capability.name));
                report.error(
                    node,
                    "capability",
                    Problem::new(code::INVALID_SCHEMA, message, "correct the catalog"),
                );
            })
            .ok()
            .map(Arc::new)
    };
    (compile(&capability.input_schema, "input"), compile(&capability.output_schema, "output"))
}

fn report_unknown(
    node: &str,
    name: &str,
    capabilities: &(impl CapabilitySource + ?Sized),
    report: &mut Report,
) {
    let fix = match report.nearest(name, capabilities.names()) {
        Some(nearest) => format!("did you mean '{nearest}'?"),
        None => "add it to a catalog, or use one that is there (ListCapabilities)".to_owned(),
    };
    let message = format!("the catalog has no capability '{}'", shown(name));
    report.error(node, "capability", Problem::new(code::UNKNOWN_CAPABILITY, message, fix));
}
