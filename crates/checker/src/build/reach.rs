//! Tasks that never start, though no cycle holds them up.

use crate::code;
use crate::names::shown;
use crate::report::{Problem, Report, edge_node, task_node};
use crate::sure::Sure;
use crate::topology::Graph;

use super::draft::Draft;
use super::expressions::Expressions;

/// Reports each task that never starts, unless that follows from one before it.
pub(super) fn check(
    blueprint: Draft<'_>,
    graph: &Graph,
    sorted: &[usize],
    sure: &Sure,
    expressions: &Expressions<'_>,
    report: &mut Report,
) {
    let mut never_starts = vec![false; blueprint.tasks.len()];
    for &task in sorted.iter().filter(|task| !graph.past[**task]) {
        let join = blueprint.tasks[task].join;
        let incoming = &graph.incoming[task];
        let follows = |edge: &usize| never_starts[graph.edges[*edge].source];
        let is_untaken = |edge: &usize| {
            let parts = expressions.edges.get(*edge);
            parts.and_then(|parts| parts.condition.as_ref()).is_some_and(|found| found.analysis.is_false)
        };
        let is_dead = |edge: &usize| follows(edge) || is_untaken(edge);
        let alive = incoming.iter().filter(|edge| !is_dead(edge)).count();
        let starts = incoming.is_empty() || alive >= join.needed(incoming.len());
        let node = task_node(&blueprint.tasks[task]);
        if starts {
            if let Some(both) = sure.contradiction(task) {
                let other = shown(&blueprint.tasks[both].name);
                never_met(report, &node, &format!("it wants {other} to succeed and to fail"));
                never_starts[task] = true;
            }
            continue;
        }
        if incoming.iter().all(is_untaken) {
            let message = "the task can never start: no edge to it can be taken";
            let fix = "change the conditions of its edges, or remove the task";
            report.error(&node, "", Problem::new(code::UNREACHABLE, message, fix));
        } else if !incoming.iter().any(follows)
            && let Some(edge) = incoming.iter().find(|edge| is_untaken(edge))
        {
            let why = format!("{} is never taken", edge_node(&blueprint.edges[*edge]));
            never_met(report, &node, &why);
        }
        never_starts[task] = true;
    }
}

fn never_met(report: &mut Report, node: &str, why: &str) {
    let message = format!("the join can never be met: {why}");
    let problem = Problem::new(code::JOIN_NEVER_MET, message, "use join: any, or remove an edge");
    report.error(node, "join", problem);
}
