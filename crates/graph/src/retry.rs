//! A workflow that failed or was cancelled goes on: what stopped it is tried once more.

use std::collections::BTreeSet;

use goalpost_model::TaskState;

use crate::step::Step;
use crate::tasks::GraphRun;
use crate::{Effect, Task, Workflow};

impl Workflow {
    /// Whether some task of the blueprint's own graph stopped the workflow and can be tried once more.
    pub(crate) fn can_be_retried(&self) -> bool {
        self.tasks.run(0).has_stopped()
    }

    /// A task that a retry would begin anew although the graph inside of it has run: names and attempts would
    /// be there a second time.
    pub(crate) fn cannot_begin_anew(&self, all: bool) -> Option<String> {
        let has_run = |(ordinal, task): &(usize, &Task)| {
            if self.tasks.is_withdrawn(*ordinal) {
                return false;
            }
            let begins_anew = all || has_stopped(task) && self.stopped_inside(*ordinal).is_empty();
            task.body.is_some() && begins_anew
        };
        let (ordinal, _) = self.tasks.iter().find(has_run)?;
        self.tasks.name(ordinal)
    }

    /// The first ordinals of the runs inside of the task that stopped.
    fn stopped_inside(&self, owner: usize) -> Vec<usize> {
        let runs = self.tasks.runs_inside(owner).into_iter();
        runs.filter(|base| self.tasks.run(*base).has_stopped()).collect()
    }
}

/// What has failed without being handled, or was cancelled.
fn has_stopped(task: &Task) -> bool {
    task.state == TaskState::Cancelled || task.state == TaskState::Failed && task.unhandled.is_some()
}

impl GraphRun {
    fn has_stopped(&self) -> bool {
        (0..self.tasks.len()).any(|place| self.was_stopped(place))
    }

    /// Whether the task at this place has stopped the graph. What it does without stops it no more.
    fn was_stopped(&self, place: usize) -> bool {
        has_stopped(&self.tasks[place]) && !self.graph.tasks[place].withdrawn
    }

    /// The places of what stopped the graph, and of what was skipped because of it; not of what somebody skipped.
    fn stopped(&self) -> BTreeSet<usize> {
        let mut found: BTreeSet<usize> =
            (0..self.tasks.len()).filter(|place| self.was_stopped(*place)).collect();
        let mut open: Vec<usize> = found.iter().copied().collect();
        while let Some(source) = open.pop() {
            for edge in &self.graph.tasks[source].outgoing {
                let target = self.graph.edges[*edge].target;
                let task = &self.tasks[target];
                let is_wanted = !task.is_by_hand() && !self.graph.tasks[target].withdrawn;
                let was_skipped = task.state == TaskState::Skipped && is_wanted;
                if was_skipped && found.insert(target) {
                    open.push(target);
                }
            }
        }
        found
    }
}

impl Step<'_> {
    /// The workflow runs again: all of it, or what stopped it. What has succeeded is not run again then, nor
    /// are items and iterations that have.
    pub(crate) fn retry(&mut self, all: bool) {
        self.run_on();
        if all {
            self.workflow.undoable.clear();
            let own = self.run(0);
            let is_live = |ordinal: &usize| !self.compiled(*ordinal).withdrawn;
            let tasks: BTreeSet<usize> = own.ordinals().filter(is_live).collect();
            tasks.iter().for_each(|ordinal| self.reset(*ordinal));
            self.go_on(0, tasks);
        } else {
            self.retry_run(0);
        }
        self.settle();
    }

    /// Tries once more what stopped a graph.
    fn retry_run(&mut self, base: usize) {
        let stopped = self.run(base).stopped();
        let mut reset = BTreeSet::new();
        for place in stopped {
            let ordinal = self.run(base).ordinal(place);
            if !self.retry_inside(ordinal) {
                self.reset(ordinal);
                reset.insert(ordinal);
            }
        }
        self.go_on(base, reset);
    }

    /// Goes on with the graph inside of a task, if that is what stopped. False if the task has to begin anew.
    fn retry_inside(&mut self, owner: usize) -> bool {
        let stopped = self.workflow.stopped_inside(owner);
        if stopped.is_empty() {
            return false;
        }
        let task = &mut self.workflow.tasks[owner];
        (task.state, task.failure, task.unhandled) = (TaskState::Waiting, None, None);
        self.effects.push(Effect::TaskWaiting { task: owner });
        for base in stopped {
            self.retry_run(base);
        }
        self.workflow.count_runs_of(owner);
        true
    }

    /// The task waits for its join again. Its attempts are counted on; one that no worker does counts how often it
    /// has begun anew, so that what comes late for the time before is known by its number.
    fn reset(&mut self, ordinal: usize) {
        let is_control = self.compiled(ordinal).control.is_some();
        let task = &mut self.workflow.tasks[ordinal];
        let begins_anew = is_control && task.input.is_some();
        let attempt = task.attempt.saturating_add(begins_anew.into());
        // What it took is spent all the same.
        *task = Task { attempt, spent: task.spent, ..Task::default() };
        self.effects.push(Effect::TaskReset { task: ordinal });
    }

    /// Decides the joins of tasks that were reset.
    fn go_on(&mut self, base: usize, reset: BTreeSet<usize>) {
        if let Some(run) = self.workflow.tasks.run_mut(base) {
            run.count_edges();
        }
        for ordinal in reset {
            self.decide_join(ordinal);
        }
    }
}
