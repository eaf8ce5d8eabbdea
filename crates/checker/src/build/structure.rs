//! Names and the shape of the graph.

use std::collections::HashSet;

use goalpost_model::PayloadLimit;

use crate::code;
use crate::expression::TaskNames;
use crate::names::{fault_of_task_name, shown};
use crate::report::{Problem, Report, edge_node, task_node};
use crate::topology::{Arc, Order};

use super::draft::Draft;

/// Checks the tasks on their own. Answers with their names.
pub(super) fn check_tasks<'a>(blueprint: Draft<'a>, report: &mut Report) -> TaskNames<'a> {
    if blueprint.tasks.is_empty() {
        report.error(
            "",
            "tasks",
            Problem::new(code::EMPTY, "the graph has no task", "add at least one task"),
        );
    }
    let mut seen = HashSet::new();
    for task in blueprint.tasks {
        let node = task_node(task);
        if let Some(fault) = fault_of_task_name(&task.name) {
            report.error(
                &node,
                "name",
                Problem::new(code::BAD_NAME, fault, "use letters, digits, '_' and '-'"),
            );
        }
        if !seen.insert(task.name.as_str()) {
            let message = format!("two tasks are called '{}'", shown(&task.name));
            report.error(
                &node,
                "name",
                Problem::new(code::DUPLICATE_TASK, message, "give each task a name of its own"),
            );
        }
        if let Err(fault) = PayloadLimit::default().check_fields(&task.input) {
            let problem = Problem::new(
                code::TOO_BIG,
                format!("the input {fault}"),
                "store it (goalpost payload put), and write its reference into the input",
            );
            report.error(&node, "input", problem);
        }
    }
    TaskNames::new(blueprint.tasks.iter().map(|task| task.name.as_str()), blueprint.variables)
}

/// Resolves the edges. `None` if one of them leads nowhere.
pub(super) fn check_edges(
    blueprint: Draft<'_>,
    names: &TaskNames<'_>,
    report: &mut Report,
) -> Option<Vec<Arc>> {
    let mut seen = HashSet::new();
    let mut arcs = Vec::with_capacity(blueprint.edges.len());
    for edge in blueprint.edges {
        let node = edge_node(edge);
        let mut resolve = |name: &str, field: &str| {
            let ordinal = names.ordinal(name);
            if ordinal.is_none() {
                let fix = match names.nearest(name) {
                    Some(nearest) => format!("did you mean '{nearest}'?"),
                    None => "name a task of this blueprint".to_owned(),
                };
                let message = format!("the blueprint has no task '{}'", shown(name));
                report.error(&node, field, Problem::new(code::UNKNOWN_TASK, message, fix));
            }
            ordinal
        };
        let (source, target) = (resolve(&edge.source, "from"), resolve(&edge.target, "to"));
        if edge.source == edge.target {
            let problem = Problem::new(code::SELF_EDGE, "the edge leads from a task to itself", "remove it");
            report.error(&node, "to", problem);
        }
        if !seen.insert((&edge.source, &edge.target, edge.on, &edge.condition, edge.otherwise)) {
            let problem =
                Problem::new(code::DUPLICATE_EDGE, "the same edge is there twice", "remove one of them");
            report.error(&node, "", problem);
        }
        if let (Some(source), Some(target)) = (source, target) {
            arcs.push(Arc { source, target, on: edge.on });
        }
    }
    (arcs.len() == blueprint.edges.len()).then_some(arcs)
}

/// Reports cycles and what is behind them.
pub(super) fn check_order(blueprint: Draft<'_>, order: &Order, report: &mut Report) {
    let name = |task: &usize| blueprint.tasks[*task].name.as_str();
    for cycle in order.cycles.iter().filter(|cycle| cycle.len() > 1) {
        let way: Vec<&str> = cycle.iter().chain(cycle.first()).take(20).map(name).collect();
        let message = format!("the tasks wait for each other: {}", way.join(" -> "));
        let node = task_node(&blueprint.tasks[cycle[0]]);
        report.error(&node, "", Problem::new(code::CYCLE, message, "remove one of these edges"));
    }
    for task in &order.behind {
        let message = "the task can never start: it is behind a cycle";
        let node = task_node(&blueprint.tasks[*task]);
        report.error(&node, "", Problem::new(code::UNREACHABLE, message, "break the cycle"));
    }
}
