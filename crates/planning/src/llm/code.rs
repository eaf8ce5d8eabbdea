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

/// The plan does not fit the one that runs, in whose place it is to come.
pub const REVISION: &str = "GP105";
/// The plan does once more what has failed in the one that runs.
pub const AGAIN: &str = "GP106";

/// Characters of what a model has written that a finding tells.
const MAX_TOLD: usize = 500;

/// An error. What it tells was written by a model: it is cut where it is long, and has no character that no
/// database takes.
pub(super) fn error(code: &str, node: &str, field: &str, message: impl Into<String>, fix: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        severity: Severity::Error,
        node: told(node),
        field: told(field),
        message: told(&message.into()),
        fix: fix.to_owned(),
    }
}

/// A text of a model, for people.
pub(super) fn told(text: &str) -> String {
    let shown = text.chars().take(MAX_TOLD).map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c });
    let mut shown: String = shown.collect();
    if text.chars().nth(MAX_TOLD).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_wrote_is_cut_and_can_be_stored() {
        let finding = error(ANSWER, "task a\0b", &"f".repeat(10_000), "é".repeat(1_000), "fix it");
        assert_eq!(finding.node, "task a\u{fffd}b");
        assert_eq!((finding.field.len(), finding.message.chars().count()), (503, 503));
    }
}
