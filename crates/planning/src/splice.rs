//! Puts the tasks of a graph, and the plans of its nested goals, together.

use std::collections::BTreeMap;

use goalpost_model::{Body, Task};

use crate::assemble::{Filled, Placed};
use crate::fragment::Fragment;
use crate::method::{Graph, Step};
use crate::rename::{Renames, rename_tasks};
use crate::scope::{Scope, new_name};

/// The graph of the steps that are filled.
pub(crate) fn join_up(graph: &Graph, scope: &Scope<'_>, placed: Vec<Placed<'_>>) -> Result<Body, String> {
    let mut whole = Body::default();
    for Placed { step, work, undo } in placed {
        match work {
            Filled::Task(mut task) => {
                task.data_flow = scope.flows(&step.data_flow)?;
                if let Some(key) = &mut task.concurrency_key {
                    key.key = scope.expression(&key.key)?;
                }
                task.compensate_with = undo;
                if let Some(undo) = &mut task.compensate_with {
                    undo.data_flow = scope.flows(&undo.data_flow)?;
                }
                whole.tasks.push(*task);
            }
            Filled::Nested(fragment, renames) => splice(&mut whole, step, scope, *fragment, &renames)?,
        }
    }
    for edge in &graph.edges {
        whole.edges.extend(scope.edges(edge)?);
    }
    whole.output = scope.flows(&graph.output)?;
    Ok(whole)
}

/// Adds a nested plan to the graph. Its roots take the step's join and data flow.
fn splice(
    whole: &mut Body,
    step: &Step,
    scope: &Scope<'_>,
    fragment: Fragment,
    renames: &Renames,
) -> Result<(), String> {
    let flows = scope.flows(&step.data_flow)?;
    for mut task in fragment.tasks {
        rename(&mut task, renames)?;
        if scope.begins(&task.name, &step.name) {
            task.join = step.join;
            task.rest = step.rest;
            task.data_flow.extend(flows.clone());
        }
        whole.tasks.push(task);
    }
    for mut edge in fragment.edges {
        edge.source = new_name(renames, &edge.source);
        edge.target = new_name(renames, &edge.target);
        edge.condition = rename_tasks(&edge.condition, renames)?;
        edge.data_flow = renamed(&edge.data_flow, renames)?;
        whole.edges.push(edge);
    }
    Ok(())
}

/// The graph inside of a task sees only its own tasks, which keep their names.
fn rename(task: &mut Task, renames: &Renames) -> Result<(), String> {
    task.name = new_name(renames, &task.name);
    task.data_flow = renamed(&task.data_flow, renames)?;
    if let Some(key) = &mut task.concurrency_key {
        key.key = rename_tasks(&key.key, renames)?;
    }
    if let Some(undo) = &mut task.compensate_with {
        undo.data_flow = renamed(&undo.data_flow, renames)?;
    }
    Ok(())
}

fn renamed(flows: &BTreeMap<String, String>, renames: &Renames) -> Result<BTreeMap<String, String>, String> {
    flows.iter().map(|(path, source)| Ok((path.clone(), rename_tasks(source, renames)?))).collect()
}
