//! Data flows that get in the way of one another, or of the constant input.

use goalpost_model::Join;

use crate::code;
use crate::flow_path::DisjointPaths;
use crate::names::shown;
use crate::report::{Problem, Report, edge_node, task_node};
use crate::topology::Graph;

use super::draft::Draft;
use super::expressions::{Expressions, FlowPart};

/// Checks where the values of each task's input go.
pub(super) fn check(blueprint: Draft<'_>, graph: &Graph, expressions: &Expressions<'_>, report: &mut Report) {
    for (ordinal, task) in blueprint.tasks.iter().enumerate() {
        let mut own = DisjointPaths::default();
        for part in expressions.tasks.get(ordinal).into_iter().flatten() {
            own.add(&part.flow.path, ());
            blocked(&task_node(task), part, &task.input, report);
        }
        let mut written = DisjointPaths::default();
        for &edge in &graph.incoming[ordinal] {
            let node = edge_node(&blueprint.edges[edge]);
            for part in expressions.edges.get(edge).into_iter().flat_map(|parts| &parts.flows) {
                // What the task's own data flow wrote stands there instead of the constant.
                if own.overlapped_by(&part.flow.path).is_none() {
                    blocked(&node, part, &task.input, report);
                }
                let before = written.add(&part.flow.path, edge);
                if let Some(other) = before.filter(|other| *other != edge && task.join == Join::All) {
                    twice(&node, part, &edge_node(&blueprint.edges[other]), report);
                }
            }
        }
    }
}

fn blocked(
    node: &str,
    part: &FlowPart<'_>,
    constant: &serde_json::Map<String, serde_json::Value>,
    report: &mut Report,
) {
    let Some(obstacle) = part.flow.path.obstacle(constant) else { return };
    let message =
        format!("the path leads through '{}' of the constant input, which is no object", shown(&obstacle));
    let fix = "write to another path, or leave that out of the input";
    report.error(node, &field(part), Problem::new(code::BAD_PATH, message, fix));
}

fn twice(node: &str, part: &FlowPart<'_>, other: &str, report: &mut Report) {
    let path = shown(&part.flow.path_text);
    let message = format!("{other} writes '{path}' or a part of it too; the later edge wins");
    report.warning(
        node,
        &field(part),
        Problem::new(code::PATH_WRITTEN_TWICE, message, "write each value once"),
    );
}

fn field(part: &FlowPart<'_>) -> String {
    format!("data_flow.{}", part.flow.path_text)
}
