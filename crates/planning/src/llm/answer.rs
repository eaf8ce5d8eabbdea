//! From the text of an answer to a draft.

use goalpost_model::Finding;

use super::code::{ANSWER, error};
use super::draft::Draft;
use crate::goal::shortened;

const FIX: &str = "answer with one JSON object of the form that was asked for, and nothing around it";

/// Reads an answer. Endpoints that cannot be bound to a schema let the model say something around its JSON.
pub(crate) fn read(text: &str) -> Result<Draft, Vec<Finding>> {
    let wrong = |field: &str, message: String| vec![error(ANSWER, "", field, message, FIX)];
    let Some(json) = object_in(text) else {
        return Err(wrong("", format!("the answer has no JSON object: \"{}\"", shortened(text.trim()))));
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let draft: Draft = serde_path_to_error::deserialize(&mut reader).map_err(|fault| {
        let path = fault.path().to_string();
        let field = if path == "." { String::new() } else { path };
        wrong(&field, format!("the answer cannot be read: {}", fault.inner()))
    })?;
    reader
        .end()
        .map_err(|fault| wrong("", format!("the answer has something behind its object: {fault}")))?;
    Ok(draft)
}

/// From the first brace to the last one, after what the model thought aloud.
fn object_in(text: &str) -> Option<&str> {
    let said = text.rsplit_once("</think>").map_or(text, |(_, said)| said);
    let (first, last) = (said.find('{')?, said.rfind('}')?);
    said.get(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_with_what_is_around_it() {
        let bare = r#"{"name": "p", "tasks": [{"name": "a", "capability": "x"}]}"#;
        for text in [
            bare.to_owned(),
            format!("```json\n{bare}\n```"),
            format!("<think>what {{ is }} this?</think> Here it is: {bare} Done."),
        ] {
            let draft = read(&text).unwrap();
            assert_eq!((draft.name.as_str(), draft.tasks[0].capability.as_str()), ("p", "x"));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, field, message) in [
            ("", "", "no JSON object"),
            ("I cannot do that.", "", "I cannot do that."),
            ("} {", "", "no JSON object"),
            (r#"{"name": "p", "tasks": ["#, "", "no JSON object"),
            (r#"{"name": "p", "tasks": [}"#, "tasks[0]", "cannot be read"),
            (r#"{"name": "p", "tasks": [{"name": 7}]}"#, "tasks[0].name", "expected a string"),
            (
                r#"{"name": "p", "tasks": [], "capabilities": []}"#,
                "capabilities",
                "unknown field `capabilities`",
            ),
            (r#"{"name": "p", "tasks": [{"name": "a", "url": ""}]}"#, "tasks[0].url", "unknown field `url`"),
            (r#"{"name": "p", "tasks": []} {}"#, "", "something behind"),
            ("{}", "", "missing field `tasks`"),
        ] {
            let finding = read(text).unwrap_err().remove(0);
            assert_eq!((finding.code.as_str(), finding.field.as_str()), (ANSWER, field), "{text}: {finding}");
            assert!(finding.message.contains(message), "{text}: {finding}");
        }
    }
}
