//! Everything that is wrong with a blueprint, at once.

use goalpost_model::limits::MAX_BLUEPRINT_BYTES;
use goalpost_model::{Blueprint, Capability, Finding, Task, WorstCase, all_tasks};

use crate::CapabilitySource;
use crate::budget;
use crate::build::build;
use crate::builtin::WithBuiltin;
use crate::code;
use crate::report::Problem;
use crate::worst_case::estimate;

/// What the checker says of a blueprint.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Everything found, errors first.
    pub findings: Vec<Finding>,
    /// The blueprint with the definitions of the capabilities that it uses, if it has no error.
    pub blueprint: Option<Blueprint>,
    /// What its workflow comes to at most; also if that is over its budget, but not if something else is wrong.
    pub worst_case: Option<WorstCase>,
}

/// Checks a blueprint against the capabilities of a catalog. What its author wrote about
/// capabilities is replaced by what the catalog says.
pub fn check(blueprint: &Blueprint, capabilities: &dyn CapabilitySource) -> Checked {
    let (mut report, compiled) = build(blueprint, capabilities);
    let worst_case = compiled.map(|compiled| {
        let estimate = estimate(&compiled, capabilities);
        budget::check(blueprint.budget, &estimate, &mut report);
        estimate.worst_case
    });
    let is_sound = worst_case.is_some() && report.is_clean();
    let complete =
        is_sound.then(|| Blueprint { capabilities: used(blueprint, capabilities), ..blueprint.clone() });
    let complete = complete.filter(|complete| {
        let bytes = complete.canonical().len();
        if bytes > MAX_BLUEPRINT_BYTES {
            let message = format!("the blueprint has {bytes} bytes; {MAX_BLUEPRINT_BYTES} are allowed");
            report.error("", "", Problem::new(code::TOO_BIG, message, "pass large data by reference"));
        }
        bytes <= MAX_BLUEPRINT_BYTES
    });
    Checked { findings: report.into_findings(), blueprint: complete, worst_case }
}

/// The definitions of the capabilities in use, by name.
fn used(blueprint: &Blueprint, capabilities: &dyn CapabilitySource) -> Vec<Capability> {
    let undone = |task: &Task| task.compensate_with.as_ref().map(|undo| undo.capability.clone());
    let mut names: Vec<String> = all_tasks(&blueprint.tasks)
        .flat_map(|task| undone(task).into_iter().chain([task.performs().to_owned()]))
        .collect();
    names.sort_unstable();
    names.dedup();
    let capabilities = WithBuiltin(capabilities);
    names.iter().filter_map(|name| capabilities.capability(name)).cloned().collect()
}
