//! Compensation: what a workflow's tasks did is undone, in the reverse order in which they did it. All of it when the
//! workflow ends badly; when another plan does without some of the tasks, what these did, while the rest goes on.

use std::sync::Arc;

use goalpost_model::{Failure, TaskState, WorkflowState};

use crate::step::Step;
use crate::tasks::{GraphRun, Owner};
use crate::{Effect, Workflow};

impl Workflow {
    /// Whether a task that the workflow does without is not undone yet.
    pub(crate) fn undoes_withdrawn(&self) -> bool {
        self.undoable.iter().any(|done| self.tasks.is_withdrawn(*done))
    }
}

impl Step<'_> {
    /// The workflow has failed or was cancelled: it ends, once what can be undone is undone.
    pub(crate) fn end_badly(&mut self, failure: Failure) {
        self.workflow.failure = Some(failure);
        if self.workflow.undoable.is_empty() {
            return self.end_undone();
        }
        self.workflow.state = WorkflowState::Compensating;
        self.effects.push(Effect::WorkflowCompensating);
        self.undo_next();
    }

    /// Undoes the task that succeeded last of those that are to be undone and are not. If there is none, the workflow
    /// ends, or what was added with the plan that does without them begins.
    pub(crate) fn undo_next(&mut self) {
        loop {
            // One after the other.
            let begun = |done: &usize| self.workflow.tasks[*done].undo.is_some();
            if let Some(place) = self.workflow.undoable.iter().position(begun) {
                if self.is_being_undone(self.workflow.undoable[place]) {
                    return;
                }
                let done = self.workflow.undoable.remove(place);
                self.workflow.is_withdrawing =
                    self.workflow.is_withdrawing && self.workflow.undoes_withdrawn();
                if let Some(failure) = self.note_undone(done) {
                    return self.end_early(failure);
                }
            } else if let Some(done) = self.next_to_undo() {
                return self.begin_undo(done);
            } else if self.workflow.state == WorkflowState::Compensating {
                return self.end_undone();
            } else {
                return self.begin_added();
            }
        }
    }

    fn is_being_undone(&self, done: usize) -> bool {
        let undo = self.workflow.tasks[done].undo.and_then(|undo| self.workflow.tasks.get(undo));
        undo.is_some_and(|undo| !undo.state.is_terminal())
    }

    fn next_to_undo(&self) -> Option<usize> {
        let undoes_all = self.workflow.state == WorkflowState::Compensating;
        let is_next = |done: &&usize| undoes_all || self.workflow.tasks.is_withdrawn(**done);
        self.workflow.undoable.iter().rev().find(is_next).copied()
    }

    /// Everything is undone.
    fn end_undone(&mut self) {
        let was_cancelled =
            self.workflow.failure.as_ref().is_some_and(|failure| failure.kind == Failure::CANCELLED);
        let (state, effect) = if was_cancelled {
            (WorkflowState::Cancelled, Effect::WorkflowCancelled)
        } else {
            (WorkflowState::Failed, Effect::WorkflowFailed)
        };
        self.workflow.state = state;
        self.effects.push(effect);
    }

    fn begin_undo(&mut self, done: usize) {
        let (base, place, graph) = self.graph_of(done);
        let Some(undo) = graph.tasks[place].undo.clone() else { return };
        let first = self.workflow.tasks.next;
        self.workflow.tasks.next += undo.tasks.len();
        self.workflow.tasks[done].undo = Some(first);
        self.effects.push(Effect::UndoBegun { task: done });
        let mut run = GraphRun::new(first, Arc::clone(&undo), Some(Owner { task: done, index: 0 }));
        run.is_undo = true;
        self.workflow.tasks.add(first, run);
        // Its input is computed where the task is that it undoes.
        match undo.tasks[0].input(&graph, &self.workflow.view(base), &[]) {
            Ok(input) => self.make_ready(first, input),
            Err(failure) => self.close(first, TaskState::Failed, Some(failure)),
        }
    }

    /// What could not be undone is said with why the workflow failed. One that goes on without it fails because of it.
    fn note_undone(&mut self, done: usize) -> Option<Failure> {
        let undo = self.workflow.tasks[done].undo.and_then(|undo| self.workflow.tasks.get(undo))?;
        if undo.state == TaskState::Succeeded {
            return None;
        }
        let why = undo.failure.as_ref().map(ToString::to_string).unwrap_or_default();
        let name = self.workflow.tasks.name(done).unwrap_or_default();
        if self.workflow.state == WorkflowState::Compensating {
            if let Some(failure) = &mut self.workflow.failure {
                failure.message += &format!("; task '{name}' could not be undone: {why}");
            }
            return None;
        }
        let message = format!("task '{name}' is withdrawn, and could not be undone: {why}");
        Some(Failure::new(Failure::NOT_UNDONE, message))
    }
}
