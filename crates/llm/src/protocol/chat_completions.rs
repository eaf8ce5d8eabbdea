//! Chat Completions: `POST chat/completions`.

use serde_json::{Map, Value, json};

use super::{SCHEMA_NAME, malformed, text_of, tokens};
use crate::{Outcome, Request, Usage};

pub(super) fn body(request: &Request, model: &str, max_output_tokens: u32) -> Value {
    let Request { system, messages, schema } = request;
    let said = messages.iter().map(|message| (message.role.word(), message.text.as_str()));
    let said = std::iter::once(("system", system.as_str())).chain(said);
    let messages: Vec<Value> =
        said.map(|(role, content)| json!({"role": role, "content": content})).collect();
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("messages".to_owned(), messages.into());
    body.insert("max_completion_tokens".to_owned(), max_output_tokens.into());
    if let Some(schema) = schema {
        let named = json!({"name": SCHEMA_NAME, "strict": true, "schema": schema});
        body.insert("response_format".to_owned(), json!({"type": "json_schema", "json_schema": named}));
    }
    body.into()
}

pub(super) fn read(answer: &Value) -> Outcome {
    let usage = Usage {
        input_tokens: tokens(answer, "/usage/prompt_tokens"),
        output_tokens: tokens(answer, "/usage/completion_tokens"),
    };
    let choice = &answer["choices"][0];
    let message = &choice["message"];
    match choice["finish_reason"].as_str() {
        Some("length") => return Outcome::Truncated { usage },
        Some("content_filter") => return Outcome::Refused { reason: "filtered".to_owned(), usage },
        _ => {}
    }
    if let Some(reason) = message["refusal"].as_str() {
        return Outcome::Refused { reason: reason.to_owned(), usage };
    }
    match &message["content"] {
        Value::String(text) => Outcome::Answer { text: text.clone(), usage },
        // Some endpoints answer in parts.
        parts @ Value::Array(_) => Outcome::Answer { text: text_of(parts, "text", "text"), usage },
        _ => malformed("there is no content in its first choice"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Protocol::ChatCompletions;
    use super::super::tests::{USAGE, answer, read, request};
    use super::*;

    fn choice(finish_reason: &str, message: &Value) -> Value {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "model": "m",
            "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
        })
    }

    #[test]
    fn a_request_has_the_system_first_and_a_strict_schema() {
        let expected = json!({
            "model": "m", "max_completion_tokens": 100,
            "messages": [
                {"role": "system", "content": "Plan."}, {"role": "user", "content": "a goal"},
                {"role": "assistant", "content": "{}"}, {"role": "user", "content": "again"},
            ],
            "response_format": {"type": "json_schema", "json_schema":
                {"name": "answer", "strict": true, "schema": {"type": "object"}}},
        });
        assert_eq!(ChatCompletions.body(&request(), "m", 100), expected);
        let free = Request { schema: None, ..request() };
        assert_eq!(ChatCompletions.body(&free, "m", 100).get("response_format"), None);
    }

    #[test]
    fn every_end_of_an_answer_is_told_apart() {
        let of =
            |finish_reason: &str, message: Value| read(ChatCompletions, &choice(finish_reason, &message));
        assert_eq!(of("stop", json!({"content": "{}", "refusal": null})), answer("{}"));
        assert_eq!(
            of("stop", json!({"content": [{"type": "text", "text": "{"}, {"type": "text", "text": "}"}]})),
            answer("{}")
        );
        assert_eq!(of("length", json!({"content": "{\"na"})), Outcome::Truncated { usage: USAGE });
        let refused = |reason: &str| Outcome::Refused { reason: reason.to_owned(), usage: USAGE };
        assert_eq!(of("stop", json!({"content": null, "refusal": "I cannot."})), refused("I cannot."));
        assert_eq!(of("content_filter", json!({"content": ""})), refused("filtered"));
        assert!(matches!(of("tool_calls", json!({"content": null})), Outcome::Malformed { .. }));
        assert!(matches!(of("stop", json!({"content": " \n"})), Outcome::Malformed { .. }));
    }
}
