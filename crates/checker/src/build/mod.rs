//! From a blueprint to findings and, if none is an error, a compiled blueprint.
//!
//! Checking and compiling are one walk, so that what is accepted compiles.

mod branching;
mod capabilities;
mod certain;
mod decisions;
mod draft;
mod expressions;
mod fan_out;
mod inputs;
mod nesting;
mod reach;
mod reads;
mod structure;
mod timing;
mod types;
mod undo;
mod withdrawn;
mod writes;

use std::sync::Arc;

use goalpost_model::limits::{MAX_EDGES, MAX_TASKS, MAX_WORKFLOW_TASKS};
use goalpost_model::{Blueprint, PayloadReference, Task, all_tasks};

use crate::CapabilitySource;
use crate::budget;
use crate::builtin::{Control, WithBuiltin};
use crate::code;
use crate::compiled::{
    CompiledBlueprint, CompiledBody, CompiledEdge, CompiledGraph, CompiledKey, CompiledTask, Repetition,
};
use crate::names::fault_of_title;
use crate::report::{Problem, Report};
use crate::stack;
use crate::sure::Sure;
use crate::topology::Graph;

use draft::Draft;
use fan_out::FanOut;

/// Checks the blueprint; compiles it if it has no error.
pub(crate) fn build(
    blueprint: &Blueprint,
    capabilities: &(impl CapabilitySource + ?Sized),
) -> (Report, Option<CompiledBlueprint>) {
    let mut report = Report::default();
    if !nesting::check_depth(blueprint, &mut report) || is_too_large(blueprint, &mut report) {
        return (report, None);
    }
    if let Some(fault) = fault_of_title(&blueprint.name) {
        report.error("", "name", Problem::new(code::BAD_NAME, fault, "give the blueprint a short name"));
    }
    timing::check_deadline(blueprint.deadline_ms, &mut report);
    withdrawn::check(blueprint, &mut report);
    budget::check_range(blueprint.budget, &mut report);
    let capabilities = WithBuiltin(capabilities);
    let graph = stack::deep(|| walk(Draft::of(blueprint), &capabilities, &mut report));
    let compiled = graph.filter(|_| report.is_clean()).map(|graph| CompiledBlueprint {
        digest: blueprint.digest(),
        parent: blueprint.parent,
        name: blueprint.name.clone(),
        deadline_ms: blueprint.deadline_ms,
        max_tasks: most_tasks(blueprint.max_tasks),
        budget: blueprint.budget,
        max_replans: blueprint.max_replans,
        payloads: PayloadReference::ids_in_blueprint(blueprint),
        graph: Arc::new(graph),
    });
    (report, compiled)
}

/// 0 stands for as many as any workflow may have.
fn most_tasks(max_tasks: u32) -> usize {
    let wanted = usize::try_from(max_tasks).ok().filter(|most| *most > 0);
    wanted.unwrap_or(MAX_WORKFLOW_TASKS).min(MAX_WORKFLOW_TASKS)
}

/// Every graph inside of a task counts.
fn is_too_large(blueprint: &Blueprint, report: &mut Report) -> bool {
    let tasks = all_tasks(&blueprint.tasks).count();
    let inner = all_tasks(&blueprint.tasks).filter_map(Task::body).map(|body| body.edges.len());
    let edges = blueprint.edges.len() + inner.sum::<usize>();
    let fix = "split it into several goals";
    if tasks > MAX_TASKS {
        let message = format!("the blueprint has {tasks} tasks; {MAX_TASKS} are allowed");
        report.error("", "tasks", Problem::new(code::TOO_MANY_TASKS, message, fix));
    }
    if edges > MAX_EDGES {
        let message = format!("the blueprint has {edges} edges; {MAX_EDGES} are allowed");
        report.error("", "edges", Problem::new(code::TOO_MANY_EDGES, message, fix));
    }
    tasks > MAX_TASKS || edges > MAX_EDGES
}

fn walk(
    draft: Draft<'_>,
    capabilities: &(impl CapabilitySource + ?Sized),
    report: &mut Report,
) -> Option<CompiledGraph> {
    let names = structure::check_tasks(draft, report);
    timing::check(draft, report);
    nesting::check(draft, report);
    withdrawn::check_inside(draft, report);
    let arcs = structure::check_edges(draft, &names, report);
    let schemas = capabilities::compile(draft, capabilities, report);
    let sees = types::seen(draft, capabilities);
    let expressions = expressions::compile(draft, &names, &sees, report);
    inputs::check(draft, capabilities, &names, &schemas, report);
    types::check(draft, capabilities, &names, &expressions, report);
    let undos = undo::compile(draft, capabilities, report);
    let bodies = inside(draft, capabilities, &expressions, report);
    // What follows needs every edge.
    let withdrawn = draft.tasks.iter().map(|task| task.withdrawn).collect();
    let graph = Graph::without(withdrawn, arcs?);
    branching::check(draft, &graph, report);
    decisions::check(draft, &graph, &expressions, &sees, report);
    let order = graph.order();
    structure::check_order(draft, &order, report);
    if order.sorted.len() == draft.tasks.len() {
        let questions = reads::questions(draft, &graph, &expressions);
        let sure = Sure::new(&graph, &order.sorted, |task| draft.tasks[task].join, questions);
        reach::check(draft, &graph, &order.sorted, &sure, &expressions, report);
        writes::check(draft, &graph, &expressions, report);
        reads::check(draft, capabilities, &graph, &order.sorted, &sure, &expressions, report);
        inputs::check_joins(draft, capabilities, &graph, report);
    }
    if !report.is_clean() {
        return None;
    }
    let ordinals =
        draft.tasks.iter().enumerate().map(|(ordinal, task)| (task.name.clone(), ordinal)).collect();
    let expressions::Expressions {
        tasks: task_flows,
        undos: undo_flows,
        keys,
        edges: edge_parts,
        output,
        again,
    } = expressions;
    let keys = draft.tasks.iter().zip(keys).map(|(task, name)| {
        Some(CompiledKey { limit: task.concurrency_key.as_ref()?.limit, name: name?.expression })
    });
    let undos = undos.into_iter().zip(undo_flows).map(|(undo, flows)| Some(undo::graph(undo?, flows)));
    let parts = draft.tasks.iter().zip(task_flows).zip(bodies).zip(undos).zip(keys).enumerate();
    let tasks = parts.map(|(ordinal, ((((task, flows), body), undo), key))| CompiledTask {
        name: task.name.clone(),
        capability: task.performs().to_owned(),
        join: task.join,
        rest: task.rest,
        branch: task.branch,
        control: Control::of(task.performs()),
        key,
        priority: task.priority,
        extends: task.extends,
        undo,
        body,
        withdrawn: task.withdrawn,
        is_past: graph.past[ordinal],
        retry: task.retry.clone(),
        timeouts: task.timeouts,
        cost: capabilities::cost(capabilities, task.performs()),
        incoming: graph.incoming[ordinal].clone(),
        outgoing: graph.outgoing[ordinal].clone(),
        constant: task.input.clone(),
        flows: flows.into_iter().map(|part| part.flow).collect(),
        input_schema: schemas.input(task.performs()),
        output_schema: schemas.output(task.performs()),
    });
    let edges =
        graph.edges.iter().zip(draft.edges).zip(edge_parts).map(|((arc, edge), parts)| CompiledEdge {
            source: arc.source,
            target: arc.target,
            on: arc.on,
            otherwise: edge.otherwise,
            condition: parts.condition.map(|condition| condition.expression),
            flows: parts.flows.into_iter().map(|part| part.flow).collect(),
        });
    Some(CompiledGraph {
        output: output.into_iter().map(|part| part.flow).collect(),
        again: again.map(|condition| condition.expression),
        tasks: tasks.collect(),
        edges: edges.collect(),
        ordinals,
    })
}

/// The graphs inside of the tasks, each in the place of its task.
fn inside(
    draft: Draft<'_>,
    capabilities: &(impl CapabilitySource + ?Sized),
    expressions: &expressions::Expressions<'_>,
    report: &mut Report,
) -> Vec<Option<CompiledBody>> {
    let fan_out = FanOut::new(draft, expressions);
    let mut body = |(ordinal, (task, items))| {
        let (inner, field) = draft.inside(task)?;
        let inner = Draft { items, ..inner };
        report.enter(&task.name, field);
        let graph = walk(inner, capabilities, report);
        report.leave();
        let repetition = match (&task.for_each, &task.repeat) {
            (Some(for_each), _) => Repetition::ForEach {
                concurrency: usize::try_from(for_each.concurrency).ok().filter(|limit| *limit > 0),
                failures: for_each.failures,
            },
            (None, Some(repeat)) => Repetition::Loop {
                max_iterations: usize::try_from(repeat.max_iterations).unwrap_or(usize::MAX),
            },
            (None, None) => Repetition::Once,
        };
        let most = fan_out.most(ordinal, task);
        Some(CompiledBody { repetition, most, graph: Arc::new(graph?) })
    };
    draft.tasks.iter().zip(types::lists(draft, expressions)).enumerate().map(&mut body).collect()
}
