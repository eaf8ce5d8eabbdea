//! Limits of goals: `goalpost budget`, and the options of `submit` and `plan`.

use clap::Args;
use goalpost_client::NewGoal;
use goalpost_client::v1::GoalBudget;

use super::{Target, tell};
use crate::failure::Failure;
use crate::session::Session;

/// What a goal may take, for a goal that is to be.
#[derive(Args)]
pub(crate) struct Limits {
    /// At most so many tasks that workers get.
    #[arg(long, value_name = "N")]
    budget_tasks: Option<i64>,
    /// At most so many attempts.
    #[arg(long, value_name = "N")]
    budget_attempts: Option<i64>,
    /// At most so many tokens of language models.
    #[arg(long, value_name = "N")]
    budget_tokens: Option<i64>,
    /// At most so much money, in millionths of the unit of currency.
    #[arg(long, value_name = "N")]
    budget_money_micros: Option<i64>,
    /// Nothing new after so many milliseconds.
    #[arg(long, value_name = "MS")]
    budget_wall_time_ms: Option<i64>,
}

impl Limits {
    /// The goal with these limits, if there are any; others are those that it has.
    pub(crate) fn within(&self, goal: NewGoal) -> NewGoal {
        let budget = self.budget();
        if budget == GoalBudget::default() { goal } else { goal.budget(budget) }
    }

    fn budget(&self) -> GoalBudget {
        GoalBudget {
            tasks: self.budget_tasks,
            attempts: self.budget_attempts,
            tokens: self.budget_tokens,
            money_micros: self.budget_money_micros,
            wall_time_ms: self.budget_wall_time_ms,
        }
    }
}

/// Limits that are left out stay as they are; 0 takes one away.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// At most so many tasks that workers get.
    #[arg(long, value_name = "N")]
    tasks: Option<i64>,
    /// At most so many attempts.
    #[arg(long, value_name = "N")]
    attempts: Option<i64>,
    /// At most so many tokens of language models.
    #[arg(long, value_name = "N")]
    tokens: Option<i64>,
    /// At most so much money, in millionths of the unit of currency.
    #[arg(long, value_name = "N")]
    money_micros: Option<i64>,
    /// Nothing new after so many milliseconds since the workflow's beginning.
    #[arg(long, value_name = "MS")]
    wall_time_ms: Option<i64>,
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { target, tasks, attempts, tokens, money_micros, wall_time_ms } = arguments;
    let budget = GoalBudget { tasks, attempts, tokens, money_micros, wall_time_ms };
    tell(session, &session.client()?.set_budget(&target.id, budget).await?, "has other limits")
}
