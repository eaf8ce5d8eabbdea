//! Budgets: what an attempt may take is reserved before it is given out, and what it took is spent when it is over.
//!
//! Everything here follows from the tasks, so that it need not be stored: what is spent is in them, what is ready or
//! runs has a reservation, and whatever waits for room says so. What undoes a task is never held back; it counts all
//! the same.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_model::{Amount, BudgetKind, Failure, GoalBudget, Grouped, Spending, TaskState, WorkflowState};

use crate::step::Step;
use crate::{Effect, Task, Workflow};

/// What a workflow may take, has taken, and may come to take by the attempts that are given out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Account {
    pub(crate) limits: GoalBudget,
    /// What was spent before the workflow began, and what attempts took that are over.
    pub(crate) spent: Spending,
    /// What the attempts that are ready, or run, may take at most.
    pub(crate) reserved: Spending,
    /// Tasks that wait for room, by what their next attempts may take.
    waiting: BTreeMap<Spending, BTreeSet<usize>>,
}

impl Account {
    /// One in which nothing is counted but what was spent before.
    pub(crate) fn of(limits: GoalBudget, before: Amount) -> Self {
        Self { limits, spent: Spending::new(0, before), ..Self::default() }
    }

    /// Whether so much more may be reserved.
    fn has_room_for(&self, cost: Spending) -> bool {
        self.limits.passed_by(self.spent.plus(self.reserved).plus(cost)).is_none()
    }

    /// The first of the tasks that wait for room which there is.
    fn next(&self) -> Option<usize> {
        let fit = self.waiting.iter().filter(|(cost, _)| self.has_room_for(**cost));
        fit.filter_map(|(_, tasks)| tasks.first().copied()).min()
    }

    /// The first of the tasks for which there will be no room whatever is given back, with the limit that is too low
    /// and what its attempt may take.
    fn stuck(&self) -> Option<(usize, BudgetKind, Spending)> {
        let stuck = self.waiting.iter().filter_map(|(cost, tasks)| {
            let kind = self.limits.passed_by(self.spent.plus(*cost))?;
            Some((*tasks.first()?, kind, *cost))
        });
        stuck.min_by_key(|(task, ..)| *task)
    }

    /// Why the workflow pauses: what its next attempt may take goes beyond a limit.
    fn exceeded(&self, name: &str, kind: BudgetKind, cost: Spending) -> Failure {
        let (limit, spent, reserved, wanted) =
            (kind.limit(self.limits), kind.of(self.spent), kind.of(self.reserved), kind.of(cost));
        let message = format!(
            "the next attempt at task '{name}' may take {}; the budget is {}, of which {} are spent and {} reserved: \
             raise it, and the goal goes on",
            kind.text(wanted),
            kind.text(limit),
            kind.number(spent),
            kind.number(reserved),
        );
        Failure::new(Failure::BUDGET_EXCEEDED, message)
    }

    fn count(&mut self, ordinal: usize, task: &Task, cost: Amount) {
        let Share { spent, reserved, waits } = Share::of(task, cost);
        self.spent = self.spent.plus(spent);
        self.reserved = self.reserved.plus(reserved);
        if let Some(cost) = waits {
            self.waiting.entry(cost).or_default().insert(ordinal);
        }
    }

    fn uncount(&mut self, ordinal: usize, task: &Task, cost: Amount) {
        let Share { spent, reserved, waits } = Share::of(task, cost);
        self.spent = self.spent.minus(spent);
        self.reserved = self.reserved.minus(reserved);
        if let Some(cost) = waits
            && let Some(tasks) = self.waiting.get_mut(&cost)
        {
            tasks.remove(&ordinal);
            if tasks.is_empty() {
                self.waiting.remove(&cost);
            }
        }
    }
}

/// A task's share of an account.
struct Share {
    spent: Spending,
    reserved: Spending,
    /// What it waits for, if it waits for room.
    waits: Option<Spending>,
}

impl Share {
    fn of(task: &Task, cost: Amount) -> Self {
        let next = next_of(task, cost);
        let is_given_out = matches!(task.state, TaskState::Ready | TaskState::Running);
        Self {
            spent: Spending::new(u64::from(task.spent.attempts > 0), task.spent),
            reserved: if is_given_out { next } else { Spending::default() },
            waits: task.awaits_budget.then_some(next),
        }
    }
}

/// What the task's next attempt, or the one that is given out, may take. A task counts with its first one.
fn next_of(task: &Task, cost: Amount) -> Spending {
    Spending::new(u64::from(cost.attempts > 0 && task.spent.attempts == 0), cost)
}

impl Workflow {
    /// Gives it a budget, beside its blueprint's: the smaller limit of each kind counts. `before`: what was spent for
    /// it already. To be called before it begins.
    pub fn fund(&mut self, budget: GoalBudget, before: Amount) {
        self.open_account(self.account.limits.min(budget), before);
    }

    /// Begins to count anew. These limits may be beyond the blueprint's: somebody may have raised them.
    pub(crate) fn open_account(&mut self, limits: GoalBudget, before: Amount) {
        self.before = before;
        self.account = Account::of(limits, before);
    }

    /// What it may take at most.
    pub fn budget(&self) -> GoalBudget {
        self.account.limits
    }

    /// What was spent for it by planning: before it began, and for other plans since.
    pub fn spent_before(&self) -> Amount {
        self.before
    }

    /// What it has taken: with what was spent before it began, without what runs.
    pub fn spent(&self) -> Spending {
        self.account.spent
    }

    /// What the attempts that are ready, or run, may take at most.
    pub fn reserved(&self) -> Spending {
        self.account.reserved
    }

    /// Whether it is paused until its budget is raised.
    pub(crate) fn is_paused_for_budget(&self) -> bool {
        let is_said = |failure: &Failure| failure.kind == Failure::BUDGET_EXCEEDED;
        self.state == WorkflowState::Paused && self.failure.as_ref().is_some_and(is_said)
    }

    /// Why the task that waits for room in the budget has none.
    pub(crate) fn why_no_room(&self, ordinal: usize) -> Option<String> {
        let task = self.tasks.get(ordinal).filter(|task| task.awaits_budget)?;
        let cost = next_of(task, self.tasks.compiled(ordinal)?.cost);
        let Account { limits, spent, reserved, .. } = &self.account;
        let Some(kind) = limits.passed_by(spent.plus(*reserved).plus(cost)) else {
            return Some("it waits until the goal goes on: there is room for it in the budget".to_owned());
        };
        Some(format!(
            "it waits for room in the budget: it may take {}; of {}, {} are spent and {} reserved",
            kind.text(kind.of(cost)),
            kind.text(kind.limit(*limits)),
            kind.number(kind.of(*spent)),
            kind.number(kind.of(*reserved)),
        ))
    }

    fn cost(&self, ordinal: usize) -> Amount {
        self.tasks.compiled(ordinal).map_or_else(Amount::default, |compiled| compiled.cost)
    }

    pub(crate) fn count_spending(&mut self, ordinal: usize) {
        let cost = self.cost(ordinal);
        if let Some(task) = self.tasks.get(ordinal) {
            self.account.count(ordinal, task, cost);
        }
    }

    pub(crate) fn uncount_spending(&mut self, ordinal: usize) {
        let cost = self.cost(ordinal);
        if let Some(task) = self.tasks.get(ordinal) {
            self.account.uncount(ordinal, task, cost);
        }
    }

    /// Counts the spending of every task anew.
    pub(crate) fn count_all_spending(&mut self) {
        self.open_account(self.account.limits, self.before);
        let counts = |(_, task): &(usize, &Task)| **task != Task::default();
        let ordinals: Vec<usize> = self.tasks.iter().filter(counts).map(|(ordinal, _)| ordinal).collect();
        ordinals.into_iter().for_each(|ordinal| self.count_spending(ordinal));
    }
}

impl Step<'_> {
    /// Changes a task, and with it what is spent and reserved.
    pub(crate) fn change(&mut self, ordinal: usize, change: impl FnOnce(&mut Task)) {
        self.workflow.uncount_spending(ordinal);
        change(&mut self.workflow.tasks[ordinal]);
        self.workflow.count_spending(ordinal);
    }

    /// The attempt that the event is about is over, and took this.
    pub(crate) fn spend(&mut self, ordinal: usize, took: Amount) {
        self.change(ordinal, |task| task.spent = task.spent.plus(took));
        self.settled = Some(ordinal);
    }

    /// The task changes, and with that its attempt is over, if it has one. One that ran, and of which nobody says what
    /// it took, took what it might; one that no worker had took nothing.
    pub(crate) fn leave(&mut self, ordinal: usize, change: impl FnOnce(&mut Task)) {
        let is_settled = self.settled == Some(ordinal);
        let took = if is_settled { Amount::default() } else { self.workflow.cost(ordinal) };
        self.change(ordinal, |task| {
            if task.state == TaskState::Running {
                task.spent = task.spent.plus(took);
            }
            task.awaits_budget = false;
            change(task);
        });
    }

    /// Gives the next attempt out, if the budget has room for it; else the task waits for that. Whatever attempt it had
    /// is over. Answers with whether it was given out.
    pub(crate) fn give_out(&mut self, ordinal: usize) -> bool {
        let has_room = self.has_room_for(ordinal);
        self.change(ordinal, |task| {
            task.awaits_budget = !has_room;
            task.state = if has_room { TaskState::Ready } else { TaskState::Waiting };
            task.attempt = task.attempt.saturating_add(has_room.into());
        });
        if has_room {
            let attempt = self.workflow.tasks[ordinal].attempt;
            self.effects.push(Effect::TaskReady { task: ordinal, attempt });
        }
        has_room
    }

    fn has_room_for(&self, ordinal: usize) -> bool {
        let workflow = &self.workflow;
        let is_undo = workflow.tasks.find(ordinal).is_some_and(|(.., run)| run.is_undo);
        let cost = next_of(&workflow.tasks[ordinal], workflow.cost(ordinal));
        is_undo || !workflow.is_paused_for_budget() && workflow.account.has_room_for(cost)
    }

    /// Gives out what there is room for, and pauses if there will be none for the rest.
    pub(crate) fn balance(&mut self) {
        if self.workflow.state != WorkflowState::Running {
            return;
        }
        while let Some(ordinal) = self.workflow.account.next() {
            self.give_out(ordinal);
        }
        if let Some((ordinal, kind, cost)) = self.workflow.account.stuck() {
            let name = self.workflow.tasks.name(ordinal).unwrap_or_default();
            let failure = self.workflow.account.exceeded(&name, kind, cost);
            self.pause(failure);
        }
    }

    /// Other limits count from now on. What waited for them goes on, if that is what it was paused for.
    pub(crate) fn set_budget(&mut self, budget: GoalBudget) {
        self.workflow.account.limits = budget;
        self.effects.push(Effect::BudgetChanged);
        let account = &self.workflow.account;
        let goes_on = account.waiting.is_empty() || account.next().is_some();
        if self.workflow.is_paused_for_budget() && goes_on {
            self.resume();
        }
    }

    /// The time that the budget allows is over.
    pub(crate) fn wall_time_exceeded(&mut self) {
        let limit = Grouped(self.workflow.account.limits.wall_time_ms);
        let message = format!(
            "the {limit} ms that the budget allows from the workflow's beginning on are over: raise it, and the goal goes on"
        );
        self.pause(Failure::new(Failure::BUDGET_EXCEEDED, message));
    }
}
