//! Codes of what is wrong with a model's answer, beside those of the checker; `docs/planning.md` tells of each.

use goalpost_model::{Finding, Severity};

/// The answer is no JSON object of the form that was asked for.
pub const ANSWER: &str = "GP100";
/// A task is inside of one that is not there, of itself, or of one that runs no graph; or its name is not its own.
pub const INSIDE: &str = "GP101";
/// An endpoint that the goal's input does not have.
pub const ENDPOINT: &str = "GP102";
/// A reference to a secret that the goal's input does not have.
pub const SECRET: &str = "GP103";
/// A capability of the engine's that is not for plans of a model.
pub const NOT_FOR_MODELS: &str = "GP104";

/// An error.
pub(super) fn error(code: &str, node: &str, field: &str, message: impl Into<String>, fix: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        severity: Severity::Error,
        node: node.to_owned(),
        field: field.to_owned(),
        message: message.into(),
        fix: fix.to_owned(),
    }
}
