//! What comes of asking.

use std::fmt;
use std::time::Duration;

/// What comes of asking a model once. None of it holds the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answered, and had nothing more to say.
    Answer {
        /// The answer.
        text: String,
        /// What it took.
        usage: Usage,
    },
    /// The model, or a filter before it, does not answer this.
    Refused {
        /// Why, in the model's words, shortened; often empty.
        reason: String,
        /// What it took.
        usage: Usage,
    },
    /// The answer was cut off at the most tokens that were allowed.
    Truncated {
        /// What it took.
        usage: Usage,
    },
    /// What came is no answer of this protocol.
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// Too many requests or tokens in a time.
    RateLimited {
        /// After what time the endpoint wants to be asked again, if it says so.
        retry_after: Option<Duration>,
    },
    /// No answer in time. It may have been paid for.
    TimedOut,
    /// The endpoint cannot be reached, or cannot answer now.
    Unavailable {
        /// What is known.
        why: String,
        /// After what time the endpoint wants to be asked again, if it says so.
        retry_after: Option<Duration>,
    },
    /// The key is missing or wrong, or may not do this.
    Unauthorized,
    /// The endpoint does not take the request, whenever it comes: an unknown model, a prompt that is too long.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// Why, in the endpoint's words, shortened.
        why: String,
    },
}

/// What answers took, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of prompts, those that the endpoint had cached included.
    pub input_tokens: u64,
    /// Tokens of answers, those that the model thought with included.
    pub output_tokens: u64,
}

impl Outcome {
    /// What it took; nothing if the endpoint does not say.
    pub fn usage(&self) -> Usage {
        match self {
            Self::Answer { usage, .. } | Self::Refused { usage, .. } | Self::Truncated { usage } => *usage,
            _ => Usage::default(),
        }
    }

    /// One word for it, for metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "answer",
            Self::Refused { .. } => "refused",
            Self::Truncated { .. } => "truncated",
            Self::Malformed { .. } => "malformed",
            Self::RateLimited { .. } => "rate_limited",
            Self::TimedOut => "timed_out",
            Self::Unavailable { .. } => "unavailable",
            Self::Unauthorized => "unauthorized",
            Self::Rejected { .. } => "rejected",
        }
    }
}

/// What happened, as the end of a sentence about the model.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { .. } => f.write_str("answered"),
            Self::Refused { reason, .. } if reason.is_empty() => f.write_str("refused to answer"),
            Self::Refused { reason, .. } => write!(f, "refused to answer: {reason}"),
            Self::Truncated { usage } => {
                write!(f, "gave an answer that was cut off after {} tokens", usage.output_tokens)
            }
            Self::Malformed { why } => write!(f, "gave what is no answer of its protocol: {why}"),
            Self::RateLimited { retry_after: None } => f.write_str("takes no more requests now"),
            Self::RateLimited { retry_after: Some(pause) } => {
                write!(f, "takes no more requests for {} s", pause.as_secs_f64().ceil())
            }
            Self::TimedOut => f.write_str("did not answer in time"),
            Self::Unavailable { why, .. } => write!(f, "cannot be reached or cannot answer now: {why}"),
            Self::Unauthorized => f.write_str("does not accept the key"),
            Self::Rejected { status, why } => write!(f, "does not take the request (HTTP {status}): {why}"),
        }
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
    }
}
