//! What becomes of tasks that nobody needs any more, because a join was met without them.

use std::collections::HashMap;

use goalpost_model::{Failure, Rest, TaskState};

use crate::step::Step;
use crate::tasks::GraphRun;

impl GraphRun {
    /// Whether what the task leads to needs nothing more: all of it was cancelled, or has begun without it
    /// and wants the rest to be cancelled.
    pub(crate) fn is_unneeded(&self, ordinal: usize) -> bool {
        let compiled = &self.graph.tasks[ordinal];
        let outgoing = &compiled.outgoing;
        compiled.withdrawn
            || !outgoing.is_empty()
                && outgoing.iter().all(|edge| self.needs_no_more(self.graph.edges[*edge].target))
    }

    fn needs_no_more(&self, target: usize) -> bool {
        if self.graph.tasks[target].withdrawn {
            return true;
        }
        match self.tasks[target].state {
            TaskState::Cancelled => true,
            TaskState::Pending | TaskState::Skipped => false,
            _ => self.graph.tasks[target].rest == Rest::Cancel,
        }
    }

    fn edges_in_need(&self, source: usize) -> usize {
        let targets = self.graph.tasks[source].outgoing.iter().map(|edge| self.graph.edges[*edge].target);
        targets.filter(|target| !self.needs_no_more(*target)).count()
    }
}

impl Step<'_> {
    /// Cancels the tasks that lead to this one alone, which has begun, and to others that are cancelled. Each
    /// edge is looked at a few times, however the graph is made.
    pub(crate) fn cancel_rest(&mut self, begun: usize) {
        let (base, begun, graph) = self.graph_of(begun);
        let name = &graph.tasks[begun].name;
        let failure = Failure::new(Failure::NOT_NEEDED, format!("task '{name}' began without it"));
        // How many edges of a task still lead to something that needs it.
        let mut needed: HashMap<usize, usize> = HashMap::new();
        let mut settled = vec![begun];
        while let Some(target) = settled.pop() {
            if target != begun {
                let had_settled = self.run(base).needs_no_more(target);
                self.cancel_task(self.run(base).ordinal(target), &failure);
                if had_settled {
                    // What leads to it was looked at when it began.
                    continue;
                }
            }
            let mut sources: Vec<usize> =
                graph.tasks[target].incoming.iter().map(|edge| graph.edges[*edge].source).collect();
            sources.sort_unstable();
            for edges in sources.chunk_by(|one, next| one == next) {
                let source = edges[0];
                if self.run(base).tasks[source].state.is_terminal() {
                    continue;
                }
                let left = match needed.get(&source) {
                    Some(left) => left - edges.len(),
                    None => self.run(base).edges_in_need(source),
                };
                needed.insert(source, left);
                if left == 0 {
                    settled.push(source);
                }
            }
        }
    }
}
