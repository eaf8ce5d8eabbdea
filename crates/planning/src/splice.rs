//! Puts the tasks of a graph, and the plans of its nested goals, together.

use std::collections::BTreeMap;

use goalpost_checker::builtin;
use goalpost_model::{Body, Edge, EdgeOn, Join, Task};

use crate::assemble::{Filled, Nested, Pair, Placed};
use crate::method::{Graph, Step};
use crate::moving::Moving;
use crate::rename::{fill_facts, output_of, rename_tasks};
use crate::scope::Scope;

/// The graph of the steps that are filled.
pub(crate) fn join_up(graph: &Graph, scope: &Scope<'_>, placed: Vec<Placed<'_>>) -> Result<Body, String> {
    let mut whole = Body::default();
    let mut facts = Vec::with_capacity(placed.len());
    for one in &placed {
        facts.push(match &one.work {
            Filled::Nested(nested) => scope.facts(&nested.flows, &placed)?,
            _ => BTreeMap::new(),
        });
    }
    for (Placed { step, work, undo }, facts) in placed.into_iter().zip(facts) {
        let own = |mut task: Task| {
            task.data_flow = scope.flows(&step.data_flow)?;
            if let Some(key) = &mut task.concurrency_key {
                key.key = scope.expression(&key.key)?;
            }
            task.compensate_with = undo;
            if let Some(undo) = &mut task.compensate_with {
                undo.data_flow = scope.flows(&undo.data_flow)?;
            }
            Ok::<_, String>(task)
        };
        match work {
            Filled::Task(task) => whole.tasks.push(own(*task)?),
            Filled::Either(pair) => {
                let Pair { task, fallback, either } = *pair;
                either_of(&mut whole, graph, step, scope, Pair { task: own(task)?, fallback, either })?;
            }
            Filled::Nested(nested) => splice(&mut whole, step, scope, &nested, &facts)?,
        }
    }
    for edge in &graph.edges {
        whole.edges.extend(scope.edges(edge)?);
    }
    whole.output = scope.flows(&graph.output)?;
    Ok(whole)
}

/// Adds a task, its fallback, and what hands on what came out of the one or the other.
fn either_of(
    whole: &mut Body,
    graph: &Graph,
    step: &Step,
    scope: &Scope<'_>,
    pair: Pair,
) -> Result<(), String> {
    let Pair { task, mut fallback, either } = pair;
    let is_own = step.fallback.as_ref().is_some_and(|fallback| fallback.own.is_some());
    let mut flows = BTreeMap::new();
    if is_own {
        fallback.data_flow = scope.flows(&fallback.data_flow)?;
    } else {
        fallback.data_flow.clone_from(&task.data_flow);
        let edges: Vec<&Edge> = graph.edges.iter().filter(|edge| edge.target == step.name).collect();
        let is_flowing = edges.iter().any(|edge| !edge.data_flow.is_empty());
        if is_flowing && step.join != Join::All && edges.len() > 1 {
            return Err(format!(
                "its task {} does not know which of its edges was taken, so its fallback needs a data_flow of its own",
                step.name
            ));
        }
        for edge in edges {
            flows.extend(scope.flows(&edge.data_flow)?);
        }
    }
    let failed = edge(&task.name, EdgeOn::Failure, &fallback.name, flows);
    let value = |name: &str| [("value".to_owned(), output_of(name))].into();
    let succeeded =
        [&task.name, &fallback.name].map(|name| edge(name, EdgeOn::Success, &either, value(name)));
    whole.edges.push(failed);
    whole.edges.extend(succeeded);
    whole.tasks.extend([task, fallback, handing_on(either)]);
    Ok(())
}

/// A task that hands on what comes over the first edge.
pub(crate) fn handing_on(name: String) -> Task {
    Task { name, capability: builtin::TRANSFORM.to_owned(), join: Join::Any, ..Task::default() }
}

/// An edge without a condition.
pub(crate) fn edge(source: &str, on: EdgeOn, target: &str, data_flow: BTreeMap<String, String>) -> Edge {
    let (source, target) = (source.to_owned(), target.to_owned());
    Edge { source, target, on, condition: String::new(), otherwise: false, data_flow }
}

/// Adds the plan of a nested goal to the graph; `facts` are what it knows as such. Its roots take the step's join and
/// data flow.
fn splice(
    whole: &mut Body,
    step: &Step,
    scope: &Scope<'_>,
    nested: &Nested,
    facts: &BTreeMap<String, String>,
) -> Result<(), String> {
    // Names of its own tasks first: what facts are has names of the graph around.
    let expression = |source: &str| {
        let renamed = rename_tasks(source, &nested.renames)?;
        fill_facts(&renamed, |fact| match facts.get(fact) {
            Some(expression) => Ok(Some(expression.clone())),
            None => Err(format!("uses facts.{fact}, which nothing gives")),
        })
    };
    let moving = Moving { renames: &nested.renames, expression };
    let flows = scope.flows(&step.data_flow)?;
    for task in &nested.fragment.tasks {
        let mut task = moving.task(task)?;
        if scope.begins(&task.name, &step.name) {
            task.join = step.join;
            task.rest = step.rest;
            task.data_flow.extend(flows.clone());
        }
        whole.tasks.push(task);
    }
    for edge in &nested.fragment.edges {
        whole.edges.push(moving.edge(edge)?);
    }
    Ok(())
}
