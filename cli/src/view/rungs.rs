//! How a plan was made, and what it comes to.

use std::fmt::Write as _;

use goalpost_client::v1::{PlanEstimate, RungAttempt};
use goalpost_model::{Grouped, Money};

use super::word;

/// The rungs that were tried, a line each.
pub(crate) fn ladder(attempts: &[RungAttempt]) -> String {
    let mut text = String::new();
    for attempt in attempts {
        let outcome = word(attempt.outcome().as_str_name(), "RUNG_OUTCOME_");
        let _ = writeln!(text, "rung {}: {outcome}: {}", attempt.rung, attempt.reason);
    }
    text
}

/// What the plan comes to if all goes well.
pub(crate) fn estimate(estimate: &PlanEstimate) -> String {
    let PlanEstimate { tasks, attempts: _, money_micros, tokens, critical_path_ms } = *estimate;
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    format!(
        "if all goes well: {} tasks, {} money, {} tokens, {} ms",
        Grouped(whole(tasks)),
        Money(whole(money_micros)),
        Grouped(whole(tokens)),
        Grouped(whole(critical_path_ms))
    )
}

#[cfg(test)]
mod tests {
    use goalpost_client::v1::RungOutcome;

    use super::*;

    #[test]
    fn each_rung_is_a_line() {
        let attempt = |rung: &str, outcome: RungOutcome| RungAttempt {
            rung: rung.to_owned(),
            outcome: outcome.into(),
            reason: "why".to_owned(),
        };
        let attempts = [attempt("template", RungOutcome::Skipped), attempt("htn", RungOutcome::Planned)];
        assert_eq!(ladder(&attempts), "rung template: skipped: why\nrung htn: planned: why\n");
    }

    #[test]
    fn numbers_are_for_people() {
        let estimate = PlanEstimate {
            tasks: 3,
            attempts: 3,
            money_micros: 4_000,
            tokens: 12_000,
            critical_path_ms: 1_500,
        };
        assert_eq!(
            self::estimate(&estimate),
            "if all goes well: 3 tasks, 0.004 money, 12,000 tokens, 1,500 ms"
        );
    }
}
