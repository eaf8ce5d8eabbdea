//! Goals for people.

use std::fmt::Write as _;

use goalpost_client::v1::{self, Goal};
use goalpost_model::{BudgetKind, GoalBudget, Grouped, LlmUsage, Spending};

use super::{aligned, approvals, at, shorten, word};

/// Everything about one goal.
pub(crate) fn details(goal: &Goal) -> String {
    let mut text = String::new();
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<10} {value}");
        }
    };
    field("goal", &goal.id);
    field("wanted", wanted(goal));
    field("state", &word(goal.state().as_str_name(), "GOAL_STATE_"));
    field("created", &at(goal.created_at.as_ref()));
    field("ended", &at(goal.ended_at.as_ref()));
    field("blueprint", &goal.blueprint_digest);
    field("budget", &budget(goal));
    for decision in &goal.decisions {
        field("decision", &format!("{} by {}: {}", decision.verdict, decision.decided_by, decision.reason));
        if let Some(usage) = &decision.usage {
            field("asked", &LlmUsage::from(usage.clone()).to_string());
        }
    }
    for approval in &goal.approvals {
        field("approval", &approvals::line(approval));
    }
    if let Some(failure) = &goal.failure {
        field("failure", &format!("{}: {}", failure.kind, failure.message));
    }
    if let Some(result) = &goal.result {
        let result = serde_json::to_value(result).unwrap_or_default();
        field("result", &format!("{result:#}"));
    }
    text
}

/// What it has taken, and of how much: `1,700 of 1,730 tokens`. What costs nothing and is not bounded is left out.
fn budget(goal: &Goal) -> String {
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let limit = |number: Option<i64>| whole(number.unwrap_or_default());
    let v1::GoalBudget { tasks, attempts, tokens, money_micros, wall_time_ms } =
        goal.budget.unwrap_or_default();
    let limits = GoalBudget {
        tasks: limit(tasks),
        attempts: limit(attempts),
        tokens: limit(tokens),
        money_micros: limit(money_micros),
        wall_time_ms: limit(wall_time_ms),
    };
    let v1::Spending { tasks, attempts, tokens, money_micros } = goal.spent.unwrap_or_default();
    let spent = Spending {
        tasks: whole(tasks),
        attempts: whole(attempts),
        tokens: whole(tokens),
        money_micros: whole(money_micros),
    };
    let kinds = BudgetKind::ALL.into_iter().filter_map(|kind| match (kind.limit(limits), kind.of(spent)) {
        (0, 0) => None,
        (0, spent) => Some(kind.text(spent)),
        (limit, spent) => Some(format!("{} of {}", kind.number(spent), kind.text(limit))),
    });
    let time = (limits.wall_time_ms > 0).then(|| format!("{} ms", Grouped(limits.wall_time_ms)));
    kinds.chain(time).collect::<Vec<_>>().join(", ")
}

/// Goals as a table.
pub(crate) fn table(goals: &[Goal]) -> String {
    let mut table = super::table(["ID", "NAMESPACE", "STATE", "CREATED", "GOAL"]);
    for goal in goals {
        let state = word(goal.state().as_str_name(), "GOAL_STATE_");
        let created = at(goal.created_at.as_ref());
        table.add_row([&goal.id, &goal.namespace, &state, &created, &shorten(wanted(goal), 60)]);
    }
    aligned(&table)
}

pub(crate) fn wanted(goal: &Goal) -> &str {
    match (goal.goal.as_str(), goal.goal_type.as_str()) {
        ("", "") => "(a blueprint of the caller)",
        ("", goal_type) => goal_type,
        (text, _) => text,
    }
}
