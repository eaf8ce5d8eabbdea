//! What becomes of tasks that nobody needs any more, because a join was met without them.

use std::collections::HashMap;

use goalpost_checker::CompiledBlueprint;
use goalpost_model::{Failure, Rest, TaskState};

use crate::Workflow;
use crate::step::Step;

impl Workflow {
    /// Whether what the task leads to needs nothing more: all of it was cancelled, or has begun without it
    /// and wants the rest to be cancelled.
    pub(crate) fn is_unneeded(&self, blueprint: &CompiledBlueprint, ordinal: usize) -> bool {
        let outgoing = &blueprint.tasks[ordinal].outgoing;
        !outgoing.is_empty()
            && outgoing.iter().all(|edge| self.needs_no_more(blueprint, blueprint.edges[*edge].target))
    }

    fn needs_no_more(&self, blueprint: &CompiledBlueprint, target: usize) -> bool {
        match self.tasks[target].state {
            TaskState::Cancelled => true,
            TaskState::Pending | TaskState::Skipped => false,
            _ => blueprint.tasks[target].rest == Rest::Cancel,
        }
    }
}

impl Step<'_> {
    /// Cancels the tasks that lead to this one alone, which has begun, and to others that are cancelled. Each
    /// edge is looked at a few times, however the graph is made.
    pub(crate) fn cancel_rest(&mut self, begun: usize) {
        let blueprint = self.blueprint;
        let name = &blueprint.tasks[begun].name;
        let failure = Failure::new(Failure::NOT_NEEDED, format!("task '{name}' began without it"));
        // How many edges of a task still lead to something that needs it.
        let mut needed: HashMap<usize, usize> = HashMap::new();
        let mut settled = vec![begun];
        while let Some(target) = settled.pop() {
            if target != begun {
                let had_settled = self.workflow.needs_no_more(blueprint, target);
                self.cancel_task(target, &failure);
                if had_settled {
                    // What leads to it was looked at when it began.
                    continue;
                }
            }
            let mut sources: Vec<usize> =
                blueprint.tasks[target].incoming.iter().map(|edge| blueprint.edges[*edge].source).collect();
            sources.sort_unstable();
            for edges in sources.chunk_by(|one, next| one == next) {
                let source = edges[0];
                if self.workflow.tasks[source].state.is_terminal() {
                    continue;
                }
                let left = match needed.get(&source) {
                    Some(left) => left - edges.len(),
                    None => self.edges_in_need(source),
                };
                needed.insert(source, left);
                if left == 0 {
                    settled.push(source);
                }
            }
        }
    }

    fn edges_in_need(&self, source: usize) -> usize {
        let targets =
            self.blueprint.tasks[source].outgoing.iter().map(|edge| self.blueprint.edges[*edge].target);
        targets.filter(|target| !self.workflow.needs_no_more(self.blueprint, *target)).count()
    }
}
