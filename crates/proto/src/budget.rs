//! Budgets of goals, and what they and their attempts have taken.

use goalpost_model::limits::{MAX_AMOUNT, MAX_DELAY_MS};
use goalpost_model::{Amount, BudgetChange, GoalBudget, Spending, Usage};

use crate::whole::message_of;
use crate::{Violations, v1};

/// The limits that a message names; notes those that are out of their ranges.
pub fn read_budget_change(
    message: Option<v1::GoalBudget>,
    field: &str,
    violations: &mut Violations,
) -> BudgetChange {
    let v1::GoalBudget { tasks, attempts, tokens, money_micros, wall_time_ms } = message.unwrap_or_default();
    let mut read = |number: Option<i64>, name: &str, most: u64| {
        let read = u64::try_from(number?).ok().filter(|number| *number <= most);
        if read.is_none() {
            violations.add(format!("{field}.{name}"), format!("must be 0, for any amount, to {most}"));
        }
        read
    };
    BudgetChange {
        tasks: read(tasks, "tasks", MAX_AMOUNT),
        attempts: read(attempts, "attempts", MAX_AMOUNT),
        tokens: read(tokens, "tokens", MAX_AMOUNT),
        money_micros: read(money_micros, "money_micros", MAX_AMOUNT),
        wall_time_ms: read(wall_time_ms, "wall_time_ms", MAX_DELAY_MS),
    }
}

/// The budget that a message says: what it does not name is not bounded.
pub fn read_goal_budget(
    message: Option<v1::GoalBudget>,
    field: &str,
    violations: &mut Violations,
) -> GoalBudget {
    GoalBudget::default().changed(read_budget_change(message, field, violations))
}

/// What planning took. Nothing is negative.
pub fn read_planning(message: Option<v1::Spending>) -> Amount {
    let v1::Spending { tasks: _, attempts: _, tokens, money_micros } = message.unwrap_or_default();
    Amount { attempts: 0, money_micros: bounded(money_micros), tokens: bounded(tokens) }
}

/// What an attempt took. It cannot be refused for that: what is out of its range is taken to be at the end of it.
pub fn read_usage(message: Option<v1::Usage>) -> Usage {
    let v1::Usage { tokens, money_micros } = message.unwrap_or_default();
    Usage { tokens: tokens.map(bounded), money_micros: money_micros.map(bounded) }
}

fn bounded(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default().min(MAX_AMOUNT)
}

impl From<Usage> for v1::Usage {
    fn from(Usage { tokens, money_micros }: Usage) -> Self {
        Self { tokens: tokens.map(message_of), money_micros: money_micros.map(message_of) }
    }
}

impl From<Spending> for v1::Spending {
    fn from(Spending { tasks, attempts, tokens, money_micros }: Spending) -> Self {
        Self {
            tasks: message_of(tasks),
            attempts: message_of(attempts),
            tokens: message_of(tokens),
            money_micros: message_of(money_micros),
        }
    }
}

impl From<GoalBudget> for v1::GoalBudget {
    fn from(GoalBudget { tasks, attempts, tokens, money_micros, wall_time_ms }: GoalBudget) -> Self {
        let limit = |number: u64| (number > 0).then(|| message_of(number));
        Self {
            tasks: limit(tasks),
            attempts: limit(attempts),
            tokens: limit(tokens),
            money_micros: limit(money_micros),
            wall_time_ms: limit(wall_time_ms),
        }
    }
}

impl From<BudgetChange> for v1::GoalBudget {
    fn from(BudgetChange { tasks, attempts, tokens, money_micros, wall_time_ms }: BudgetChange) -> Self {
        Self {
            tasks: tasks.map(message_of),
            attempts: attempts.map(message_of),
            tokens: tokens.map(message_of),
            money_micros: money_micros.map(message_of),
            wall_time_ms: wall_time_ms.map(message_of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_survive_the_way_through_a_message() {
        let budget = GoalBudget { tasks: 1, attempts: 2, tokens: 3, money_micros: 4, wall_time_ms: 0 };
        let mut violations = Violations::default();
        assert_eq!(read_goal_budget(Some(budget.into()), "budget", &mut violations), budget);
        let change = BudgetChange { tokens: Some(0), wall_time_ms: Some(5), ..BudgetChange::default() };
        assert_eq!(read_budget_change(Some(change.into()), "budget", &mut violations), change);
        assert!(violations.is_empty());
        assert_eq!(read_goal_budget(None, "budget", &mut violations), GoalBudget::default());
    }

    #[test]
    fn limits_out_of_their_ranges_are_named() {
        let most = message_of(MAX_AMOUNT);
        let wrong = v1::GoalBudget {
            tasks: Some(-1),
            attempts: Some(most),
            tokens: Some(most + 1),
            money_micros: None,
            wall_time_ms: Some(i64::MAX),
        };
        let mut violations = Violations::default();
        read_budget_change(Some(wrong), "budget", &mut violations);
        let fields: Vec<String> = violations.into_iter().map(|violation| violation.field).collect();
        assert_eq!(fields, ["budget.tasks", "budget.tokens", "budget.wall_time_ms"]);
    }

    #[test]
    fn what_an_attempt_took_is_never_refused() {
        let odd = v1::Usage { tokens: Some(-5), money_micros: Some(i64::MAX) };
        assert_eq!(read_usage(Some(odd)), Usage { tokens: Some(0), money_micros: Some(MAX_AMOUNT) });
        assert_eq!(read_usage(None), Usage::default());
        let usage = Usage { tokens: Some(7), money_micros: None };
        assert_eq!(read_usage(Some(usage.into())), usage);
    }
}
