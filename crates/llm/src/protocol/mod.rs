//! What goes over the wire: a request as JSON, and an answer out of JSON. Pure.

mod chat_completions;
mod error;
mod messages;
mod responses;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;

use crate::{Outcome, Request};

/// What an endpoint speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Chat Completions of OpenAI, which many others speak, too.
    #[default]
    ChatCompletions,
    /// Responses of OpenAI.
    Responses,
    /// Messages of Anthropic.
    Messages,
}

/// What came from an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// After what time it wants to be asked again.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: &'a [u8],
}

/// How a protocol calls its schema of answers.
const SCHEMA_NAME: &str = "answer";

impl Protocol {
    const ALL: [Self; 3] = [Self::ChatCompletions, Self::Responses, Self::Messages];

    /// Where below the base URL it is spoken.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat/completions",
            Self::Responses => "responses",
            Self::Messages => "messages",
        }
    }

    /// The headers that the key goes into, and what else belongs there. The key comes after `prefix`.
    pub(crate) fn headers(self) -> Headers {
        match self {
            Self::ChatCompletions | Self::Responses => {
                Headers { key: "authorization", prefix: "Bearer ", others: &[] }
            }
            Self::Messages => {
                Headers { key: "x-api-key", prefix: "", others: &[("anthropic-version", "2023-06-01")] }
            }
        }
    }

    /// The body of a request.
    pub fn body(self, request: &Request, model: &str, max_output_tokens: u32) -> Value {
        match self {
            Self::ChatCompletions => chat_completions::body(request, model, max_output_tokens),
            Self::Responses => responses::body(request, model, max_output_tokens),
            Self::Messages => messages::body(request, model, max_output_tokens),
        }
    }

    /// What came of a request.
    pub(crate) fn read(self, received: Received<'_>) -> Outcome {
        if !(200..300).contains(&received.status) {
            return error::read(received);
        }
        let answer: Value = match serde_json::from_slice(received.body) {
            Ok(answer) => answer,
            Err(error) => return Outcome::Malformed { why: format!("its body is no JSON: {error}") },
        };
        let outcome = match self {
            Self::ChatCompletions => chat_completions::read(&answer),
            Self::Responses => responses::read(&answer, received.retry_after),
            Self::Messages => messages::read(&answer),
        };
        match outcome {
            Outcome::Answer { text, .. } if text.trim().is_empty() => malformed("its text is empty"),
            Outcome::Refused { reason, usage } => {
                Outcome::Refused { reason: error::shortened(&reason), usage }
            }
            outcome => outcome,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat-completions",
            Self::Responses => "responses",
            Self::Messages => "messages",
        }
    }
}

/// The headers of a protocol.
pub(crate) struct Headers {
    pub(crate) key: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) others: &'static [(&'static str, &'static str)],
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|protocol| protocol.word() == text);
        found.ok_or_else(|| format!("'{text}' is none of {}", Self::ALL.map(Self::word).join(", ")))
    }
}

fn malformed(why: &str) -> Outcome {
    Outcome::Malformed { why: why.to_owned() }
}

/// A count of tokens; what is not told counts as none.
fn tokens(answer: &Value, path: &str) -> u64 {
    answer.pointer(path).and_then(Value::as_u64).unwrap_or(0)
}

/// The text of the parts that are of this type.
fn text_of(parts: &Value, part_type: &str, field: &str) -> String {
    let parts = parts.as_array().into_iter().flatten();
    let parts = parts.filter(|part| part["type"] == part_type);
    parts.filter_map(|part| part[field].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{Message, Role, Usage};

    pub(super) fn request() -> Request {
        let said = |role, text: &str| Message { role, text: text.to_owned() };
        Request {
            system: "Plan.".to_owned(),
            messages: vec![
                said(Role::User, "a goal"),
                said(Role::Assistant, "{}"),
                said(Role::User, "again"),
            ],
            schema: Some(json!({"type": "object"})),
        }
    }

    pub(super) fn read(protocol: Protocol, answer: &Value) -> Outcome {
        let body = answer.to_string();
        protocol.read(Received { status: 200, retry_after: None, body: body.as_bytes() })
    }

    pub(super) const USAGE: Usage = Usage { input_tokens: 12, output_tokens: 5 };

    pub(super) fn answer(text: &str) -> Outcome {
        Outcome::Answer { text: text.to_owned(), usage: USAGE }
    }

    #[test]
    fn a_protocol_is_read_as_it_is_written() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.to_string().parse(), Ok(protocol));
        }
        let wrong = "completions".parse::<Protocol>().unwrap_err();
        assert_eq!(wrong, "'completions' is none of chat-completions, responses, messages");
    }

    #[test]
    fn what_is_no_answer_is_malformed() {
        for protocol in Protocol::ALL {
            for body in ["", "{", "[]", "null", "{}", "<html>", r#"{"choices":[],"output":[],"content":[]}"#]
            {
                let received = Received { status: 200, retry_after: None, body: body.as_bytes() };
                let outcome = protocol.read(received);
                assert!(matches!(outcome, Outcome::Malformed { .. }), "{protocol} {body}: {outcome:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_that_comes_is_too_much_for_it(status in 100_u16..600, body in ".{0,200}") {
            for protocol in Protocol::ALL {
                protocol.read(Received { status, retry_after: None, body: body.as_bytes() });
            }
        }
    }
}
