//! Costs, budgets, and what a workflow comes to at most.

use goalpost_model::{Amount, Budget, CapabilityUse, Cost, WorstCase};

use crate::whole::{self, message_of};
use crate::{Violations, v1};

pub(crate) fn read_budget(message: Option<v1::Budget>, field: &str, violations: &mut Violations) -> Budget {
    let v1::Budget { money_micros, tokens, attempts } = message.unwrap_or_default();
    let mut read = |number, name: &str| whole::read(number, &format!("{field}.{name}"), violations);
    Budget {
        money_micros: read(money_micros, "money_micros"),
        tokens: read(tokens, "tokens"),
        attempts: read(attempts, "attempts"),
    }
}

pub(crate) fn budget_from_model(budget: Budget) -> Option<v1::Budget> {
    let Budget { money_micros, tokens, attempts } = budget;
    (budget != Budget::default()).then(|| v1::Budget {
        money_micros: message_of(money_micros),
        tokens: message_of(tokens),
        attempts: message_of(attempts),
    })
}

pub(crate) fn read_cost(message: v1::Cost, field: &str, violations: &mut Violations) -> Cost {
    let v1::Cost { money_micros, tokens, latency_ms } = message;
    let mut read =
        |number: Option<i64>, name: &str| Some(whole::read(number?, &format!("{field}.{name}"), violations));
    Cost {
        money_micros: read(money_micros, "money_micros"),
        tokens: read(tokens, "tokens"),
        latency_ms: read(latency_ms, "latency_ms"),
    }
}

pub(crate) fn cost_from_model(cost: Cost) -> v1::Cost {
    let Cost { money_micros, tokens, latency_ms } = cost;
    v1::Cost {
        money_micros: money_micros.map(message_of),
        tokens: tokens.map(message_of),
        latency_ms: latency_ms.map(message_of),
    }
}

impl From<WorstCase> for v1::WorstCase {
    fn from(worst_case: WorstCase) -> Self {
        let WorstCase { tasks, total, capabilities, later, without_money, without_tokens } = worst_case;
        Self {
            tasks: message_of(tasks),
            total: Some(total.into()),
            capabilities: capabilities.into_iter().map(v1::CapabilityUse::from).collect(),
            later: message_of(later),
            without_money,
            without_tokens,
        }
    }
}

impl From<CapabilityUse> for v1::CapabilityUse {
    fn from(CapabilityUse { capability, amount }: CapabilityUse) -> Self {
        Self { capability, amount: Some(amount.into()) }
    }
}

impl From<Amount> for v1::Amount {
    fn from(Amount { attempts, money_micros, tokens }: Amount) -> Self {
        Self {
            attempts: message_of(attempts),
            money_micros: message_of(money_micros),
            tokens: message_of(tokens),
        }
    }
}

impl From<v1::WorstCase> for WorstCase {
    fn from(message: v1::WorstCase) -> Self {
        let v1::WorstCase { tasks, total, capabilities, later, without_money, without_tokens } = message;
        Self {
            tasks: tasks.unsigned_abs(),
            total: total.unwrap_or_default().into(),
            capabilities: capabilities.into_iter().map(CapabilityUse::from).collect(),
            later: later.unsigned_abs(),
            without_money,
            without_tokens,
        }
    }
}

impl From<v1::CapabilityUse> for CapabilityUse {
    fn from(v1::CapabilityUse { capability, amount }: v1::CapabilityUse) -> Self {
        Self { capability, amount: amount.unwrap_or_default().into() }
    }
}

impl From<v1::Amount> for Amount {
    fn from(v1::Amount { attempts, money_micros, tokens }: v1::Amount) -> Self {
        Self {
            attempts: attempts.unsigned_abs(),
            money_micros: money_micros.unsigned_abs(),
            tokens: tokens.unsigned_abs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worst_case_survives_the_way_through_a_message() {
        let amount = Amount { attempts: 3, money_micros: 20, tokens: 7 };
        let worst_case = WorstCase {
            tasks: 2,
            total: amount,
            capabilities: vec![CapabilityUse { capability: "a".to_owned(), amount }],
            later: 1,
            without_money: vec!["b".to_owned()],
            without_tokens: vec!["c".to_owned()],
        };
        assert_eq!(WorstCase::from(v1::WorstCase::from(worst_case.clone())), worst_case);
    }
}
