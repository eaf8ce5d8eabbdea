//! Which tasks have surely succeeded when their workflow has.

use goalpost_model::{Branch, Edge, EdgeOn, Rest};

use crate::topology::{Graph, Set};

use super::draft::Draft;

/// Those that surely start, whose failure would be the workflow's, and that nobody cancels.
pub(super) fn at_success(blueprint: Draft<'_>, graph: &Graph, sorted: &[usize]) -> Set {
    let may_be_cancelled = may_be_cancelled(blueprint, graph, sorted);
    // Tasks that surely succeed or are cancelled. Who is cancelled was not needed: what it leads to has
    // begun, or is cancelled, too.
    let mut settled = Set::empty(blueprint.tasks.len());
    let mut certain = settled.clone();
    let mut starting = settled.clone();
    let ways = Ways { blueprint, graph };
    for &task in sorted {
        let is_surely_taken = |edge: &usize| {
            let way = &blueprint.edges[*edge];
            let is_always_taken = way.on != EdgeOn::Failure && is_unconditional(way);
            is_always_taken && settled.contains(graph.edges[*edge].source)
        };
        let incoming = &graph.incoming[task];
        let taken = incoming.iter().filter(|edge| is_surely_taken(edge)).count();
        let needed = blueprint.tasks[task].join.needed(incoming.len());
        let is_caught = || needed == 1 && ways.is_reached_by_one_of_several(task, &starting);
        let starts = !graph.past[task] && (taken >= needed || is_caught());
        if starts {
            starting.insert(task);
        }
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

/// Whether nothing but how its source ends decides over the edge.
fn is_unconditional(edge: &Edge) -> bool {
    edge.condition.is_empty() && !edge.otherwise
}

struct Ways<'a> {
    blueprint: Draft<'a>,
    graph: &'a Graph,
}

impl Ways<'_> {
    /// Whether a task that surely starts leads here when it succeeds, and, when it fails, to another one for which the
    /// same holds. The last one has nobody that takes up its failure.
    fn is_reached_by_one_of_several(&self, task: usize, starting: &Set) -> bool {
        let sources = self.graph.incoming[task].iter().map(|edge| self.graph.edges[*edge].source);
        let mut firsts = sources.filter(|source| starting.contains(*source));
        firsts.any(|first| {
            let mut at = first;
            // Without cycles it comes to an end.
            loop {
                if !self.leads(at, EdgeOn::Success, task) {
                    return false;
                }
                let others = self.graph.outgoing[at].iter().map(|edge| &self.graph.edges[*edge]);
                let others: Vec<usize> =
                    others.filter(|edge| edge.on != EdgeOn::Success).map(|edge| edge.target).collect();
                match others.as_slice() {
                    [] => return true,
                    [other] if self.leads(at, EdgeOn::Failure, *other) && self.needs_one(*other) => {
                        at = *other
                    }
                    _ => return false,
                }
            }
        })
    }

    /// Whether an edge is surely taken when the source ends so.
    fn leads(&self, source: usize, on: EdgeOn, target: usize) -> bool {
        // Of an exclusive branch another one may be taken.
        let is_inclusive = self.blueprint.tasks[source].branch == Branch::Inclusive;
        let is_it = |edge: &usize| {
            let way = &self.blueprint.edges[*edge];
            self.graph.edges[*edge].target == target && way.on == on && is_unconditional(way)
        };
        is_inclusive && self.graph.outgoing[source].iter().any(is_it)
    }

    fn needs_one(&self, task: usize) -> bool {
        self.blueprint.tasks[task].join.needed(self.graph.incoming[task].len()) == 1
    }
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
