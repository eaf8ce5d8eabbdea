//! Comments as Markdown.

use std::collections::HashMap;

/// The codes with which a call may be refused, as comments write them.
const CODES: [&str; 16] = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Where names lead, as seen from one page.
pub(super) type Links = HashMap<String, String>;

/// A method's comment: what it does; each error; what follows them.
pub(super) struct Parts<'a> {
    pub(super) what: &'a str,
    pub(super) errors: Vec<&'a str>,
    pub(super) rest: &'a str,
}

/// Takes a method's comment apart.
pub(super) fn parts(comment: &str) -> Parts<'_> {
    let Some((what, errors)) = comment.split_once("Errors: ") else {
        return Parts { what: comment, errors: Vec::new(), rest: "" };
    };
    let (errors, rest) = errors.split_once(". ").unwrap_or((errors, ""));
    Parts { what: what.trim_end(), errors: each(errors.trim_end_matches('.')), rest }
}

/// Parts errors where one ends and the code of the next one begins.
fn each(errors: &str) -> Vec<&str> {
    let begins = |place: usize| {
        let word = errors
            .get(place..)
            .unwrap_or_default()
            .split(|c: char| !c.is_ascii_uppercase() && c != '_')
            .next();
        word.is_some_and(|word| CODES.contains(&word))
    };
    let ends = errors.match_indices([';', ',']).map(|(place, _)| place);
    let mut items = Vec::new();
    let mut from = 0;
    for end in ends.filter(|end| begins(end + 2)) {
        items.push(&errors[from..end]);
        from = end + 2;
    }
    items.push(&errors[from..]);
    items
}

/// A comment for the cell of a table.
pub(super) fn cell(comment: &str, links: &Links) -> String {
    markdown(comment, links).replace("\n\n", "<br>").replace('|', "\\|")
}

/// A comment: names of the API as links, other words that are written in code as code.
pub(super) fn markdown(comment: &str, links: &Links) -> String {
    let mut text = String::new();
    for (place, part) in comment.split('`').enumerate() {
        if place % 2 == 1 {
            text.push_str(&format!("`{part}`"));
        } else {
            prose(part, links, &mut text);
        }
    }
    text
}

fn prose(part: &str, links: &Links, text: &mut String) {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let end = if is_of_word(first) {
            rest.find(|c| !is_of_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        match links.get(word) {
            Some(link) if is_camel(word) => text.push_str(&format!("[{word}]({link})")),
            _ if word.len() > 1 && word.contains('_') => text.push_str(&format!("`{word}`")),
            _ => text.push_str(&escaped(word)),
        }
        rest = after;
    }
}

/// `SubmitGoal` is a name; `Goal` may be a word that begins a sentence.
fn is_camel(word: &str) -> bool {
    word.chars().filter(char::is_ascii_uppercase).count() > 1
        && word.contains(|c: char| c.is_ascii_lowercase())
}

fn escaped(word: &str) -> String {
    match word {
        "<" => "&lt;".to_owned(),
        ">" => "&gt;".to_owned(),
        "*" | "[" | "]" | "_" => format!("\\{word}"),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_parted_at_their_codes() {
        let parts = parts(
            "Takes a goal. Errors: INVALID_ARGUMENT, also for x, or y; NOT_FOUND for an unknown digest, \
             ABORTED if it (OTHER) moves. Answers soon.",
        );
        assert_eq!(parts.what, "Takes a goal.");
        assert_eq!(
            parts.errors,
            [
                "INVALID_ARGUMENT, also for x, or y",
                "NOT_FOUND for an unknown digest",
                "ABORTED if it (OTHER) moves"
            ]
        );
        assert_eq!(parts.rest, "Answers soon.");
    }

    #[test]
    fn a_comment_without_errors_is_all_what_it_does() {
        assert_eq!(parts("Goals, newest first.").what, "Goals, newest first.");
        assert!(parts("Goals, newest first.").errors.is_empty());
    }

    #[test]
    fn names_are_links_and_words_of_code_are_code() {
        let links = [("GetGoal", "#getgoal"), ("Goal", "#goal")];
        let links = links.map(|(name, link)| (name.to_owned(), link.to_owned())).into();
        assert_eq!(
            markdown("Goal of GetGoal: page_token, `a <- GetGoal`, n * 2 < 3", &links),
            "Goal of [GetGoal](#getgoal): `page_token`, `a <- GetGoal`, n \\* 2 &lt; 3"
        );
        assert_eq!(cell("a\n\n`b|c`", &links), "a<br>`b\\|c`");
    }
}
