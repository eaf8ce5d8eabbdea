//! From a blueprint to findings and, if none is an error, a compiled blueprint.
//!
//! Checking and compiling are one walk, so that what is accepted compiles.

mod branching;
mod capabilities;
mod certain;
mod expressions;
mod inputs;
mod reach;
mod reads;
mod structure;
mod timing;
mod writes;

use goalpost_model::Blueprint;
use goalpost_model::limits::{MAX_EDGES, MAX_TASKS};

use crate::CapabilitySource;
use crate::builtin::{Control, WithBuiltin};
use crate::code;
use crate::compiled::{CompiledBlueprint, CompiledEdge, CompiledTask};
use crate::report::{Problem, Report};
use crate::stack;
use crate::topology::{Graph, Sure};

/// Checks the blueprint; compiles it if it has no error.
pub(crate) fn build(
    blueprint: &Blueprint,
    capabilities: &(impl CapabilitySource + ?Sized),
) -> (Report, Option<CompiledBlueprint>) {
    let mut report = Report::default();
    if blueprint.tasks.len() > MAX_TASKS || blueprint.edges.len() > MAX_EDGES {
        too_many(blueprint, &mut report);
        return (report, None);
    }
    let compiled = stack::deep(|| walk(blueprint, &WithBuiltin(capabilities), &mut report));
    let compiled = compiled.filter(|_| report.is_clean());
    (report, compiled)
}

fn too_many(blueprint: &Blueprint, report: &mut Report) {
    let (tasks, edges) = (blueprint.tasks.len(), blueprint.edges.len());
    let fix = "split it into several goals";
    if tasks > MAX_TASKS {
        let message = format!("the blueprint has {tasks} tasks; {MAX_TASKS} are allowed");
        report.error("", "tasks", Problem::new(code::TOO_MANY_TASKS, message, fix));
    }
    if edges > MAX_EDGES {
        let message = format!("the blueprint has {edges} edges; {MAX_EDGES} are allowed");
        report.error("", "edges", Problem::new(code::TOO_MANY_EDGES, message, fix));
    }
}

fn walk(
    blueprint: &Blueprint,
    capabilities: &(impl CapabilitySource + ?Sized),
    report: &mut Report,
) -> Option<CompiledBlueprint> {
    let names = structure::check_tasks(blueprint, report);
    timing::check(blueprint, report);
    let arcs = structure::check_edges(blueprint, &names, report);
    let schemas = capabilities::compile(blueprint, capabilities, report);
    let expressions = expressions::compile(blueprint, &names, report);
    inputs::check(blueprint, capabilities, &names, &schemas, report);
    // What follows needs every edge.
    let graph = Graph::new(blueprint.tasks.len(), arcs?);
    branching::check(blueprint, &graph, report);
    let order = graph.order();
    structure::check_order(blueprint, &order, report);
    if order.sorted.len() == blueprint.tasks.len() {
        let sure = Sure::new(&graph, &order.sorted, |task| blueprint.tasks[task].join);
        reach::check(blueprint, &graph, &order.sorted, &sure, &expressions, report);
        writes::check(blueprint, &graph, &expressions, report);
        reads::check(blueprint, capabilities, &graph, &order.sorted, &sure, &expressions, report);
        inputs::check_joins(blueprint, capabilities, &graph, report);
    }
    if !report.is_clean() {
        return None;
    }
    let ordinals =
        blueprint.tasks.iter().enumerate().map(|(ordinal, task)| (task.name.clone(), ordinal)).collect();
    let expressions::Expressions { tasks: task_flows, edges: edge_parts, output } = expressions;
    let tasks =
        blueprint.tasks.iter().zip(task_flows).enumerate().map(|(ordinal, (task, flows))| CompiledTask {
            name: task.name.clone(),
            capability: task.capability.clone(),
            join: task.join,
            rest: task.rest,
            branch: task.branch,
            control: Control::of(&task.capability),
            retry: task.retry.clone(),
            timeouts: task.timeouts,
            incoming: graph.incoming[ordinal].clone(),
            outgoing: graph.outgoing[ordinal].clone(),
            constant: task.input.clone(),
            flows: flows.into_iter().map(|part| part.flow).collect(),
            input_schema: schemas.input(&task.capability),
            output_schema: schemas.output(&task.capability),
        });
    let edges =
        graph.edges.iter().zip(&blueprint.edges).zip(edge_parts).map(|((arc, edge), parts)| CompiledEdge {
            source: arc.source,
            target: arc.target,
            on: arc.on,
            otherwise: edge.otherwise,
            condition: parts.condition.map(|condition| condition.expression),
            flows: parts.flows.into_iter().map(|part| part.flow).collect(),
        });
    Some(CompiledBlueprint {
        digest: blueprint.digest(),
        name: blueprint.name.clone(),
        deadline_ms: blueprint.deadline_ms,
        output: output.into_iter().map(|part| part.flow).collect(),
        tasks: tasks.collect(),
        edges: edges.collect(),
        ordinals,
    })
}
