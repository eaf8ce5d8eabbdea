//! What asking a language model took.

use goalpost_model::LlmUsage;

use crate::v1;
use crate::whole::message_of;

impl From<LlmUsage> for v1::LlmUsage {
    fn from(usage: LlmUsage) -> Self {
        let LlmUsage { model, requests, input_tokens, output_tokens, money_micros } = usage;
        Self {
            model,
            requests: message_of(requests),
            input_tokens: message_of(input_tokens),
            output_tokens: message_of(output_tokens),
            money_micros: money_micros.map(message_of),
        }
    }
}

impl From<v1::LlmUsage> for LlmUsage {
    fn from(message: v1::LlmUsage) -> Self {
        let v1::LlmUsage { model, requests, input_tokens, output_tokens, money_micros } = message;
        Self {
            model,
            requests: requests.unsigned_abs(),
            input_tokens: input_tokens.unsigned_abs(),
            output_tokens: output_tokens.unsigned_abs(),
            money_micros: money_micros.map(i64::unsigned_abs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_the_way_through_a_message() {
        for money_micros in [None, Some(7)] {
            let usage = LlmUsage {
                model: "m".to_owned(),
                requests: 1,
                input_tokens: 2,
                output_tokens: 3,
                money_micros,
            };
            assert_eq!(LlmUsage::from(v1::LlmUsage::from(usage.clone())), usage);
        }
    }
}
