//! What follows from the end of a task: its edges, the joins that they lead to, and so on.

use std::collections::VecDeque;
use std::sync::Arc;

use goalpost_checker::builtin::Control;
use goalpost_model::{Failure, Rest, TaskState};
use serde_json::Value;

use crate::join::Verdict;
use crate::step::Step;
use crate::timer::due;

impl Step<'_> {
    /// Decides the edges of tasks that have ended, of those that end because of it, and so on;
    /// then ends the workflow, if nothing is open. A work list, because a chain may be 10,000 tasks long.
    pub(crate) fn settle(&mut self, mut ended: VecDeque<usize>) {
        let blueprint = self.blueprint;
        while let Some(source) = ended.pop_front() {
            // All edges first: two of them may lead to one target, and both bring it data.
            self.decide_edges(source);
            for edge in &blueprint.tasks[source].outgoing {
                let target = blueprint.edges[*edge].target;
                if self.decide_join(target) {
                    ended.push_back(target);
                }
            }
        }
        self.end_if_nothing_is_open();
    }

    fn decide_edges(&mut self, source: usize) {
        let blueprint = self.blueprint;
        let branch = self.branch(source);
        for (&edge, taken) in blueprint.tasks[source].outgoing.iter().zip(branch) {
            self.workflow.incoming[blueprint.edges[edge].target].decide(taken);
            self.workflow.edge_taken[edge] = taken;
            if taken {
                self.workflow.tasks[source].taken_edges.push(edge);
            }
        }
        self.note_unhandled_failure(source);
    }

    /// A failure that no edge takes up makes the workflow fail.
    fn note_unhandled_failure(&mut self, source: usize) {
        let task = &mut self.workflow.tasks[source];
        if task.state != TaskState::Failed || !task.taken_edges.is_empty() {
            return;
        }
        let name = &self.blueprint.tasks[source].name;
        let why = task.failure.as_ref().map(ToString::to_string).unwrap_or_default();
        task.unhandled.get_or_insert_with(|| {
            let message = format!("task '{name}' failed and no edge took its failure up: {why}");
            Failure::new(Failure::UNHANDLED_FAILURE, message)
        });
    }

    /// Starts or skips a pending task, if its edges say so. True if it ended by it.
    fn decide_join(&mut self, ordinal: usize) -> bool {
        if self.workflow.tasks[ordinal].state != TaskState::Pending {
            return false;
        }
        let join = self.blueprint.tasks[ordinal].join;
        let incoming = self.workflow.incoming[ordinal];
        match incoming.verdict(join) {
            Verdict::Open => false,
            Verdict::Met => {
                let has_ended = !self.activate(ordinal);
                if self.blueprint.tasks[ordinal].rest == Rest::Cancel {
                    self.cancel_rest(ordinal);
                }
                has_ended
            }
            Verdict::Unmet => {
                let failure = Failure::new(Failure::JOIN_UNMET, incoming.reason(join));
                self.close(ordinal, TaskState::Skipped, Some(failure));
                true
            }
        }
    }

    /// Makes a task ready with its input. False if it ended by it: one whose input cannot be put together
    /// fails, and one that only computes succeeds.
    pub(crate) fn activate(&mut self, ordinal: usize) -> bool {
        let compiled = &self.blueprint.tasks[ordinal];
        let taken: Vec<usize> =
            compiled.incoming.iter().copied().filter(|edge| self.workflow.edge_taken[*edge]).collect();
        let input = compiled.input(self.blueprint, self.workflow, &taken);
        // A time that is none fails the task before it waits.
        let input = match compiled.control {
            Some(Control::Wait) => input.and_then(|input| due(&input).map(|_| input)),
            Some(Control::Transform) | None => input,
        };
        match (input, compiled.control) {
            (Ok(input), None) => self.make_ready(ordinal, input),
            (Ok(input), Some(Control::Wait)) => self.make_wait(ordinal, input),
            (Ok(input), Some(Control::Transform)) => {
                self.workflow.tasks[ordinal].output = Some(Arc::new(Value::Object(input)));
                self.close(ordinal, TaskState::Succeeded, None);
                return false;
            }
            (Err(failure), _) => {
                self.close(ordinal, TaskState::Failed, Some(failure));
                return false;
            }
        }
        true
    }
}
