//! Bringing a workflow up to date by the tasks that have changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use goalpost_model::TaskState;

use crate::join::Incoming;
use crate::rows::check_row;
use crate::tasks::{GraphRun, Owner};
use crate::{InvalidState, Task, Workflow};

impl Workflow {
    /// Puts these tasks in the place of what was known of them, and counts anew what follows from them alone.
    /// `succeeded` are those of them that have succeeded, in the order in which they have; nothing of what is
    /// not replaced succeeded after the first of them.
    ///
    /// Nothing is replaced, and the answer is false, if more follows: graphs inside of tasks begin, for example.
    ///
    /// # Errors
    /// A task contradicts itself or its place in the blueprint; nothing is replaced then either.
    pub fn replace(
        &mut self,
        tasks: Vec<(usize, Task)>,
        succeeded: impl IntoIterator<Item = usize>,
    ) -> Result<bool, InvalidState> {
        for (ordinal, task) in &tasks {
            let Some((base, ..)) = self.tasks.find(*ordinal) else { return Ok(false) };
            // What follows from its end is more than its own graph says.
            if self.tasks.run(base).is_undo {
                return Ok(false);
            }
            // An item or iteration that has not begun after all.
            let is_gone = base > 0 && task.state == TaskState::Pending;
            if is_gone || has_graph(&self.tasks[*ordinal]) || has_graph(task) {
                return Ok(false);
            }
            check_row(&self.tasks, *ordinal, task)?;
        }
        let had_succeeded = |(ordinal, _): &(usize, Task)| self.tasks[*ordinal].state == TaskState::Succeeded;
        if tasks.iter().any(had_succeeded) {
            let replaced: BTreeSet<usize> = tasks.iter().map(|(ordinal, _)| *ordinal).collect();
            self.undoable.retain(|ordinal| !replaced.contains(ordinal));
        }
        let mut changed = BTreeSet::new();
        for (ordinal, task) in tasks {
            let Some((base, place, _)) = self.tasks.find(ordinal) else { continue };
            self.uncount_spending(ordinal);
            if let Some(run) = self.tasks.run_mut(base) {
                run.replace(place, task);
            }
            self.count_spending(ordinal);
            changed.insert(base);
        }
        changed.into_iter().for_each(|base| self.count_again(base));
        let undoable: Vec<usize> =
            succeeded.into_iter().filter(|ordinal| self.can_be_undone(*ordinal)).collect();
        self.undoable.extend(undoable);
        Ok(true)
    }

    /// What has come out of a run, for the task that waits for it.
    fn count_again(&mut self, base: usize) {
        let run = self.tasks.run(base);
        let Some(Owner { task, .. }) = run.owner else { return };
        let outcome = (run.open == 0).then(|| self.outcome(base));
        let ends = [usize::from(outcome.is_some()), usize::from(matches!(outcome, Some(Err(_))))];
        let Some(run) = self.tasks.run_mut(base) else { return };
        let before = std::mem::replace(&mut run.outcome, outcome);
        if let Some(progress) = self.progress.get_mut(&task) {
            progress.ended = progress.ended + ends[0] - usize::from(before.is_some());
            progress.failed = progress.failed + ends[1] - usize::from(matches!(before, Some(Err(_))));
        }
    }
}

/// Whether more tasks belong to it.
fn has_graph(task: &Task) -> bool {
    task.body.is_some() || task.planned.is_some() || task.undo.is_some()
}

impl GraphRun {
    fn replace(&mut self, place: usize, task: Task) {
        self.count_end(place, false);
        self.tasks[place] = task;
        self.count_end(place, true);
    }

    /// Counts anew what follows from the ends of all tasks.
    pub(crate) fn count_edges(&mut self) {
        let graph = Arc::clone(&self.graph);
        self.incoming = graph.tasks.iter().map(|task| Incoming::undecided(task.incoming.len())).collect();
        self.edge_taken = vec![false; graph.edges.len()];
        self.open = self.tasks.len();
        (0..self.tasks.len()).for_each(|place| self.count_end(place, true));
    }

    /// Counts, or counts no more, what follows from the end of a task, if it has ended.
    fn count_end(&mut self, place: usize, counts: bool) {
        let graph = Arc::clone(&self.graph);
        let task = &self.tasks[place];
        if !task.state.is_terminal() {
            return;
        }
        self.open = if counts { self.open - 1 } else { self.open + 1 };
        task.taken_edges.iter().for_each(|edge| self.edge_taken[*edge] = counts);
        // A cancelled task decides nothing: the graph ended with it, or nobody needs it.
        if task.state == TaskState::Cancelled {
            return;
        }
        for edge in &graph.tasks[place].outgoing {
            let incoming = &mut self.incoming[graph.edges[*edge].target];
            let taken = task.taken_edges.binary_search(edge).is_ok();
            if counts { incoming.decide(taken) } else { incoming.forget(taken) }
        }
    }
}
