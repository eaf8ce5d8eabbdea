//! Responses: `POST responses`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{SCHEMA_NAME, error, malformed, text_of, tokens};
use crate::{Outcome, Request, Usage};

pub(super) fn body(request: &Request, model: &str, max_output_tokens: u32) -> Value {
    let Request { system, messages, schema } = request;
    let input: Vec<Value> = messages
        .iter()
        .map(|message| json!({"role": message.role.word(), "content": message.text}))
        .collect();
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("instructions".to_owned(), system.as_str().into());
    body.insert("input".to_owned(), input.into());
    body.insert("max_output_tokens".to_owned(), max_output_tokens.into());
    // Nothing of a goal stays with the endpoint for later calls.
    body.insert("store".to_owned(), false.into());
    if let Some(schema) = schema {
        let format = json!({"type": "json_schema", "name": SCHEMA_NAME, "strict": true, "schema": schema});
        body.insert("text".to_owned(), json!({"format": format}));
    }
    body.into()
}

pub(super) fn read(answer: &Value, retry_after: Option<Duration>) -> Outcome {
    let usage = Usage {
        input_tokens: tokens(answer, "/usage/input_tokens"),
        output_tokens: tokens(answer, "/usage/output_tokens"),
    };
    match answer["status"].as_str() {
        Some("completed") => completed(&answer["output"], usage),
        Some("incomplete") => match answer["incomplete_details"]["reason"].as_str() {
            Some("max_output_tokens") => Outcome::Truncated { usage },
            Some("content_filter") => Outcome::Refused { reason: "filtered".to_owned(), usage },
            _ => malformed("it is incomplete, and does not say why"),
        },
        Some("failed") => {
            let why = error::told(answer);
            match answer["error"]["code"].as_str() {
                Some("rate_limit_exceeded") => Outcome::RateLimited { retry_after },
                Some("server_error") => Outcome::Unavailable { why, retry_after },
                _ => Outcome::Rejected { status: 200, why },
            }
        }
        _ => malformed("it has no status that an answer has"),
    }
}

fn completed(output: &Value, usage: Usage) -> Outcome {
    // Thoughts and the like stand beside the message.
    let messages = output.as_array().into_iter().flatten().filter(|item| item["type"] == "message");
    let (mut text, mut refusal, mut found) = (String::new(), String::new(), false);
    for message in messages {
        found = true;
        text += &text_of(&message["content"], "output_text", "text");
        refusal += &text_of(&message["content"], "refusal", "refusal");
    }
    match (found, refusal.is_empty()) {
        (false, _) => malformed("there is no message in its output"),
        (true, true) => Outcome::Answer { text, usage },
        (true, false) => Outcome::Refused { reason: refusal, usage },
    }
}

#[cfg(test)]
mod tests {
    use super::super::Protocol::Responses;
    use super::super::tests::{USAGE, answer, read, request};
    use super::*;

    fn response(status: &str, rest: Value) -> Value {
        let mut response = json!({
            "id": "resp_1", "object": "response", "status": status, "error": null, "incomplete_details": null,
            "usage": {"input_tokens": 12, "output_tokens": 5, "total_tokens": 17},
        });
        let rest = rest.as_object().unwrap().clone();
        response.as_object_mut().unwrap().extend(rest);
        response
    }

    #[test]
    fn a_request_has_instructions_a_strict_format_and_is_not_kept() {
        let expected = json!({
            "model": "m", "instructions": "Plan.", "max_output_tokens": 100, "store": false,
            "input": [
                {"role": "user", "content": "a goal"}, {"role": "assistant", "content": "{}"},
                {"role": "user", "content": "again"},
            ],
            "text": {"format": {"type": "json_schema", "name": "answer", "strict": true, "schema": {"type": "object"}}},
        });
        assert_eq!(Responses.body(&request(), "m", 100), expected);
        assert_eq!(Responses.body(&Request { schema: None, ..request() }, "m", 100).get("text"), None);
    }

    #[test]
    fn every_end_of_an_answer_is_told_apart() {
        let of = |status: &str, rest: Value| read(Responses, &response(status, rest));
        let message = |part: Value| json!({"output": [{"type": "reasoning", "summary": []}, {"type": "message", "content": [part]}]});
        assert_eq!(of("completed", message(json!({"type": "output_text", "text": "{}"}))), answer("{}"));
        let refused = |reason: &str| Outcome::Refused { reason: reason.to_owned(), usage: USAGE };
        assert_eq!(
            of("completed", message(json!({"type": "refusal", "refusal": "I cannot."}))),
            refused("I cannot.")
        );
        let incomplete =
            |reason: &str| of("incomplete", json!({"incomplete_details": {"reason": reason}, "output": []}));
        assert_eq!(incomplete("max_output_tokens"), Outcome::Truncated { usage: USAGE });
        assert_eq!(incomplete("content_filter"), refused("filtered"));
        assert!(matches!(incomplete("moonlight"), Outcome::Malformed { .. }));
        assert!(matches!(of("completed", json!({"output": []})), Outcome::Malformed { .. }));
        assert!(matches!(of("queued", json!({})), Outcome::Malformed { .. }));
    }

    #[test]
    fn a_failed_response_is_what_its_code_says() {
        let failed = |code: &str| {
            read(Responses, &response("failed", json!({"error": {"code": code, "message": "no"}})))
        };
        assert_eq!(failed("rate_limit_exceeded"), Outcome::RateLimited { retry_after: None });
        let why = "no".to_owned();
        assert_eq!(failed("server_error"), Outcome::Unavailable { why: why.clone(), retry_after: None });
        assert_eq!(failed("invalid_prompt"), Outcome::Rejected { status: 200, why });
    }
}
