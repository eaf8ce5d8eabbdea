//! The budget of a goal, against what its plan comes to if all goes well.

use goalpost_model::{Amount, BudgetKind, Failure, GoalBudget, Grouped, Spending};
use goalpost_proto::Violations;
use goalpost_proto::v1::PlanEstimate;

/// A plan that cannot be expected to come to its end within its goal's budget.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooSmall {
    /// The limit that is too low.
    field: &'static str,
    message: String,
}

impl From<TooSmall> for Failure {
    fn from(too_small: TooSmall) -> Self {
        Self::new(Self::BUDGET_TOO_SMALL, too_small.message)
    }
}

impl From<TooSmall> for Violations {
    fn from(TooSmall { field, message }: TooSmall) -> Self {
        let mut violations = Self::default();
        violations.add(format!("budget.{field}"), message);
        violations
    }
}

/// The first limit that the plan goes beyond even if all goes well; `before` is what planning took. What its worst case
/// comes to does not count: a goal pauses before it goes beyond its budget.
pub(crate) fn too_small(budget: GoalBudget, estimate: PlanEstimate, before: Amount) -> Option<TooSmall> {
    let PlanEstimate { tasks: _, money_micros, tokens, critical_path_ms, attempts } = estimate;
    let amount = Amount {
        attempts: attempts.unsigned_abs(),
        money_micros: money_micros.unsigned_abs(),
        tokens: tokens.unsigned_abs(),
    };
    let before = Spending::new(0, before);
    // One attempt each.
    let needed = Spending::new(amount.attempts, amount).plus(before);
    if let Some(kind) = budget.passed_by(needed) {
        return Some(beyond(kind, kind.limit(budget), kind.of(needed), kind.of(before)));
    }
    let (needed, limit) = (critical_path_ms.unsigned_abs(), budget.wall_time_ms);
    (limit > 0 && needed > limit).then(|| TooSmall {
        field: "wall_time_ms",
        message: format!(
            "the longest way through the plan takes {} ms if all goes well, and the goal's budget is {} ms",
            Grouped(needed),
            Grouped(limit)
        ),
    })
}

fn beyond(kind: BudgetKind, limit: u64, needed: u64, before: u64) -> TooSmall {
    let mut message = format!(
        "the plan comes to {} if all goes well, and the goal's budget is {}",
        kind.text(needed),
        kind.text(limit)
    );
    if before > 0 {
        message += &format!("; planning took {} of it already", kind.text(before));
    }
    TooSmall { field: kind.field(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESTIMATE: PlanEstimate =
        PlanEstimate { tasks: 5, money_micros: 0, tokens: 300, critical_path_ms: 2_000, attempts: 3 };

    fn field(budget: GoalBudget, before: u64) -> Option<&'static str> {
        let before = Amount { tokens: before, ..Amount::default() };
        too_small(budget, ESTIMATE, before).map(|too_small| too_small.field)
    }

    #[test]
    fn a_plan_that_fits_exactly_fits() {
        let budget = GoalBudget { tasks: 3, attempts: 3, tokens: 310, money_micros: 0, wall_time_ms: 2_000 };
        assert_eq!(field(budget, 10), None);
        assert_eq!(field(GoalBudget::default(), 10), None);
        assert_eq!(field(GoalBudget { tasks: 2, ..budget }, 10), Some("tasks"));
        assert_eq!(field(GoalBudget { attempts: 2, ..budget }, 10), Some("attempts"));
        assert_eq!(field(GoalBudget { wall_time_ms: 1_999, ..budget }, 10), Some("wall_time_ms"));
    }

    #[test]
    fn what_planning_took_counts() {
        let budget = GoalBudget { tokens: 310, ..GoalBudget::default() };
        assert_eq!(field(budget, 11), Some("tokens"));
        let failure =
            Failure::from(too_small(budget, ESTIMATE, Amount { tokens: 11, ..Amount::default() }).unwrap());
        assert_eq!(failure.kind, Failure::BUDGET_TOO_SMALL);
        assert!(
            failure.message.contains("311 tokens") && failure.message.contains("took 11 tokens"),
            "{failure}"
        );
    }
}
