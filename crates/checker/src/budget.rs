//! What a workflow may take, against what it comes to at most.

use goalpost_model::limits::MAX_AMOUNT;
use goalpost_model::{Amount, Budget, Cost, Grouped, Money};

use crate::code;
use crate::names::shown;
use crate::report::{Problem, Report};
use crate::worst_case::Estimate;

/// So many capabilities without an estimate are named.
const MAX_NAMED: usize = 5;

/// One of the sums that a budget bounds.
struct Sum {
    field: &'static str,
    budget: u64,
    of: fn(&Amount) -> u64,
    /// With its unit.
    text: fn(u64) -> String,
}

/// Checks that the numbers of a budget are in their range.
pub(crate) fn check_range(budget: Budget, report: &mut Report) {
    let numbers = sums(budget).into_iter().map(|sum| (sum.field, sum.budget));
    for (field, number) in numbers.filter(|(_, number)| *number > MAX_AMOUNT) {
        out_of_range("", &format!("budget.{field}"), "the budget", number, report);
    }
}

/// Checks that the numbers of a cost are in their range. `node`: who uses the capability.
pub(crate) fn check_cost(node: &str, capability: &str, cost: Cost, report: &mut Report) {
    let Cost { money_micros, tokens, latency_ms } = cost;
    let numbers = [("money_micros", money_micros), ("tokens", tokens), ("latency_ms", latency_ms)];
    for (field, number) in numbers {
        if let Some(number) = number.filter(|number| *number > MAX_AMOUNT) {
            let whose = format!("the cost of {}, {field},", shown(capability));
            out_of_range(node, "capability", &whose, number, report);
        }
    }
}

fn out_of_range(node: &str, field: &str, whose: &str, number: u64, report: &mut Report) {
    let message = format!("{whose} is {number}; at most {MAX_AMOUNT} are allowed");
    let fix = "write a smaller number, or leave it out";
    report.error(node, field, Problem::new(code::AMOUNT, message, fix));
}

/// Checks a worst case against the budget.
pub(crate) fn check(budget: Budget, estimate: &Estimate<'_>, report: &mut Report) {
    for sum in sums(budget).into_iter().filter(|sum| sum.budget > 0) {
        let worst = (sum.of)(&estimate.worst_case.total);
        if worst > sum.budget {
            over(&sum, worst, estimate, report);
        }
    }
    let (money, tokens) = (&estimate.worst_case.without_money, &estimate.worst_case.without_tokens);
    for (field, what, budget, without) in [
        ("money_micros", "much money", budget.money_micros, money),
        ("tokens", "many tokens", budget.tokens, tokens),
    ] {
        if budget > 0 && !without.is_empty() {
            unknown(field, what, without, report);
        }
    }
}

fn sums(budget: Budget) -> [Sum; 3] {
    let Budget { money_micros, tokens, attempts } = budget;
    [
        Sum {
            field: "money_micros",
            budget: money_micros,
            of: |amount| amount.money_micros,
            text: |sum| format!("{} of money", Money(sum)),
        },
        Sum {
            field: "tokens",
            budget: tokens,
            of: |amount| amount.tokens,
            text: |sum| format!("{} tokens", Grouped(sum)),
        },
        Sum {
            field: "attempts",
            budget: attempts,
            of: |amount| amount.attempts,
            text: |sum| format!("{} attempts", Grouped(sum)),
        },
    ]
}

fn over(sum: &Sum, worst: u64, estimate: &Estimate<'_>, report: &mut Report) {
    let (worst, most) = ((sum.text)(worst), (sum.text)(sum.budget));
    let mut message = format!("the workflow may come to {worst}, and its budget is {most}");
    let mut fix = format!("raise budget.{}", sum.field);
    if let Some((part, amount)) = estimate.parts.largest(sum.of) {
        let task = shown(&part.task);
        let attempts = Grouped(amount.attempts);
        message += &format!("; task {task} alone comes to {attempts} attempts of {}", shown(part.capability));
        if sum.field != "attempts" {
            message += &format!(" for {}", (sum.text)((sum.of)(&amount)));
        }
        fix += &format!(
            ", or bound task {task}: by retry.max_attempts, max_iterations, maxItems of the list, or max_tasks"
        );
    }
    report.error("", &format!("budget.{}", sum.field), Problem::new(code::OVER_BUDGET, message, fix));
}

/// What is not known counts as nothing.
fn unknown(field: &str, what: &str, without: &[String], report: &mut Report) {
    let named: Vec<String> = without.iter().take(MAX_NAMED).map(|name| shown(name)).collect();
    let more = match without.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message =
        format!("nobody says how {what} an attempt takes, so it counts as none: {}{more}", named.join(", "));
    let fix = format!("write cost.{field} of the capability in its catalog; 0 if it takes nothing");
    report.warning("", &format!("budget.{field}"), Problem::new(code::UNKNOWN_COST, message, fix));
}
