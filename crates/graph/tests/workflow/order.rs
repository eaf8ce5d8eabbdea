//! What a history may look like, effect by effect.

use std::collections::BTreeMap;

use goalpost_graph::Effect;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::random::Plan;

/// How far a task is according to the effects alone.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Ready(u32),
    Running(u32),
    /// This attempt is over; the next one follows.
    Again(u32),
    /// It waits, and has no attempts.
    Waiting,
    Ended,
}

/// Checks a whole history: one start, each task through its attempts to one end, one end.
pub(crate) struct Order<'a> {
    plan: &'a Plan,
    begun: bool,
    ended: bool,
    tasks: BTreeMap<usize, Phase>,
    /// The task that has to be next.
    owed: Option<usize>,
}

impl<'a> Order<'a> {
    pub(crate) fn of(plan: &'a Plan) -> Self {
        Self { plan, begun: false, ended: false, tasks: BTreeMap::new(), owed: None }
    }

    pub(crate) fn push(&mut self, effect: Effect) -> Result<(), TestCaseError> {
        prop_assert!(!self.ended, "{:?} after the end", effect);
        prop_assert_eq!(self.begun, effect != Effect::WorkflowStarted, "{:?}", effect);
        self.begun = true;
        match effect {
            Effect::WorkflowStarted => {}
            Effect::WorkflowSucceeded | Effect::WorkflowFailed | Effect::WorkflowCancelled => {
                let open = self.tasks.values().find(|phase| **phase != Phase::Ended);
                prop_assert_eq!(open, None, "{:?} while a task is open", effect);
                self.ended = true;
            }
            Effect::TaskReady { task, attempt } => {
                let before = (attempt > 1).then(|| Phase::Again(attempt - 1));
                self.step(effect, task, before, Phase::Ready(attempt))?;
            }
            Effect::TaskWaiting { task } => self.step(effect, task, None, Phase::Waiting)?,
            Effect::AttemptStarted { task, attempt } => {
                self.step(effect, task, Some(Phase::Ready(attempt)), Phase::Running(attempt))?;
            }
            Effect::AttemptFailed { task, attempt } => {
                self.step(effect, task, Some(Phase::Running(attempt)), Phase::Again(attempt))?;
            }
            Effect::TaskSucceeded { task } => {
                self.end(effect, task, self.plan.tasks[task].transforms, true, false)?;
            }
            Effect::TaskFailed { task } => self.end(effect, task, true, true, self.plan.tasks[task].timed)?,
            Effect::TaskSkipped { task } => self.end(effect, task, true, false, false)?,
            Effect::TaskCancelled { task, was_running } => {
                self.end(effect, task, !was_running, was_running, !was_running)?;
            }
            Effect::SignalReceived { .. }
            | Effect::SignalTaken { .. }
            | Effect::UndoBegun { .. }
            | Effect::Expanded { .. }
            | Effect::TaskReset { .. }
            | Effect::WorkflowCompensating
            | Effect::WorkflowPaused
            | Effect::EdgesAdded { .. }
            | Effect::BudgetChanged
            | Effect::WorkflowExtended
            | Effect::WorkflowReplanning
            | Effect::WorkflowResumed => prop_assert!(false, "nobody asked for {:?}", effect),
        }
        Ok(())
    }

    /// The history is whole: it has come to its end, with every task.
    pub(crate) fn finish(&self, tasks: usize) -> Result<(), TestCaseError> {
        prop_assert!(self.ended && self.owed.is_none());
        prop_assert_eq!(self.tasks.len(), tasks);
        Ok(())
    }

    fn step(
        &mut self,
        effect: Effect,
        task: usize,
        from: Option<Phase>,
        to: Phase,
    ) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.tasks.get(&task).copied(), from, "before {:?}", effect);
        prop_assert!(self.owed.is_none_or(|owed| owed == task), "{:?} comes between", effect);
        let follows_at_once = matches!(to, Phase::Again(_)) && !self.plan.tasks[task].pauses;
        self.owed = follows_at_once.then_some(task);
        self.tasks.insert(task, to);
        Ok(())
    }

    /// An end that may come before any attempt, while one runs, or while one is ready.
    fn end(
        &mut self,
        effect: Effect,
        task: usize,
        pending: bool,
        running: bool,
        ready: bool,
    ) -> Result<(), TestCaseError> {
        let from = self.tasks.get(&task).copied();
        let fits = match from {
            None => pending,
            Some(Phase::Running(_)) => running,
            Some(Phase::Ready(_)) => ready,
            Some(Phase::Again(_)) => matches!(effect, Effect::TaskCancelled { .. }),
            Some(Phase::Waiting) => {
                matches!(
                    effect,
                    Effect::TaskSucceeded { .. } | Effect::TaskCancelled { was_running: false, .. }
                )
            }
            Some(Phase::Ended) => false,
        };
        prop_assert!(fits, "{:?} after {:?}", effect, from);
        self.step(effect, task, from, Phase::Ended)
    }
}
