//! What a scripted model says.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::wire::{End, Wire};

/// Tokens of prompt and answer that every answer says it took.
pub const USAGE: (u64, u64) = (1_000, 200);

/// One answer.
#[derive(Clone, Debug)]
pub enum Line {
    /// This text, at its end.
    Text(String),
    /// A refusal in these words.
    Refusal(String),
    /// This text, cut off at the most tokens that were allowed.
    Truncated(String),
    /// This text, once a permit is there; none means never.
    Held(String, Arc<Semaphore>),
    /// HTTP 429 with these seconds as `Retry-After`.
    RateLimited(u64),
    /// This HTTP status, with a message.
    Status(u16, String),
    /// HTTP 200 with a body that is no answer of the protocol.
    Garbage(String),
}

impl Line {
    /// This JSON, as text.
    pub fn json(answer: &Value) -> Self {
        Self::Text(answer.to_string())
    }

    pub(super) async fn say(self, wire: Wire) -> Response<Body> {
        match self {
            Self::Text(text) => ok(wire.answer(&text, End::Stop).to_string()),
            Self::Refusal(text) => ok(wire.answer(&text, End::Refusal).to_string()),
            Self::Truncated(text) => ok(wire.answer(&text, End::Length).to_string()),
            Self::Held(text, permits) => {
                if let Ok(permit) = permits.acquire().await {
                    permit.forget();
                }
                ok(wire.answer(&text, End::Stop).to_string())
            }
            Self::RateLimited(seconds) => error(429, Some(seconds), "too many requests"),
            Self::Status(status, message) => error(status, None, &message),
            Self::Garbage(body) => ok(body),
        }
    }
}

fn ok(body: String) -> Response<Body> {
    Response::builder().header("content-type", "application/json").body(Body::from(body)).expect("an answer")
}

pub(super) fn error(status: u16, retry_after: Option<u64>, message: &str) -> Response<Body> {
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    let body = json!({"error": {"message": message, "type": "scripted"}});
    response.body(Body::from(body.to_string())).expect("an answer")
}
