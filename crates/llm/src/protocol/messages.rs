//! Messages: `POST messages`.

use serde_json::{Map, Value, json};

use super::{malformed, text_of, tokens};
use crate::{Outcome, Request, Usage};

pub(super) fn body(request: &Request, model: &str, max_output_tokens: u32) -> Value {
    let Request { system, messages, schema } = request;
    let messages: Vec<Value> = messages
        .iter()
        .map(|message| json!({"role": message.role.word(), "content": message.text}))
        .collect();
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("max_tokens".to_owned(), max_output_tokens.into());
    body.insert("system".to_owned(), system.as_str().into());
    body.insert("messages".to_owned(), messages.into());
    if let Some(schema) = schema {
        let format = json!({"type": "json_schema", "schema": schema});
        body.insert("output_config".to_owned(), json!({"format": format}));
    }
    body.into()
}

pub(super) fn read(answer: &Value) -> Outcome {
    // What was written to the cache and read from it is not in `input_tokens`.
    let input = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
    let input = input.map(|field| tokens(answer, &format!("/usage/{field}")));
    let usage = Usage {
        input_tokens: input.into_iter().fold(0, u64::saturating_add),
        output_tokens: tokens(answer, "/usage/output_tokens"),
    };
    let text = text_of(&answer["content"], "text", "text");
    match answer["stop_reason"].as_str() {
        Some("end_turn" | "stop_sequence") => Outcome::Answer { text, usage },
        Some("max_tokens" | "model_context_window_exceeded") => Outcome::Truncated { usage },
        Some("refusal") => Outcome::Refused { reason: text, usage },
        Some(_) => malformed("it stopped for a reason that an answer has not"),
        None => malformed("it has no stop_reason"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Protocol::Messages;
    use super::super::tests::{USAGE, answer, read, request};
    use super::*;

    fn message(stop_reason: &str, content: &Value) -> Value {
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "content": content, "stop_reason": stop_reason,
            "usage": {"input_tokens": 2, "cache_creation_input_tokens": 4, "cache_read_input_tokens": 6, "output_tokens": 5},
        })
    }

    #[test]
    fn a_request_has_the_system_beside_the_messages_and_a_format() {
        let expected = json!({
            "model": "m", "max_tokens": 100, "system": "Plan.",
            "messages": [
                {"role": "user", "content": "a goal"}, {"role": "assistant", "content": "{}"},
                {"role": "user", "content": "again"},
            ],
            "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
        });
        assert_eq!(Messages.body(&request(), "m", 100), expected);
        assert_eq!(
            Messages.body(&Request { schema: None, ..request() }, "m", 100).get("output_config"),
            None
        );
    }

    #[test]
    fn every_end_of_an_answer_is_told_apart() {
        let text =
            |text: &str| json!([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": text}]);
        assert_eq!(read(Messages, &message("end_turn", &text("{}"))), answer("{}"));
        assert_eq!(
            read(Messages, &message("max_tokens", &text("{\"na"))),
            Outcome::Truncated { usage: USAGE }
        );
        let refused = Outcome::Refused { reason: "I cannot.".to_owned(), usage: USAGE };
        assert_eq!(read(Messages, &message("refusal", &text("I cannot."))), refused);
        assert!(matches!(read(Messages, &message("tool_use", &text(""))), Outcome::Malformed { .. }));
    }
}
