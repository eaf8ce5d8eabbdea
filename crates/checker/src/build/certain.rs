//! Which tasks have surely succeeded when their workflow has.

use goalpost_model::{EdgeOn, Rest};

use crate::topology::{Graph, Set};

use super::draft::Draft;

/// Those that surely start, whose failure would be the workflow's, and that nobody cancels.
pub(super) fn at_success(blueprint: Draft<'_>, graph: &Graph, sorted: &[usize]) -> Set {
    let may_be_cancelled = may_be_cancelled(blueprint, graph, sorted);
    // Tasks that surely succeed or are cancelled. Who is cancelled was not needed: what it leads to has
    // begun, or is cancelled, too.
    let mut settled = Set::empty(blueprint.tasks.len());
    let mut certain = settled.clone();
    for &task in sorted {
        let is_surely_taken = |edge: &usize| {
            let way = &blueprint.edges[*edge];
            let is_always_taken = way.on != EdgeOn::Failure && way.condition.is_empty() && !way.otherwise;
            is_always_taken && settled.contains(graph.edges[*edge].source)
        };
        let incoming = &graph.incoming[task];
        let taken = incoming.iter().filter(|edge| is_surely_taken(edge)).count();
        let starts = taken >= blueprint.tasks[task].join.needed(incoming.len());
        let may_fail = graph.outgoing[task].iter().any(|edge| graph.edges[*edge].on != EdgeOn::Success);
        if starts && !may_fail {
            settled.insert(task);
            if !may_be_cancelled.contains(task) {
                certain.insert(task);
            }
        }
    }
    certain
}

/// Tasks that lead to nothing but joins that cancel the rest, and to tasks like these.
fn may_be_cancelled(blueprint: Draft<'_>, graph: &Graph, sorted: &[usize]) -> Set {
    let mut cancellable = Set::empty(blueprint.tasks.len());
    for &task in sorted.iter().rev() {
        let needs_no_more = |edge: &usize| {
            let target = graph.edges[*edge].target;
            blueprint.tasks[target].rest == Rest::Cancel || cancellable.contains(target)
        };
        let outgoing = &graph.outgoing[task];
        if !outgoing.is_empty() && outgoing.iter().all(needs_no_more) {
            cancellable.insert(task);
        }
    }
    cancellable
}
