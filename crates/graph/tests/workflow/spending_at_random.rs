//! Random workflows with random budgets: never is more given out than fits, whatever happens in whatever order, and
//! whatever was held back goes on when the budget is raised.

use std::collections::BTreeMap;

use goalpost_checker::compile;
use goalpost_graph::{Effect, Event};
use goalpost_model::{
    Amount, Cost, Failure, GoalBudget, Spending, TaskState, TimerKind, Usage, WaitsFor, WorkflowState,
};
use serde_json::json;

use crate::reference::dice::Dice;
use crate::reference::generated;
use crate::run::{Run, broken};

#[test]
fn no_run_ever_has_more_spent_and_reserved_than_its_budget() {
    let (mut runs, mut held) = (0, 0);
    for seed in 0.. {
        let mut dice = Dice::new(seed);
        let Some(run) = random(&mut dice) else { continue };
        let mut play = Play {
            run,
            dice,
            seed,
            is_lowered: false,
            pauses: 0,
            spent: Spending::default(),
            running: BTreeMap::new(),
        };
        play.finish();
        held += usize::from(play.pauses > 0);
        runs += 1;
        if runs == 1_500 {
            break;
        }
    }
    assert!(held > 400, "only {held} runs were held back");
}

/// A workflow that has not begun.
fn random(dice: &mut Dice) -> Option<Run> {
    let mut blueprint = generated::blueprint(dice);
    for capability in &mut blueprint.capabilities {
        let (tokens, money_micros) = (dice.below(5) as u64 * 10, dice.below(3) as u64);
        capability.cost =
            Some(Cost { tokens: Some(tokens), money_micros: Some(money_micros), latency_ms: None });
    }
    compile(&blueprint).ok()?;
    let mut run = Run::new(&blueprint);
    run.workflow.fund(budget(dice), Amount::default());
    Some(run)
}

fn budget(dice: &mut Dice) -> GoalBudget {
    let mut limit = |most: usize| if dice.one_in(2) { 0 } else { dice.within(1, most) as u64 };
    GoalBudget {
        tasks: limit(8),
        attempts: limit(12),
        tokens: limit(300),
        money_micros: limit(15),
        wall_time_ms: limit(2),
    }
}

struct Play {
    run: Run,
    dice: Dice,
    seed: u64,
    /// Some limit was lowered: what was given out before may be beyond it.
    is_lowered: bool,
    pauses: usize,
    /// What was spent, counted from what happened.
    spent: Spending,
    /// What the attempts that run may take.
    running: BTreeMap<usize, Amount>,
}

impl Play {
    fn finish(&mut self) {
        self.apply(Event::Start);
        while !self.run.workflow.state.is_terminal() {
            let event = self.next();
            self.apply(event);
        }
        assert_eq!(self.run.workflow.reserved(), Spending::default(), "seed {}", self.seed);
    }

    fn apply(&mut self, event: Event) {
        let seed = self.seed;
        let effects = self.run.apply(event.clone());
        self.count(&event, &effects);
        let workflow = &self.run.workflow;
        assert_eq!(self.run.restore(self.run.rows()).as_ref(), Ok(workflow), "seed {seed}, after {event:?}");
        assert_eq!(workflow.spent(), self.spent, "seed {seed}, after {event:?}");
        let is_undone = workflow.tasks.iter().any(|(_, task)| task.undo.is_some());
        let taken = workflow.spent().plus(workflow.reserved());
        let passed = workflow.budget().passed_by(taken);
        assert!(passed.is_none() || self.is_lowered || is_undone, "seed {seed}: {passed:?} after {event:?}");
        self.pauses += usize::from(effects.contains(&Effect::WorkflowPaused));
    }

    /// Counts what was spent without looking at how the workflow does.
    fn count(&mut self, event: &Event, effects: &[Effect]) {
        match event {
            Event::AttemptStarted { task, .. } => {
                let most = self.run.workflow.tasks.compiled(*task).unwrap().cost;
                self.running.insert(*task, most);
            }
            Event::AttemptSucceeded { task, usage, .. } | Event::AttemptFailed { task, usage, .. } => {
                self.spend(*task, *usage);
            }
            Event::AttemptUndelivered { task, .. } => drop(self.running.remove(task)),
            Event::TimerFired { task, kind: TimerKind::StartToClose, .. } => {
                self.spend(*task, Usage::default())
            }
            _ => {}
        }
        for effect in effects {
            if let Effect::TaskCancelled { task, was_running: true } = effect {
                self.spend(*task, Usage::default());
            }
        }
    }

    fn spend(&mut self, task: usize, usage: Usage) {
        let took = usage.or(self.running.remove(&task).expect("the attempt ran"));
        let is_first = self.run.workflow.tasks[task].spent.attempts == 1;
        self.spent = self.spent.plus(Spending::new(u64::from(is_first), took));
    }

    fn next(&mut self) -> Event {
        let dice = &mut self.dice;
        let workflow = &self.run.workflow;
        let is_paused = workflow.state == WorkflowState::Paused;
        let kind = workflow.failure.as_ref().map(|failure| failure.kind.as_str());
        let by_hand = is_paused && kind == Some(Failure::PAUSED);
        if by_hand && dice.one_in(3) {
            return Event::Resume;
        }
        if dice.one_in(40) && workflow.state != WorkflowState::Compensating {
            return match dice.below(4) {
                0 if !by_hand => Event::Pause { failure: Failure::new(Failure::PAUSED, "for a look") },
                1 if workflow.budget().wall_time_ms > 0 && !is_paused => Event::WallTimeExceeded,
                2 if dice.one_in(3) => Event::Cancel { failure: Failure::new(Failure::CANCELLED, "enough") },
                _ => {
                    self.is_lowered = true;
                    Event::SetBudget { budget: budget(dice) }
                }
            };
        }
        let open = self.open(by_hand);
        if open.is_empty() {
            // Nothing runs, so nothing will give way: whatever is held back has to have been said.
            assert!(is_paused, "seed {}: nothing moves, and it is not paused", self.seed);
            return if by_hand { Event::Resume } else { Event::SetBudget { budget: GoalBudget::default() } };
        }
        let task = self.dice.pick(&open);
        self.event(task)
    }

    /// Tasks to which something can happen.
    fn open(&self, by_hand: bool) -> Vec<usize> {
        let workflow = &self.run.workflow;
        let is_open = |ordinal: usize, state| match state {
            TaskState::Ready => !by_hand,
            TaskState::Running => true,
            TaskState::Waiting => matches!(workflow.waits_for(ordinal), Some(WaitsFor::Time | WaitsFor::Key)),
            _ => false,
        };
        let tasks = workflow.tasks.iter().filter(|(ordinal, task)| is_open(*ordinal, task.state));
        tasks.map(|(ordinal, _)| ordinal).collect()
    }

    fn event(&mut self, task: usize) -> Event {
        let found = &self.run.workflow.tasks[task];
        let attempt = found.attempt;
        let timer = self.run.workflow.timer(task).map(|timer| timer.kind);
        let cost = self.run.workflow.tasks.compiled(task).unwrap().cost;
        let dice = &mut self.dice;
        let mut some =
            |most: u64| (!dice.one_in(3)).then(|| dice.below(usize::try_from(most).unwrap() + 1) as u64);
        let usage = Usage { tokens: some(cost.tokens), money_micros: some(cost.money_micros) };
        match (found.state, timer) {
            (TaskState::Waiting, None) => Event::KeyGranted { task, attempt },
            (TaskState::Waiting, Some(kind)) => Event::TimerFired { task, attempt, kind },
            (_, Some(kind)) if dice.one_in(8) => Event::TimerFired { task, attempt, kind },
            (TaskState::Ready, _) => Event::AttemptStarted { task, attempt },
            _ if dice.one_in(10) => Event::AttemptUndelivered { task, attempt },
            _ if dice.one_in(4) => Event::AttemptFailed { task, attempt, failure: broken(), usage },
            _ => Event::AttemptSucceeded { task, attempt, output: json!({"n": dice.below(8)}), usage },
        }
    }
}
