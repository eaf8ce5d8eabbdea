//! A workflow with a failure that nothing takes up waits for another plan, if it may, instead of failing.

use goalpost_checker::CompiledBlueprint;
use goalpost_model::{Failure, WorkflowState};

use crate::step::Step;
use crate::{Effect, Workflow};

impl Workflow {
    /// Why the workflow will fail, once nothing is open: the first of the failures of its own tasks that nothing took up.
    pub(crate) fn unhandled(&self) -> Option<&Failure> {
        let own = self.tasks.run(0);
        let tasks = own.graph.tasks.iter().zip(&own.tasks);
        tasks.filter(|(compiled, _)| !compiled.withdrawn).find_map(|(_, task)| task.unhandled.as_ref())
    }

    /// Whether it waits for another plan when it would fail because of a task.
    pub(crate) fn may_be_replanned(&self, blueprint: &CompiledBlueprint) -> bool {
        self.replans < blueprint.max_replans && self.unhandled().is_some()
    }
}

impl Step<'_> {
    /// The workflow waits for another plan; while it is paused, it waits for that first.
    pub(crate) fn await_replan(&mut self, failure: Failure) {
        if self.workflow.state == WorkflowState::Paused {
            return;
        }
        self.workflow.state = WorkflowState::Replanning;
        self.workflow.failure = Some(failure);
        self.workflow.replans = self.workflow.replans.saturating_add(1);
        self.effects.push(Effect::WorkflowReplanning);
    }

    /// There is no other plan: the workflow fails as it would have.
    pub(crate) fn end_without_replan(&mut self, reason: &str) {
        if let Some(mut failure) = self.workflow.failure.take() {
            failure.message += &format!("; there is no other plan: {reason}");
            self.end_badly(failure);
            self.settle();
        }
    }
}
