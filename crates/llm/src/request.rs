//! What a model is asked.

use serde_json::Value;

/// What a model is asked, whatever its endpoint speaks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// What it has to know and to do; from the one who runs the system.
    pub system: String,
    /// What was said so far: the first word and the last one are the user's.
    pub messages: Vec<Message>,
    /// What the answer has to look like, in JSON Schema as [`lower`](crate::schema::lower) gives it. `None`: any text.
    pub schema: Option<Value>,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// By whom.
    pub role: Role,
    /// What.
    pub text: String,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The word for it, which is the same in all protocols.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}
