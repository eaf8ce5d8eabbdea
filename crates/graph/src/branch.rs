//! Which edges a task takes when it ends.

use goalpost_checker::{CompiledEdge, CompiledGraph};
use goalpost_model::{Branch, EdgeOn, TaskState};

use crate::step::Step;

/// What the conditions of a task have said so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    /// None of them holds.
    No,
    /// One of them holds.
    Yes,
    /// One of them could not be evaluated, and none holds.
    Unknown,
}

impl Step<'_> {
    /// Whether each outgoing edge of a task that has ended is taken, in their order.
    pub(crate) fn branch(&mut self, source: usize) -> Vec<bool> {
        let (base, place, graph) = self.graph_of(source);
        let compiled = &graph.tasks[place];
        let end = self.workflow.tasks[source].state;
        let mut said = Said::No;
        let mut taken = Vec::with_capacity(compiled.outgoing.len());
        for &ordinal in &compiled.outgoing {
            let edge = &graph.edges[ordinal];
            let is_open = matches_end(edge.on, end) && !edge.otherwise;
            taken.push(if is_open && edge.has_condition() {
                let is_decided = compiled.branch == Branch::Exclusive && said != Said::No;
                !is_decided && self.condition_holds(&graph, base, edge, &mut said)
            } else {
                is_open
            });
        }
        // Whoever does not know what holds does not know what is otherwise.
        if said == Said::No {
            for (taken, &ordinal) in taken.iter_mut().zip(&compiled.outgoing) {
                let edge = &graph.edges[ordinal];
                *taken |= edge.otherwise && matches_end(edge.on, end);
            }
        }
        taken
    }

    /// A condition that cannot be evaluated does not hold, and makes the workflow fail.
    fn condition_holds(
        &mut self,
        graph: &CompiledGraph,
        base: usize,
        edge: &CompiledEdge,
        said: &mut Said,
    ) -> bool {
        match edge.condition_holds(graph, &self.workflow.view(base)) {
            Ok(true) => {
                *said = Said::Yes;
                true
            }
            Ok(false) => false,
            Err(failure) => {
                let source = self.run(base).ordinal(edge.source);
                self.workflow.tasks[source].unhandled.get_or_insert(failure);
                if *said == Said::No {
                    *said = Said::Unknown;
                }
                false
            }
        }
    }
}

/// Whether an edge of this kind can be taken at this end of its source.
pub(crate) fn matches_end(on: EdgeOn, end: TaskState) -> bool {
    match on {
        EdgeOn::Success => end == TaskState::Succeeded,
        EdgeOn::Failure => end == TaskState::Failed,
        EdgeOn::Always => matches!(end, TaskState::Succeeded | TaskState::Failed),
    }
}
