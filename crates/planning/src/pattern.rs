//! Patterns: sentences with captures, matched against a goal's text.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use crate::index::folded;
use crate::placeholder::{Piece, is_identifier, pieces};

/// Bytes of one pattern.
const MAX_PATTERN_BYTES: usize = 1_024;
/// Bytes of its compiled form; far more than any pattern of that length needs.
const MAX_COMPILED_BYTES: usize = 4 << 20;
/// Characters that may stand at the end of a goal or a pattern without a meaning.
const TRAILING: [char; 8] = ['.', '!', '?', ',', ';', ':', '…', '。'];

/// A sentence with captures, compiled. Matching is linear in the goal's length.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// As the catalog has it.
    pub(crate) source: String,
    /// What it captures, in order.
    pub(crate) captures: Vec<String>,
    /// The words that stand alone in every text that it matches, folded; only those of ASCII.
    pub(crate) whole_words: Vec<String>,
    regex: Regex,
    words: Vec<String>,
}

impl Pattern {
    /// Compiles a pattern. The error says what is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        if source.len() > MAX_PATTERN_BYTES {
            return Err(format!("is longer than {MAX_PATTERN_BYTES} bytes"));
        }
        let pieces = pieces(&normalised(source))?;
        if pieces.is_empty() {
            return Err("is empty".into());
        }
        let captures = captures(&pieces)?;
        let regex = RegexBuilder::new(&expression(&pieces))
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .size_limit(MAX_COMPILED_BYTES)
            .build()
            .map_err(|error| format!("cannot be compiled: {error}"))?;
        let words = pieces.iter().filter_map(text_of).flat_map(str::split_whitespace);
        let words = words.map(str::to_lowercase).collect();
        let whole_words = whole_words(&pieces);
        Ok(Self { source: source.to_owned(), captures, whole_words, regex, words })
    }

    /// What the pattern captures from a goal, which must be [`normalised`]; `None` if it does not match.
    pub(crate) fn matches(&self, goal: &str) -> Option<BTreeMap<String, String>> {
        let found = self.regex.captures(goal)?;
        let value = |name: &String| Some((name.clone(), found.name(name)?.as_str().to_owned()));
        Some(self.captures.iter().filter_map(value).collect())
    }

    /// The plain words of the pattern, in lower case.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }
}

/// Runs of white space become one space; what ends the sentence goes.
pub(crate) fn normalised(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = |c: char| c == ' ' || TRAILING.contains(&c);
    joined.trim_end_matches(ends).to_owned()
}

fn text_of(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Text(text) => Some(text),
        Piece::Placeholder(_) => None,
    }
}

/// Words with white space, or an end of the sentence, on both sides.
fn whole_words(pieces: &[Piece]) -> Vec<String> {
    let mut words = Vec::new();
    for (place, text) in pieces.iter().enumerate().filter_map(|(place, piece)| Some((place, text_of(piece)?)))
    {
        let parts: Vec<&str> = text.split(' ').collect();
        let first = usize::from(place > 0);
        let last = parts.len() - usize::from(place + 1 < pieces.len()).min(parts.len());
        let whole = parts.get(first..last).unwrap_or_default().iter();
        words.extend(whole.filter(|word| !word.is_empty() && word.is_ascii()).map(|word| folded(word)));
    }
    words
}

fn captures(pieces: &[Piece]) -> Result<Vec<String>, String> {
    let mut captures: Vec<String> = Vec::new();
    let mut after_capture = false;
    for piece in pieces {
        let Piece::Placeholder(name) = piece else {
            after_capture = false;
            continue;
        };
        if !is_identifier(name) || name == "input" {
            return Err(format!(
                "captures {{{name}}}: a capture's name has letters, digits and _, and is not 'input'"
            ));
        }
        if captures.contains(name) {
            return Err(format!("captures {{{name}}} twice"));
        }
        if after_capture {
            return Err(format!("has no text before {{{name}}}: where one capture ends is not to be told"));
        }
        captures.push(name.clone());
        after_capture = true;
    }
    Ok(captures)
}

/// A capture starts and ends with something that is no space, and is as short as it can be.
fn expression(pieces: &[Piece]) -> String {
    let parts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => regex::escape(text),
        Piece::Placeholder(name) => format!(r"(?P<{name}>\S(?:.*?\S)??)"),
    });
    format!("^{}$", parts.collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn captured(pattern: &str, goal: &str) -> Option<Vec<(String, String)>> {
        Some(Pattern::parse(pattern).unwrap().matches(&normalised(goal))?.into_iter().collect())
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn case_white_space_and_the_end_of_the_sentence_do_not_matter() {
        let pattern = "Research weather in {city} and write report.";
        for goal in [
            "Research weather in San José and write report",
            "  research\tWEATHER in   San  José \n and write report !? ",
        ] {
            assert_eq!(captured(pattern, goal), Some(vec![pair("city", "San José")]), "{goal}");
        }
    }

    #[test]
    fn a_capture_takes_one_character_or_more() {
        assert_eq!(captured("in {city} now", "in X now"), Some(vec![pair("city", "X")]));
        assert_eq!(captured("in {city} now", "in  now"), None);
        assert_eq!(captured("in {city}", "in "), None);
        assert_eq!(captured("in {city}", "in ."), None);
    }

    #[test]
    fn the_first_capture_is_as_short_as_it_can_be() {
        let found = captured("{a} and {b}", "salt and pepper and oil").unwrap();
        assert_eq!(found, [pair("a", "salt"), pair("b", "pepper and oil")]);
    }

    #[test]
    fn whole_words_are_those_that_stand_alone() {
        let words = |source: &str| Pattern::parse(source).unwrap().whole_words;
        assert_eq!(words("Ask {x} about K{n} or-so Zoë now."), ["ask", "about", "or-so", "now"]);
        assert_eq!(words("{x}-{y}"), Vec::<String>::new());
        assert_eq!(words("re{x}do it{y}"), Vec::<String>::new());
    }

    #[test]
    fn signs_of_regular_expressions_are_plain_text() {
        assert_eq!(captured(r"Add (a+b)* \{x\} {n}", "add (A+B)* {X} 3"), Some(vec![pair("n", "3")]));
        assert_eq!(captured("a.c", "abc"), None);
    }

    #[test]
    fn wrong_patterns_say_what_is_wrong() {
        for (wrong, word) in [
            ("", "empty"),
            ("...", "empty"),
            ("in {city", "without a '}'"),
            ("{a}{b}", "no text before {b}"),
            ("{a} and {a}", "twice"),
            ("{a-b}", "letters"),
            ("{input}", "not 'input'"),
        ] {
            let message = Pattern::parse(wrong).unwrap_err();
            assert!(message.contains(word), "{wrong}: {message}");
        }
        assert!(Pattern::parse(&"a".repeat(MAX_PATTERN_BYTES + 1)).is_err());
    }

    #[test]
    fn a_hostile_goal_costs_no_more_than_its_length() {
        let pattern = Pattern::parse("{a} x {b} x {c} x {d} x {e} y").unwrap();
        assert!(pattern.matches(&"x ".repeat(2_000)).is_none());
    }

    proptest! {
        #[test]
        fn whatever_stands_in_the_captures_place_is_captured(city in r"[a-zA-Z0-9(){}\\.*éß-]{1,12}( [a-z]{2,5})?") {
            let goal = normalised(&format!("Weather of {city} today"));
            let found = Pattern::parse("weather of {city} today").unwrap().matches(&goal).unwrap();
            prop_assert_eq!(&found["city"], &city);
        }
    }
}
