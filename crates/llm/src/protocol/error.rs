//! Answers that say that there is none. All three protocols say it alike.

use serde_json::Value;

use super::Received;
use crate::Outcome;

/// Characters of what an endpoint says that are told.
const MAX_TOLD: usize = 300;

/// What an HTTP status other than success means.
pub(super) fn read(received: Received<'_>) -> Outcome {
    let Received { status, retry_after, body } = received;
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let why = told(&body);
    match status {
        // Its words may repeat a part of the key.
        401 | 403 => Outcome::Unauthorized,
        // Nothing is left to spend: waiting does not help.
        429 if body["error"]["code"] == "insufficient_quota" => Outcome::Rejected { status, why },
        429 => Outcome::RateLimited { retry_after },
        408 | 500.. => Outcome::Unavailable { why: format!("HTTP {status}: {why}"), retry_after },
        _ => Outcome::Rejected { status, why },
    }
}

/// What the endpoint says went wrong, shortened.
pub(super) fn told(body: &Value) -> String {
    let error = &body["error"];
    let text = error["message"].as_str().or_else(|| error.as_str()).or_else(|| body["message"].as_str());
    shortened(text.unwrap_or("it does not say why"))
}

/// Words of a model or its endpoint, for people.
pub(super) fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(MAX_TOLD) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn of(status: u16, body: &Value) -> Outcome {
        let retry_after = Some(Duration::from_secs(7));
        read(Received { status, retry_after, body: body.to_string().as_bytes() })
    }

    #[test]
    fn a_status_says_whether_asking_again_may_help() {
        let openai = json!({"error": {"message": "no such model", "type": "invalid_request_error", "code": "model_not_found"}});
        let anthropic =
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
        let retry_after = Some(Duration::from_secs(7));
        assert_eq!(of(404, &openai), Outcome::Rejected { status: 404, why: "no such model".to_owned() });
        assert_eq!(of(429, &json!({})), Outcome::RateLimited { retry_after });
        for status in [401, 403] {
            assert_eq!(
                of(status, &json!({"error": {"message": "wrong key sk-1234"}})),
                Outcome::Unauthorized
            );
        }
        for status in [408, 500, 503, 529] {
            let why = format!("HTTP {status}: Overloaded");
            assert_eq!(of(status, &anthropic), Outcome::Unavailable { why, retry_after });
        }
        let spent = json!({"error": {"message": "quota", "code": "insufficient_quota"}});
        assert_eq!(of(429, &spent), Outcome::Rejected { status: 429, why: "quota".to_owned() });
        let moved = Outcome::Rejected { status: 307, why: "it does not say why".to_owned() };
        assert_eq!(read(Received { status: 307, retry_after, body: b"<html>" }), moved);
    }

    #[test]
    fn what_is_said_at_length_is_shortened() {
        let long = json!({"error": "é".repeat(1_000)});
        assert_eq!(told(&long).chars().count(), MAX_TOLD + 3);
    }
}
