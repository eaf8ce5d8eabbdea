//! The shape of the graph: order and cycles.

use std::collections::VecDeque;

use goalpost_model::EdgeOn;

/// A graph by ordinals.
pub(crate) struct Graph {
    pub(crate) edges: Vec<Arc>,
    pub(crate) incoming: Vec<Vec<usize>>,
    pub(crate) outgoing: Vec<Vec<usize>>,
    /// Tasks whose edges were decided under an earlier plan: those that are withdrawn, and those to which an edge leads
    /// from one of them.
    pub(crate) past: Vec<bool>,
}

/// An edge by ordinals.
#[derive(Clone, Copy)]
pub(crate) struct Arc {
    pub(crate) source: usize,
    pub(crate) target: usize,
    pub(crate) on: EdgeOn,
}

/// What the order of a graph says.
pub(crate) struct Order {
    /// Tasks, each after those that lead to it, as far as there is such an order.
    pub(crate) sorted: Vec<usize>,
    /// Cycles, each as the tasks on it in the direction of the edges.
    pub(crate) cycles: Vec<Vec<usize>>,
    /// Tasks that can never start because they are behind a cycle.
    pub(crate) behind: Vec<usize>,
}

impl Graph {
    pub(crate) fn new(tasks: usize, edges: Vec<Arc>) -> Self {
        Self::without(vec![false; tasks], edges)
    }

    /// A graph that does without some of its tasks: what leads from them to others is no edge any more. What leads to them
    /// is, since it has its part in what its source chooses.
    pub(crate) fn without(withdrawn: Vec<bool>, edges: Vec<Arc>) -> Self {
        let (mut incoming, mut outgoing) =
            (vec![Vec::new(); withdrawn.len()], vec![Vec::new(); withdrawn.len()]);
        let mut past = withdrawn.clone();
        for (ordinal, edge) in edges.iter().enumerate() {
            if withdrawn[edge.source] && !withdrawn[edge.target] {
                past[edge.target] = true;
                continue;
            }
            outgoing[edge.source].push(ordinal);
            incoming[edge.target].push(ordinal);
        }
        Self { edges, incoming, outgoing, past }
    }

    pub(crate) fn order(&self) -> Order {
        let mut open: Vec<usize> = self.incoming.iter().map(Vec::len).collect();
        let mut next: VecDeque<usize> = (0..open.len()).filter(|task| open[*task] == 0).collect();
        let mut sorted = Vec::with_capacity(open.len());
        while let Some(task) = next.pop_front() {
            sorted.push(task);
            for edge in &self.outgoing[task] {
                let target = self.edges[*edge].target;
                open[target] -= 1;
                if open[target] == 0 {
                    next.push_back(target);
                }
            }
        }
        let (cycles, behind) = self.cycles(&open);
        Order { sorted, cycles, behind }
    }

    /// Cycles among the tasks that have open edges. Each of these has one from another of them, so
    /// a walk against the edges comes back to where it was.
    fn cycles(&self, open: &[usize]) -> (Vec<Vec<usize>>, Vec<usize>) {
        const UNSEEN: usize = usize::MAX;
        let mut walk_of = vec![UNSEEN; open.len()];
        let mut on_cycle = vec![false; open.len()];
        let mut cycles = Vec::new();
        for start in (0..open.len()).filter(|task| open[*task] > 0) {
            let mut walk = Vec::new();
            let mut at = start;
            while walk_of[at] == UNSEEN {
                walk_of[at] = start;
                walk.push(at);
                let before = self.incoming[at]
                    .iter()
                    .map(|edge| self.edges[*edge].source)
                    .find(|task| open[*task] > 0);
                match before {
                    Some(before) => at = before,
                    None => break,
                }
            }
            if walk_of[at] == start
                && let Some(place) = walk.iter().position(|task| *task == at)
                && walk.last().is_some_and(|last| self.leads(at, *last))
            {
                let mut cycle = walk.split_off(place);
                cycle.reverse();
                cycle.iter().for_each(|task| on_cycle[*task] = true);
                cycles.push(cycle);
            }
        }
        let behind = (0..open.len()).filter(|task| open[*task] > 0 && !on_cycle[*task]).collect();
        (cycles, behind)
    }

    fn leads(&self, source: usize, target: usize) -> bool {
        self.incoming[target].iter().any(|edge| self.edges[*edge].source == source)
    }
}

/// A set of ordinals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set(Vec<u64>);

impl Set {
    pub(crate) fn empty(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    pub(crate) fn insert(&mut self, ordinal: usize) {
        self.0[ordinal / 64] |= 1 << (ordinal % 64);
    }

    pub(crate) fn contains(&self, ordinal: usize) -> bool {
        self.0[ordinal / 64] & (1 << (ordinal % 64)) != 0
    }
}
