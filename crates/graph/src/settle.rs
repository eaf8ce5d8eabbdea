//! What follows from the end of a task: its edges, the joins that they lead to, and so on.

use std::sync::Arc;

use goalpost_checker::builtin::Control;
use goalpost_model::{Failure, Rest, TaskState};
use serde_json::{Map, Value};

use crate::join::Verdict;
use crate::step::Step;
use crate::timer::due;

impl Step<'_> {
    /// Decides the edges of tasks that have ended, of those that end because of it, and so on;
    /// then ends the workflow, if nothing is open. A work list, because a chain may be 10,000 tasks long.
    pub(crate) fn settle(&mut self) {
        while let Some(source) = self.ended.pop_front() {
            // All edges first: two of them may lead to one target, and both bring it data.
            self.decide_edges(source);
            let (base, place, graph) = self.graph_of(source);
            for edge in &graph.tasks[place].outgoing {
                self.decide_join(self.run(base).ordinal(graph.edges[*edge].target));
            }
            self.end_run_if_nothing_is_open(base);
        }
        self.end_if_nothing_is_open();
    }

    fn decide_edges(&mut self, source: usize) {
        let branch = self.branch(source);
        let (base, place, graph) = self.graph_of(source);
        let Some(run) = self.workflow.tasks.run_mut(base) else { return };
        run.undecided -= 1;
        for (&edge, taken) in graph.tasks[place].outgoing.iter().zip(branch) {
            run.incoming[graph.edges[edge].target].decide(taken);
            run.edge_taken[edge] = taken;
            if taken {
                run.tasks[place].taken_edges.push(edge);
            }
        }
        self.note_unhandled_failure(source);
    }

    /// A failure that no edge takes up makes the workflow fail.
    fn note_unhandled_failure(&mut self, source: usize) {
        let (_, place, graph) = self.graph_of(source);
        let task = &mut self.workflow.tasks[source];
        let is_wanted = |edge: &usize| !graph.tasks[graph.edges[*edge].target].withdrawn;
        if task.state != TaskState::Failed || task.taken_edges.iter().any(is_wanted) {
            return;
        }
        let name = &graph.tasks[place].name;
        let why = task.failure.as_ref().map(ToString::to_string).unwrap_or_default();
        task.unhandled.get_or_insert_with(|| {
            let message = format!("task '{name}' failed and no edge took its failure up: {why}");
            Failure::new(Failure::UNHANDLED_FAILURE, message)
        });
    }

    /// Starts or skips a pending task, if its edges say so, and nothing has to be undone first.
    pub(crate) fn decide_join(&mut self, ordinal: usize) {
        if self.workflow.tasks[ordinal].state != TaskState::Pending || self.workflow.holds_back(ordinal) {
            return;
        }
        let (base, place, graph) = self.graph_of(ordinal);
        let compiled = &graph.tasks[place];
        let incoming = self.run(base).incoming[place];
        match incoming.verdict(compiled.join) {
            Verdict::Open => {}
            Verdict::Met => {
                self.activate(ordinal);
                if compiled.rest == Rest::Cancel {
                    self.cancel_rest(ordinal);
                }
            }
            Verdict::Unmet => {
                let failure = Failure::new(Failure::JOIN_UNMET, incoming.reason(compiled.join));
                self.close(ordinal, TaskState::Skipped, Some(failure));
            }
        }
    }

    /// Makes a task ready with its input, or lets the engine do it. It may end by it: one whose input cannot
    /// be put together fails, and one that only computes succeeds.
    pub(crate) fn activate(&mut self, ordinal: usize) {
        let (base, place, graph) = self.graph_of(ordinal);
        let compiled = &graph.tasks[place];
        let taken: Vec<usize> =
            compiled.incoming.iter().copied().filter(|edge| self.run(base).edge_taken[*edge]).collect();
        match compiled.input(&graph, &self.workflow.view(base), &taken) {
            Ok(input) => match &compiled.key {
                Some(key) => match key.name(&graph, &self.workflow.view(base)) {
                    Ok(name) => self.await_key(ordinal, name, input),
                    Err(failure) => self.close(ordinal, TaskState::Failed, Some(failure)),
                },
                None => self.begin(ordinal, compiled.control, input),
            },
            Err(failure) => self.close(ordinal, TaskState::Failed, Some(failure)),
        }
    }

    /// The task is ready once it holds its key.
    fn await_key(&mut self, ordinal: usize, name: String, input: Map<String, Value>) {
        self.workflow.tasks[ordinal].key = Some(name);
        self.make_wait(ordinal, input);
    }

    /// The task holds its key.
    pub(crate) fn key_granted(&mut self, ordinal: usize) {
        let task = &mut self.workflow.tasks[ordinal];
        let input = task.input.take();
        self.make_ready(ordinal, input.map(Arc::unwrap_or_clone).unwrap_or_default());
    }

    fn begin(&mut self, ordinal: usize, control: Option<Control>, input: Map<String, Value>) {
        match control {
            None => self.make_ready(ordinal, input),
            // A time that is none fails the task before it waits.
            Some(Control::Wait) => match due(&input) {
                Ok(_) => self.make_wait(ordinal, input),
                Err(failure) => self.close(ordinal, TaskState::Failed, Some(failure)),
            },
            Some(Control::Transform) => {
                self.workflow.tasks[ordinal].output = Some(Arc::new(Value::Object(input)));
                self.close(ordinal, TaskState::Succeeded, None);
            }
            Some(Control::Body) => self.begin_body(ordinal, input),
            Some(Control::AwaitSignal) => self.await_signal(ordinal, input),
            Some(Control::Approve | Control::SubGoal | Control::Extension) => self.make_wait(ordinal, input),
        }
    }
}
