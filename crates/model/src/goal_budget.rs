//! What a goal may take while it runs, and what it has taken.

use serde::{Deserialize, Serialize};

use crate::blueprint::is_default;
use crate::{Amount, Budget, Grouped, Money};

/// What a goal may take at most. 0 in each: any amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoalBudget {
    /// Tasks that workers get, each once, however many attempts it has.
    #[serde(skip_serializing_if = "is_default")]
    pub tasks: u64,
    /// Attempts that workers get.
    #[serde(skip_serializing_if = "is_default")]
    pub attempts: u64,
    /// Tokens of language models.
    #[serde(skip_serializing_if = "is_default")]
    pub tokens: u64,
    /// In millionths of the deployment's unit of currency.
    #[serde(skip_serializing_if = "is_default")]
    pub money_micros: u64,
    /// From its workflow's beginning on, in milliseconds.
    #[serde(skip_serializing_if = "is_default")]
    pub wall_time_ms: u64,
}

/// New limits. `None` leaves a limit as it is; 0 takes it away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetChange {
    /// Tasks that workers get.
    pub tasks: Option<u64>,
    /// Attempts that workers get.
    pub attempts: Option<u64>,
    /// Tokens of language models.
    pub tokens: Option<u64>,
    /// In millionths of the deployment's unit of currency.
    pub money_micros: Option<u64>,
    /// From its workflow's beginning on, in milliseconds.
    pub wall_time_ms: Option<u64>,
}

/// What a goal has taken, or what a task may take. Sums stop at the largest number, differences at 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spending {
    /// Tasks that workers got, each once.
    pub tasks: u64,
    /// Attempts that workers got.
    pub attempts: u64,
    /// Tokens of language models.
    pub tokens: u64,
    /// In millionths of the deployment's unit of currency.
    pub money_micros: u64,
}

/// What an attempt took, as its worker says. What is left out counts as what its capability may take at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of language models.
    pub tokens: Option<u64>,
    /// In millionths of the deployment's unit of currency.
    pub money_micros: Option<u64>,
}

impl GoalBudget {
    /// The smaller limit of each kind.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        let smaller =
            |one: u64, other: u64| if one == 0 || other == 0 { one.max(other) } else { one.min(other) };
        Self {
            tasks: smaller(self.tasks, other.tasks),
            attempts: smaller(self.attempts, other.attempts),
            tokens: smaller(self.tokens, other.tokens),
            money_micros: smaller(self.money_micros, other.money_micros),
            wall_time_ms: smaller(self.wall_time_ms, other.wall_time_ms),
        }
    }

    /// With these limits in the place of its own.
    #[must_use]
    pub fn changed(self, change: BudgetChange) -> Self {
        Self {
            tasks: change.tasks.unwrap_or(self.tasks),
            attempts: change.attempts.unwrap_or(self.attempts),
            tokens: change.tokens.unwrap_or(self.tokens),
            money_micros: change.money_micros.unwrap_or(self.money_micros),
            wall_time_ms: change.wall_time_ms.unwrap_or(self.wall_time_ms),
        }
    }

    /// The first limit that so much is beyond. Time is none of them: it passes by itself.
    pub fn passed_by(self, spending: Spending) -> Option<BudgetKind> {
        BudgetKind::ALL.into_iter().find(|kind| {
            let limit = kind.limit(self);
            limit > 0 && kind.of(spending) > limit
        })
    }
}

impl From<Budget> for GoalBudget {
    fn from(Budget { money_micros, tokens, attempts }: Budget) -> Self {
        Self { attempts, tokens, money_micros, ..Self::default() }
    }
}

impl Spending {
    /// So many tasks that take this.
    pub fn new(tasks: u64, Amount { attempts, money_micros, tokens }: Amount) -> Self {
        Self { tasks, attempts, tokens, money_micros }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    /// What is left without the other.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.each(other, u64::saturating_sub)
    }

    fn each(self, other: Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            tasks: combine(self.tasks, other.tasks),
            attempts: combine(self.attempts, other.attempts),
            tokens: combine(self.tokens, other.tokens),
            money_micros: combine(self.money_micros, other.money_micros),
        }
    }
}

impl Usage {
    /// What the attempt took; `most` is what its capability may take.
    pub fn or(self, most: Amount) -> Amount {
        Amount {
            attempts: most.attempts,
            money_micros: self.money_micros.unwrap_or(most.money_micros),
            tokens: self.tokens.unwrap_or(most.tokens),
        }
    }
}

/// One of the sums that a goal's budget bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetKind {
    /// Tasks that workers get.
    Tasks,
    /// Attempts that workers get.
    Attempts,
    /// Tokens of language models.
    Tokens,
    /// Money.
    Money,
}

impl BudgetKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tasks, Self::Attempts, Self::Tokens, Self::Money];

    /// Its field in messages and files.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Attempts => "attempts",
            Self::Tokens => "tokens",
            Self::Money => "money_micros",
        }
    }

    /// Its limit; 0: any amount.
    pub const fn limit(self, budget: GoalBudget) -> u64 {
        match self {
            Self::Tasks => budget.tasks,
            Self::Attempts => budget.attempts,
            Self::Tokens => budget.tokens,
            Self::Money => budget.money_micros,
        }
    }

    /// Its sum.
    pub const fn of(self, spending: Spending) -> u64 {
        match self {
            Self::Tasks => spending.tasks,
            Self::Attempts => spending.attempts,
            Self::Tokens => spending.tokens,
            Self::Money => spending.money_micros,
        }
    }

    /// So much of it, for people: `1,730`.
    pub fn number(self, sum: u64) -> String {
        match self {
            Self::Money => Money(sum).to_string(),
            _ => Grouped(sum).to_string(),
        }
    }

    /// The same with its unit: `1,730 tokens`.
    pub fn text(self, sum: u64) -> String {
        let unit = match (self, sum) {
            (Self::Money, _) => "of money",
            (Self::Tasks, 1) => "task",
            (Self::Attempts, 1) => "attempt",
            (Self::Tokens, 1) => "token",
            _ => self.field(),
        };
        format!("{} {unit}", self.number(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: GoalBudget =
        GoalBudget { tasks: 3, attempts: 0, tokens: 1_730, money_micros: 0, wall_time_ms: 60_000 };

    #[test]
    fn of_two_budgets_the_smaller_limit_of_each_kind_counts() {
        let other = GoalBudget::from(Budget { tokens: 2_000, attempts: 5, money_micros: 7 });
        let both = GoalBudget { attempts: 5, money_micros: 7, ..SOME };
        assert_eq!(SOME.min(other), both);
        assert_eq!(other.min(SOME), both);
        assert_eq!(GoalBudget::default().min(SOME), SOME);
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name_and_takes_limits_away() {
        let change = BudgetChange { tokens: Some(0), attempts: Some(9), ..BudgetChange::default() };
        assert_eq!(SOME.changed(change), GoalBudget { tokens: 0, attempts: 9, ..SOME });
        assert_eq!(SOME.changed(BudgetChange::default()), SOME);
    }

    #[test]
    fn what_is_beyond_a_limit_is_named_and_0_is_no_limit() {
        let spent = Spending { tasks: 3, attempts: 99, tokens: 1_730, money_micros: 99 };
        assert_eq!(SOME.passed_by(spent), None);
        assert_eq!(SOME.passed_by(Spending { tokens: 1_731, ..spent }), Some(BudgetKind::Tokens));
        assert_eq!(SOME.passed_by(Spending { tasks: 4, tokens: 1_731, ..spent }), Some(BudgetKind::Tasks));
    }

    #[test]
    fn what_a_worker_does_not_say_counts_as_the_most() {
        let most = Amount { attempts: 1, money_micros: 5, tokens: 100 };
        assert_eq!(Usage { tokens: Some(7), money_micros: None }.or(most), Amount { tokens: 7, ..most });
    }

    #[test]
    fn sums_are_shown_with_their_units() {
        let shown = BudgetKind::ALL.map(|kind| kind.text(1));
        assert_eq!(shown, ["1 task", "1 attempt", "1 token", "0.000001 of money"]);
        assert_eq!(BudgetKind::Tokens.text(1_730), "1,730 tokens");
    }

    #[test]
    fn it_is_stored_without_what_it_does_not_bound() {
        let stored = serde_json::to_string(&SOME).unwrap();
        assert_eq!(stored, r#"{"tasks":3,"tokens":1730,"wall_time_ms":60000}"#);
        assert_eq!(serde_json::from_str::<GoalBudget>(&stored).unwrap(), SOME);
        assert_eq!(serde_json::from_str::<GoalBudget>("{}").unwrap(), GoalBudget::default());
    }
}
