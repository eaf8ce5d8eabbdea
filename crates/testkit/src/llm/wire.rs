//! The three protocols, from the side of the endpoint.

use serde_json::{Value, json};

use super::script::USAGE;
use super::strict::fault_of_schema;

/// A protocol.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wire {
    ChatCompletions,
    Responses,
    Messages,
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Stop,
    Refusal,
    Length,
}

impl Wire {
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/v1/chat/completions" => Some(Self::ChatCompletions),
            "/v1/responses" => Some(Self::Responses),
            "/v1/messages" => Some(Self::Messages),
            _ => None,
        }
    }

    /// What a real endpoint would refuse in a request.
    pub(super) fn fault(self, body: &Value) -> Option<String> {
        let (said, tokens, schema) = match self {
            Self::ChatCompletions => {
                ("messages", "max_completion_tokens", "/response_format/json_schema/schema")
            }
            Self::Responses => ("input", "max_output_tokens", "/text/format/schema"),
            Self::Messages => ("messages", "max_tokens", "/output_config/format/schema"),
        };
        let said =
            body[said].as_array().filter(|said| said.last().is_some_and(|last| last["role"] == "user"));
        if said.is_none() {
            return Some("the last word has to be the user's".to_owned());
        }
        if body["model"].as_str().is_none_or(str::is_empty) {
            return Some("there is no model".to_owned());
        }
        if body[tokens].as_u64().is_none_or(|tokens| tokens == 0) {
            return Some(format!("{tokens} is missing"));
        }
        body.pointer(schema).and_then(fault_of_schema)
    }

    pub(super) fn answer(self, text: &str, end: End) -> Value {
        let (input, output) = USAGE;
        match self {
            Self::ChatCompletions => {
                let (content, refusal) =
                    if end == End::Refusal { (None, Some(text)) } else { (Some(text), None) };
                let finish_reason = if end == End::Length { "length" } else { "stop" };
                let message = json!({"role": "assistant", "content": content, "refusal": refusal});
                json!({
                    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "scripted",
                    "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
                    "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output},
                })
            }
            Self::Responses => {
                let part = match end {
                    End::Refusal => json!({"type": "refusal", "refusal": text}),
                    _ => json!({"type": "output_text", "text": text, "annotations": []}),
                };
                let (status, details) = match end {
                    End::Length => ("incomplete", json!({"reason": "max_output_tokens"})),
                    _ => ("completed", Value::Null),
                };
                json!({
                    "id": "resp_1", "object": "response", "created_at": 1, "model": "scripted", "status": status,
                    "error": null, "incomplete_details": details,
                    "output": [
                        {"type": "reasoning", "id": "rs_1", "summary": []},
                        {"type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": [part]},
                    ],
                    "usage": {"input_tokens": input, "output_tokens": output, "total_tokens": input + output},
                })
            }
            Self::Messages => {
                let stop_reason = match end {
                    End::Stop => "end_turn",
                    End::Refusal => "refusal",
                    End::Length => "max_tokens",
                };
                json!({
                    "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted",
                    "content": [{"type": "text", "text": text}], "stop_reason": stop_reason, "stop_sequence": null,
                    "usage": {
                        "input_tokens": input - 300, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 200,
                        "output_tokens": output,
                    },
                })
            }
        }
    }
}
