//! Ways through a graph that exclude one another.
//!
//! A task ends in one way, so its edges on success and those on failure are never taken together; nor are two
//! edges with a condition of an exclusive branch. What runs only after one of such edges is on its way. The
//! ways are a tree: each begins where its task is. A task that waits for all its edges is on the deepest way
//! of them; one that waits for some is where the ways of all of them part.

use std::collections::HashMap;

use goalpost_model::{Branch, EdgeOn};

use crate::compiled::{CompiledEdge, CompiledGraph, CompiledTask};
use crate::topology::{Arc, Graph};

use super::bill::Bill;
use super::tree::{Kind, ROOT, Tree};

/// The ways of a graph, and on which of them each task is.
pub(super) struct Branches {
    tree: Tree,
    tasks: Vec<usize>,
    spots: HashMap<Spot, usize>,
}

/// A place in the tree that several edges of a task share.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Spot {
    /// How the task ends.
    End(usize),
    /// It has ended so.
    Ended(usize, EdgeOn),
    /// Which edge is taken, of those on this end that have a condition.
    Edge(usize, EdgeOn),
}

impl Branches {
    pub(super) fn of(graph: &CompiledGraph) -> Self {
        let arc = |edge: &CompiledEdge| Arc { source: edge.source, target: edge.target, on: edge.on };
        let order = Graph::new(graph.tasks.len(), graph.edges.iter().map(arc).collect()).order().sorted;
        let tasks = vec![ROOT; graph.tasks.len()];
        let mut branches = Self { tree: Tree::default(), tasks, spots: HashMap::new() };
        let mut of_edges = vec![ROOT; graph.edges.len()];
        for ordinal in order {
            let task = &graph.tasks[ordinal];
            branches.tasks[ordinal] = branches.way_to(task, &of_edges);
            let has = |on| task.outgoing.iter().any(|edge| graph.edges[*edge].on == on);
            let parts = has(EdgeOn::Success) && has(EdgeOn::Failure);
            for edge in &task.outgoing {
                of_edges[*edge] = branches.way_from(task, &graph.edges[*edge], parts);
            }
        }
        branches
    }

    /// The way that the task is on.
    fn way_to(&self, task: &CompiledTask, of_edges: &[usize]) -> usize {
        if task.is_past {
            // It may have begun by an edge that is none any more.
            return ROOT;
        }
        let edges = task.incoming.len();
        let ways = task.incoming.iter().map(|edge| of_edges[*edge]);
        let way = if task.join.needed(edges) >= edges {
            ways.max_by_key(|way| self.tree.depth(*way))
        } else {
            ways.reduce(|one, other| self.tree.meeting(one, other))
        };
        way.unwrap_or(ROOT)
    }

    /// The way that the edge leads on. `parts`: its task has edges on success and edges on failure.
    fn way_from(&mut self, task: &CompiledTask, edge: &CompiledEdge, parts: bool) -> usize {
        let mut way = self.tasks[edge.source];
        if parts && edge.on != EdgeOn::Always {
            let end = self.spot(Spot::End(edge.source), way, Kind::Choice);
            way = self.spot(Spot::Ended(edge.source, edge.on), end, Kind::Way);
        }
        if task.branch == Branch::Exclusive && (edge.has_condition() || edge.otherwise) {
            let choice = self.spot(Spot::Edge(edge.source, edge.on), way, Kind::Choice);
            way = self.tree.add(choice, Kind::Way);
        }
        way
    }

    fn spot(&mut self, spot: Spot, parent: usize, kind: Kind) -> usize {
        *self.spots.entry(spot).or_insert_with(|| self.tree.add(parent, kind))
    }

    /// What the tasks come to together at most.
    pub(super) fn dearest<'a>(&self, tasks: Vec<Bill<'a>>) -> Bill<'a> {
        let mut bills = vec![Bill::default(); self.tree.len()];
        for (way, bill) in self.tasks.iter().zip(tasks) {
            bills[*way].add(bill);
        }
        // Each place comes after the one that it begins at.
        for place in (1..bills.len()).rev() {
            let bill = std::mem::take(&mut bills[place]);
            let parent = &mut bills[self.tree.parent(place)];
            match self.tree.kind(place) {
                Kind::Way => parent.or(bill),
                Kind::Choice => parent.add(bill),
            }
        }
        bills.into_iter().next().unwrap_or_default()
    }
}
