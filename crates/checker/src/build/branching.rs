//! Counts of joins, and edges that are taken otherwise.

use std::collections::HashSet;

use goalpost_model::{Join, Rest, Task};

use crate::code;
use crate::report::{Problem, Report, edge_node, task_node};
use crate::topology::Graph;

use super::draft::Draft;

/// Checks what only the edges of a task together say.
pub(super) fn check(blueprint: Draft<'_>, graph: &Graph, report: &mut Report) {
    for ((task, incoming), _) in
        blueprint.tasks.iter().zip(&graph.incoming).zip(&graph.past).filter(|(_, past)| !**past)
    {
        let edges = incoming.len();
        if let Join::NOf(count) = task.join
            && (count == 0 || task.join.needed(edges) > edges)
        {
            let message = format!("n_of is {count}, and {edges} edges lead to the task");
            let fix = "write a number from 1 to the number of edges that lead to the task";
            report.error(&task_node(task), "join.n_of", Problem::new(code::JOIN_COUNT, message, fix));
        }
    }
    rest(blueprint, graph, report);
    let branching: HashSet<&str> = blueprint
        .edges
        .iter()
        .filter(|edge| !edge.condition.is_empty())
        .map(|edge| edge.source.as_str())
        .collect();
    for edge in blueprint.edges.iter().filter(|edge| edge.otherwise) {
        let (message, fix) = if !edge.condition.is_empty() {
            ("the edge is taken otherwise, and has a condition of its own", "remove one of the two")
        } else if !branching.contains(edge.source.as_str()) {
            let message = "the edge is taken otherwise, but no edge from the same task has a condition";
            (message, "remove `otherwise`: without a condition the edge is always taken")
        } else {
            continue;
        };
        report.error(&edge_node(edge), "otherwise", Problem::new(code::OTHERWISE, message, fix));
    }
}

/// A join of all has no rest; nor has one whose sources all lead to somewhere else, too.
fn rest(blueprint: Draft<'_>, graph: &Graph, report: &mut Report) {
    let cancels = |(ordinal, task): &(usize, &Task)| task.rest == Rest::Cancel && !graph.past[*ordinal];
    let cancelling = blueprint.tasks.iter().enumerate().filter(cancels);
    for (ordinal, task) in cancelling {
        let mut sources = graph.incoming[ordinal].iter().map(|edge| graph.edges[*edge].source);
        let leads_only_here =
            |source: usize| graph.outgoing[source].iter().all(|edge| graph.edges[*edge].target == ordinal);
        let edges = graph.incoming[ordinal].len();
        if task.join.needed(edges) >= edges {
            let message = "its join needs every edge, so nothing is left to be cancelled";
            let problem = Problem::new(code::NO_REST, message, "use join: any or n_of, or remove `rest`");
            report.error(&task_node(task), "rest", problem);
        } else if !sources.any(leads_only_here) {
            let message = "every task before it leads to another one, too, so none of them is cancelled";
            let fix = "remove `rest`, or the other edges";
            report.warning(&task_node(task), "rest", Problem::new(code::NO_REST, message, fix));
        }
    }
}
