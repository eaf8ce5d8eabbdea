//! What undoes a task: checked as if it were a task inside of it.

use std::sync::Arc;

use goalpost_model::{Capability, Compensation, Effect, Join, Rest, Task, UNDO};

use crate::CapabilitySource;
use crate::code;
use crate::compiled::{CompiledGraph, CompiledTask};
use crate::expression::TaskNames;
use crate::names::shown;
use crate::report::{Problem, Report, task_node};
use crate::topology::Graph;

use super::draft::Draft;
use super::expressions::FlowPart;
use super::{capabilities, inputs, timing};

/// Looks at what undoes the task, if something does. What is said of it is said of `task NAME/undo`.
pub(super) fn inside<T>(
    task: &Task,
    report: &mut Report,
    look: impl FnOnce(&Task, &mut Report) -> T,
) -> Option<T> {
    let undo = as_task(task.compensate_with.as_ref()?);
    report.enter(&task.name, "compensate_with");
    let seen = look(&undo, report);
    report.leave();
    Some(seen)
}

fn as_task(compensation: &Compensation) -> Task {
    let Compensation { capability, input, data_flow, retry, timeouts } = compensation.clone();
    Task { name: UNDO.to_owned(), capability, input, data_flow, retry, timeouts, ..Task::default() }
}

/// Checks what undoes each task; compiles it, as far as nothing is wrong with it. Its data flows follow.
pub(super) fn compile(
    draft: Draft<'_>,
    known: &(impl CapabilitySource + ?Sized),
    report: &mut Report,
) -> Vec<Option<CompiledTask>> {
    draft
        .tasks
        .iter()
        .map(|task| {
            if task.compensate_with.is_none() {
                require(draft, task, known, report);
            }
            inside(task, report, |undo, report| compile_one(undo, known, report))
        })
        .collect()
}

fn compile_one(undo: &Task, known: &(impl CapabilitySource + ?Sized), report: &mut Report) -> CompiledTask {
    let draft = Draft::of_task(undo);
    let names = TaskNames::new([UNDO], &[]);
    timing::check(draft, report);
    let schemas = capabilities::compile(draft, known, report);
    inputs::check(draft, known, &names, &schemas, report);
    inputs::check_joins(draft, known, &Graph::new(1, Vec::new()), report);
    if undo.capability.starts_with(crate::builtin::PREFIX) {
        let message = format!("{} undoes nothing", shown(&undo.capability));
        let problem = Problem::new(code::UNDO, message, "name a capability that workers offer");
        report.error(&task_node(undo), "capability", problem);
    }
    CompiledTask {
        name: UNDO.to_owned(),
        capability: undo.capability.clone(),
        join: Join::All,
        rest: Rest::Ignore,
        branch: goalpost_model::Branch::Inclusive,
        control: None,
        key: None,
        priority: None,
        extends: false,
        undo: None,
        body: None,
        withdrawn: false,
        is_past: false,
        retry: undo.retry.clone(),
        timeouts: undo.timeouts,
        cost: capabilities::cost(known, &undo.capability),
        incoming: Vec::new(),
        outgoing: Vec::new(),
        constant: undo.input.clone(),
        flows: Vec::new(),
        input_schema: schemas.input(&undo.capability),
        output_schema: schemas.output(&undo.capability),
    }
}

/// With its data flows it is ready to run, as a graph of one task.
pub(super) fn graph(undo: CompiledTask, flows: Vec<FlowPart<'_>>) -> Arc<CompiledGraph> {
    let flows = flows.into_iter().map(|part| part.flow).collect();
    Arc::new(CompiledGraph::of_one(CompiledTask { flows, ..undo }))
}

/// A policy may want every task that changes something outside to be undone.
fn require(draft: Draft<'_>, task: &Task, known: &(impl CapabilitySource + ?Sized), report: &mut Report) {
    let changes = |capability: &Capability| capability.effect == Effect::Write;
    if draft.requires_undo && known.capability(task.performs()).is_some_and(changes) {
        let message = format!("{} changes something outside, and nothing undoes it", shown(task.performs()));
        let fix = "write compensate_with, or leave require_compensation out";
        report.error(&task_node(task), "compensate_with", Problem::new(code::UNDO, message, fix));
    }
}
