//! Budgets, and what is over them.

use goalpost_checker::check;
use goalpost_model::Blueprint;
use serde_json::{Value, from_value, json};

use crate::example::Example;
use crate::sample::{blueprint, catalog, codes};

pub(crate) const EXAMPLES: &[fn() -> Example] =
    &[over_in_money, over_in_tokens, over_in_attempts, unknown, too_large, costs_too_much];

#[test]
fn every_mistake_of_a_budget_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn with(budget: Value, tasks: Value) -> Blueprint {
    Blueprint { budget: from_value(budget).unwrap(), ..blueprint(tasks, json!([])) }
}

/// A question for each order, which may be asked three times.
fn asking(budget: Value, items: usize) -> Blueprint {
    let ask = json!({"name": "ask", "capability": "llm.ask", "retry": {"max_attempts": 3}});
    let items: Vec<usize> = (0..items).collect();
    let each = json!({"name": "each", "capability": "", "input": {"items": items}, "for_each": {"body": {"tasks": [ask]}}});
    with(budget, json!([each, {"name": "last", "capability": "llm.ask"}]))
}

fn over_in_money() -> Example {
    Example {
        finding: "error[GP080], budget.money_micros: the workflow may come to 0.62 of money, and its budget is 0.50 of money; task each/ask alone comes to 30 attempts of llm.ask for 0.60 of money (fix: raise budget.money_micros, or bound task each/ask: by retry.max_attempts, max_iterations, maxItems of the list, or max_tasks)",
        broken: asking(json!({"money_micros": 500_000}), 10),
        mended: asking(json!({"money_micros": 620_000}), 10),
    }
}

fn over_in_tokens() -> Example {
    Example {
        finding: "error[GP080], budget.tokens: the workflow may come to 31,000 tokens, and its budget is 30,000 tokens; task each/ask alone comes to 30 attempts of llm.ask for 30,000 tokens (fix: raise budget.tokens, or bound task each/ask: by retry.max_attempts, max_iterations, maxItems of the list, or max_tasks)",
        broken: asking(json!({"tokens": 30_000}), 10),
        mended: asking(json!({"tokens": 30_000}), 9),
    }
}

fn over_in_attempts() -> Example {
    Example {
        finding: "error[GP080], budget.attempts: the workflow may come to 4 attempts, and its budget is 3 attempts; task each/ask alone comes to 3 attempts of llm.ask (fix: raise budget.attempts, or bound task each/ask: by retry.max_attempts, max_iterations, maxItems of the list, or max_tasks)",
        broken: asking(json!({"attempts": 3}), 1),
        mended: asking(json!({"attempts": 3}), 0),
    }
}

fn unknown() -> Example {
    Example {
        finding: "warning[GP081], budget.tokens: nobody says how many tokens an attempt takes, so it counts as none: any, ticket.read (fix: write cost.tokens of the capability in its catalog; 0 if it takes nothing)",
        broken: with(json!({"tokens": 1}), json!(["a", {"name": "b", "capability": "ticket.read"}])),
        mended: with(json!({"attempts": 2}), json!(["a", {"name": "b", "capability": "ticket.read"}])),
    }
}

fn too_large() -> Example {
    Example {
        finding: "error[GP082], budget.attempts: the budget is 1000000000000001; at most 1000000000000000 are allowed (fix: write a smaller number, or leave it out)",
        broken: with(json!({"attempts": 1_000_000_000_000_001_u64}), json!(["a"])),
        mended: with(json!({"attempts": 1_000_000_000_000_000_u64}), json!(["a"])),
    }
}

fn costs_too_much() -> Example {
    Example {
        finding: "error[GP082] task a, capability: the cost of gold.buy, money_micros, is 1000000000000001; at most 1000000000000000 are allowed (fix: write a smaller number, or leave it out)",
        broken: blueprint(json!([{"name": "a", "capability": "gold.buy"}]), json!([])),
        mended: blueprint(json!(["a"]), json!([])),
    }
}

#[test]
fn every_sum_that_is_over_is_said_and_what_it_would_be_comes_along() {
    let blueprint = asking(json!({"money_micros": 1, "tokens": 1, "attempts": 1}), 10);
    assert_eq!(codes(&blueprint), ["GP080", "GP080", "GP080"]);
    let checked = check(&blueprint, &catalog());
    assert!(checked.blueprint.is_none());
    assert_eq!(checked.worst_case.unwrap().to_string(), "at most 31 attempts, 0.62 money, 31,000 tokens");
}

#[test]
fn a_blueprint_that_is_wrong_in_another_way_has_no_worst_case() {
    let blueprint = blueprint(json!([{"name": "a", "capability": "nobody"}]), json!([]));
    assert_eq!(check(&blueprint, &catalog()).worst_case, None);
}
