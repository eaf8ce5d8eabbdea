//! One step of a workflow: what each kind of event does to its task.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use goalpost_checker::{CompiledBlueprint, CompiledGraph, CompiledTask};
use goalpost_model::{Failure, TaskState, TimerKind, WorkflowState};
use serde_json::{Map, Value};

use crate::tasks::GraphRun;
use crate::timer::timed_out;
use crate::{Effect, Workflow};

/// A workflow while an event happens to it, and the effects so far.
pub(crate) struct Step<'a> {
    pub(crate) blueprint: &'a CompiledBlueprint,
    pub(crate) workflow: &'a mut Workflow,
    /// Tasks that have ended and whose edges are not decided yet.
    pub(crate) ended: VecDeque<usize>,
    /// The task whose attempt is over by the event: what it took is known and counted.
    pub(crate) settled: Option<usize>,
    pub(crate) effects: Vec<Effect>,
}

impl<'a> Step<'a> {
    pub(crate) fn new(blueprint: &'a CompiledBlueprint, workflow: &'a mut Workflow) -> Self {
        Self { blueprint, workflow, ended: VecDeque::new(), settled: None, effects: Vec::new() }
    }

    /// What happened to each task. Of one that began only now, the last word counts: nobody saw the others.
    pub(crate) fn into_effects(self) -> Vec<Effect> {
        let mut last: HashMap<usize, usize> = HashMap::new();
        let mut begun: HashSet<usize> = HashSet::new();
        for (place, effect) in self.effects.iter().enumerate() {
            let Some(task) = effect.task() else { continue };
            if last.insert(task, place).is_none() && effect.begins() {
                begun.insert(task);
            }
        }
        if last.len() == self.effects.len() {
            return self.effects;
        }
        let counts = |place: usize, effect: &Effect| {
            effect.task().is_none_or(|task| !begun.contains(&task) || last[&task] == place)
        };
        self.effects
            .iter()
            .enumerate()
            .filter(|(place, effect)| counts(*place, effect))
            .map(|(_, effect)| *effect)
            .collect()
    }

    /// The run of a graph with this first ordinal.
    pub(crate) fn run(&self, base: usize) -> &GraphRun {
        self.workflow.tasks.run(base)
    }

    /// The graph that a task is part of, the ordinal of its first task, and the task's place in it.
    pub(crate) fn graph_of(&self, ordinal: usize) -> (usize, usize, Arc<CompiledGraph>) {
        match self.workflow.tasks.find(ordinal) {
            Some((base, place, run)) => (base, place, Arc::clone(&run.graph)),
            None => (0, 0, Arc::clone(&self.blueprint.graph)),
        }
    }

    /// What the blueprint says of a task.
    pub(crate) fn compiled(&self, ordinal: usize) -> &CompiledTask {
        self.workflow.tasks.compiled(ordinal).unwrap_or(&self.blueprint.graph.tasks[0])
    }

    /// Makes the tasks without incoming edges ready.
    pub(crate) fn start(&mut self) {
        self.workflow.started = true;
        self.effects.push(Effect::WorkflowStarted);
        let blueprint = self.blueprint;
        self.withdraw();
        for (ordinal, task) in blueprint.graph.tasks.iter().enumerate() {
            if task.incoming.is_empty() && !task.withdrawn {
                self.activate(ordinal);
            }
        }
        self.settle();
    }

    pub(crate) fn attempt_started(&mut self, ordinal: usize) {
        let task = &mut self.workflow.tasks[ordinal];
        task.state = TaskState::Running;
        // It told of the attempt before, and would be told again as this one's.
        task.failure = None;
        self.effects.push(Effect::AttemptStarted { task: ordinal, attempt: task.attempt });
    }

    pub(crate) fn succeeded(&mut self, ordinal: usize, output: Arc<Value>) {
        self.workflow.tasks[ordinal].output = Some(output);
        self.close(ordinal, TaskState::Succeeded, None);
        self.settle();
    }

    /// Tries again while the retry policy has attempts left.
    pub(crate) fn attempt_failed(&mut self, ordinal: usize, failure: Failure) {
        let failures = self.workflow.tasks[ordinal].failures.saturating_add(1);
        self.workflow.tasks[ordinal].failures = failures;
        let retry = &self.compiled(ordinal).retry;
        let is_last = failures >= retry.max_attempts
            || failure.is_final()
            || retry.non_retryable.contains(&failure.kind);
        let at_once = retry.backoff_ms(failures) == 0;
        if is_last {
            self.fail(ordinal, failure);
        } else if at_once {
            self.again(ordinal, failure);
        } else {
            self.end_attempt(ordinal, failure);
        }
    }

    /// What the task waited for has come: a time.
    pub(crate) fn timer_fired(&mut self, ordinal: usize, kind: TimerKind) {
        let timed_out = |step: &Self| timed_out(kind, step.compiled(ordinal));
        match kind {
            TimerKind::Backoff => self.try_next(ordinal),
            TimerKind::Wait => self.succeeded(ordinal, Arc::new(Value::Object(Map::new()))),
            TimerKind::ScheduleToStart | TimerKind::GiveUp => self.fail(ordinal, timed_out(self)),
            TimerKind::StartToClose => self.attempt_failed(ordinal, timed_out(self)),
            // The workflow's own; no task has them.
            TimerKind::Deadline | TimerKind::WallTime => {}
        }
    }

    pub(crate) fn fail(&mut self, ordinal: usize, failure: Failure) {
        self.close(ordinal, TaskState::Failed, Some(failure));
        self.settle();
    }

    /// Gives the task out again, as its next attempt.
    pub(crate) fn again(&mut self, ordinal: usize, failure: Failure) {
        self.end_attempt(ordinal, failure);
        self.give_out(ordinal);
    }

    /// The attempt is over, and another one follows.
    fn end_attempt(&mut self, ordinal: usize, failure: Failure) {
        let attempt = self.workflow.tasks[ordinal].attempt;
        self.effects.push(Effect::AttemptFailed { task: ordinal, attempt });
        self.leave(ordinal, |task| {
            task.state = TaskState::Waiting;
            task.failure = Some(failure);
        });
    }

    /// What the task waited for has come; it may have to wait for room in the budget.
    fn try_next(&mut self, ordinal: usize) {
        if !self.give_out(ordinal) {
            self.effects.push(Effect::TaskWaiting { task: ordinal });
        }
    }

    /// The time that the workflow may run is over.
    pub(crate) fn deadline_exceeded(&mut self) {
        let message = format!("the workflow did not end within {} ms", self.blueprint.deadline_ms);
        self.end_early(Failure::new(Failure::DEADLINE_EXCEEDED, message));
    }

    /// Ends every task that is open, and the workflow. What is being undone already goes on.
    pub(crate) fn end_early(&mut self, failure: Failure) {
        for ordinal in self.workflow.tasks.open_but_undoing() {
            if !self.workflow.tasks[ordinal].state.is_terminal() {
                self.cancel_task(ordinal, &failure);
            }
        }
        self.end_badly(failure);
        self.settle();
    }

    /// Ends a task that is open, and what runs inside of it.
    pub(crate) fn cancel_task(&mut self, ordinal: usize, failure: &Failure) {
        let was_running = self.workflow.tasks[ordinal].state == TaskState::Running;
        self.leave(ordinal, |task| {
            task.state = TaskState::Cancelled;
            task.failure = Some(failure.clone());
            // What it has made was to be its graph.
            task.output = None;
            task.key = None;
        });
        self.one_less_open(ordinal);
        self.effects.push(Effect::TaskCancelled { task: ordinal, was_running });
        self.cancel_inside(ordinal, failure);
        self.forget_outcomes(ordinal);
    }

    fn one_less_open(&mut self, ordinal: usize) {
        let (base, ..) = self.graph_of(ordinal);
        if let Some(run) = self.workflow.tasks.run_mut(base) {
            run.open -= 1;
        }
    }

    /// The task waits for a time and does nothing else.
    pub(crate) fn make_wait(&mut self, ordinal: usize, input: Map<String, Value>) {
        let task = &mut self.workflow.tasks[ordinal];
        task.state = TaskState::Waiting;
        task.input = Some(Arc::new(input));
        self.effects.push(Effect::TaskWaiting { task: ordinal });
    }

    /// The task is ready with its first attempt, or, if its workflow was retried, with the next one; if the budget has
    /// room for that.
    pub(crate) fn make_ready(&mut self, ordinal: usize, input: Map<String, Value>) {
        self.workflow.tasks[ordinal].input = Some(Arc::new(input));
        self.try_next(ordinal);
    }

    /// The task ends. Its edges are decided by `settle`.
    pub(crate) fn close(&mut self, ordinal: usize, state: TaskState, failure: Option<Failure>) {
        self.leave(ordinal, |task| {
            task.state = state;
            task.failure = failure;
            task.key = None;
        });
        let (base, ..) = self.graph_of(ordinal);
        if let Some(run) = self.workflow.tasks.run_mut(base) {
            run.open -= 1;
            run.undecided += 1;
        }
        self.ended.push_back(ordinal);
        self.forget_outcomes(ordinal);
        if state == TaskState::Succeeded && self.compiled(ordinal).undo.is_some() {
            self.workflow.undoable.push(ordinal);
        }
        self.effects.push(match state {
            TaskState::Succeeded => Effect::TaskSucceeded { task: ordinal },
            TaskState::Skipped => Effect::TaskSkipped { task: ordinal },
            _ => Effect::TaskFailed { task: ordinal },
        });
    }

    /// Ends the workflow, if no task is open.
    pub(crate) fn end_if_nothing_is_open(&mut self) {
        let is_running = matches!(self.workflow.state, WorkflowState::Running | WorkflowState::Paused);
        if self.run(0).open > 0 || !is_running || self.workflow.is_withdrawing {
            return;
        }
        match self.result() {
            Ok(result) => {
                self.workflow.state = WorkflowState::Succeeded;
                self.workflow.failure = None;
                self.workflow.result = Some(result);
                self.effects.push(Effect::WorkflowSucceeded);
            }
            Err(failure) if self.workflow.may_be_replanned(self.blueprint) => self.await_replan(failure),
            Err(failure) => {
                self.end_badly(failure);
                // What undoes a task may end at once.
                self.settle();
            }
        }
    }

    /// What comes out; or why the workflow fails.
    fn result(&self) -> Result<Map<String, Value>, Failure> {
        match self.workflow.unhandled() {
            Some(failure) => Err(failure.clone()),
            None => self.blueprint.graph.result(&self.workflow.view(0)),
        }
    }
}
