//! Compensation: what a workflow's tasks did is undone, in the reverse order in which they did it.

use std::sync::Arc;

use goalpost_model::{Failure, TaskState, WorkflowState};

use crate::Effect;
use crate::step::Step;
use crate::tasks::{GraphRun, Owner};

impl Step<'_> {
    /// The workflow has failed or was cancelled: it ends, once what can be undone is undone.
    pub(crate) fn end_badly(&mut self, failure: Failure) {
        self.workflow.failure = Some(failure);
        if !self.workflow.undoable.is_empty() {
            self.workflow.state = WorkflowState::Compensating;
            self.effects.push(Effect::WorkflowCompensating);
        }
        self.undo_next();
    }

    /// Undoes the task that succeeded last of those that are not undone; ends the workflow if there is none.
    pub(crate) fn undo_next(&mut self) {
        while let Some(&done) = self.workflow.undoable.last() {
            match self.workflow.tasks[done].undo {
                None => return self.begin_undo(done),
                Some(undo) if !self.workflow.tasks[undo].state.is_terminal() => return,
                Some(undo) => {
                    self.note_undone(done, undo);
                    self.workflow.undoable.pop();
                }
            }
        }
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

    /// What could not be undone is said with why the workflow failed.
    fn note_undone(&mut self, done: usize, undo: usize) {
        let task = &self.workflow.tasks[undo];
        if task.state == TaskState::Succeeded {
            return;
        }
        let why = task.failure.as_ref().map(ToString::to_string).unwrap_or_default();
        let name = self.workflow.tasks.name(done).unwrap_or_default();
        if let Some(failure) = &mut self.workflow.failure {
            failure.message += &format!("; task '{name}' could not be undone: {why}");
        }
    }
}
