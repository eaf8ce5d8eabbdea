//! What asking a language model took.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Amount, Grouped, Money};

/// What asking a language model took for one goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LlmUsage {
    /// The model, as its endpoint calls it.
    pub model: String,
    /// Requests that were sent, those without an answer included.
    pub requests: u64,
    /// Tokens of prompts.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// In millionths of the deployment's unit of currency. Absent: nobody has said what tokens cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money_micros: Option<u64>,
}

impl LlmUsage {
    /// Both together; the model is the one that was asked last, which is the other's. Money is known if it is of both.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        let money = self.money_micros.zip(later.money_micros);
        Self {
            model: later.model,
            requests: self.requests.saturating_add(later.requests),
            input_tokens: self.input_tokens.saturating_add(later.input_tokens),
            output_tokens: self.output_tokens.saturating_add(later.output_tokens),
            money_micros: money.map(|(earlier, later)| earlier.saturating_add(later)),
        }
    }
}

impl From<&LlmUsage> for Amount {
    /// What it counts for against a budget. What nobody has said a price of costs nothing.
    fn from(usage: &LlmUsage) -> Self {
        let tokens = usage.input_tokens.saturating_add(usage.output_tokens);
        Self { attempts: 0, money_micros: usage.money_micros.unwrap_or_default(), tokens }
    }
}

/// For people: `2 requests to gpt-5, 12,000 tokens in, 300 out, money 0.034`.
impl fmt::Display for LlmUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, requests, input_tokens, output_tokens, money_micros } = self;
        let plural = if *requests == 1 { "" } else { "s" };
        let (input, output) = (Grouped(*input_tokens), Grouped(*output_tokens));
        write!(f, "{requests} request{plural} to {model}, {input} tokens in, {output} out")?;
        match money_micros {
            Some(micros) => write!(f, ", money {}", Money(*micros)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_as_people_read_it() {
        let usage = LlmUsage {
            model: "m".to_owned(),
            requests: 2,
            input_tokens: 12_000,
            output_tokens: 300,
            money_micros: Some(34_000),
        };
        assert_eq!(usage.to_string(), "2 requests to m, 12,000 tokens in, 300 out, money 0.034");
        let one = LlmUsage { requests: 1, money_micros: None, ..usage };
        assert_eq!(one.to_string(), "1 request to m, 12,000 tokens in, 300 out");
    }

    #[test]
    fn what_was_taken_together_is_the_sum() {
        let usage = |model: &str, requests, money_micros| LlmUsage {
            model: model.to_owned(),
            requests,
            input_tokens: 10 * requests,
            output_tokens: u64::MAX,
            money_micros,
        };
        let both = usage("a", 1, Some(3)).and(usage("b", 2, Some(4)));
        assert_eq!(both, usage("b", 3, Some(7)));
        assert_eq!(usage("a", 1, Some(3)).and(usage("b", 2, None)), usage("b", 3, None));
    }
}
