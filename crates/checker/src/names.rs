//! What a name may look like, and which name was probably meant.

use std::cell::Cell;

use goalpost_model::limits::MAX_NAME_BYTES;

/// Why this is no name for a task, if it is none.
pub(crate) fn fault_of_task_name(name: &str) -> Option<String> {
    if let Some(fault) = fault_of_length(name) {
        return Some(fault);
    }
    let head = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let tail = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    (!head || !tail)
        .then(|| format!("'{}' is not a letter or underscore, then letters, digits, '_' or '-'", shown(name)))
}

/// Why this is no name for a capability, if it is none. Names of lists are made of it.
pub(crate) fn fault_of_capability_name(name: &str) -> Option<String> {
    if let Some(fault) = fault_of_length(name) {
        return Some(fault);
    }
    let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte));
    (!fits).then(|| {
        format!("'{}' has other characters than letters, digits, '.', '_', '-' and '/'", shown(name))
    })
}

/// Why this is no name for a blueprint, which is only shown to people, if it is none.
pub(crate) fn fault_of_title(name: &str) -> Option<String> {
    fault_of_length(name)
        .or_else(|| name.chars().any(char::is_control).then(|| "the name has a control character".to_owned()))
}

fn fault_of_length(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some("the name is missing".to_owned());
    }
    let bytes = name.len();
    (bytes > MAX_NAME_BYTES).then(|| format!("the name has {bytes} bytes; {MAX_NAME_BYTES} are allowed"))
}

/// A text from outside, short enough for a message. A name within its limit is shown whole.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_NAME_BYTES) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Looks for the name that was probably meant, until it has compared a lot: a blueprint may have
/// thousands of mistakes and thousands of names.
#[derive(Debug)]
pub(crate) struct Suggestions {
    letters_left: Cell<usize>,
}

impl Default for Suggestions {
    fn default() -> Self {
        const MAX_LETTERS: usize = 20_000_000;
        Self { letters_left: Cell::new(MAX_LETTERS) }
    }
}

impl Suggestions {
    /// As [`nearest`]; none any more when too much was compared.
    pub(crate) fn nearest<'a>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let affordable = known.into_iter().take_while(|other| self.pays_for(name, other));
        let found = nearest(name, affordable);
        // Of names that were not all compared, none is known to be the nearest.
        found.filter(|_| self.letters_left.get() > 0)
    }

    fn pays_for(&self, name: &str, other: &str) -> bool {
        let price = if is_comparable(name, other) { name.len() * other.len() } else { 1 };
        let left = self.letters_left.get().saturating_sub(price);
        self.letters_left.set(left);
        left > 0
    }
}

/// The name among `known` that differs least from `name`, if by at most a third of its length.
/// Of equally near ones the first in order of the alphabet.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .filter(|other| is_comparable(name, other))
        .map(|other| (distance(name.as_bytes(), other.as_bytes()), other))
        .filter(|(distance, _)| *distance <= tolerance(name))
        .min()
        .map(|(_, other)| other)
}

fn tolerance(name: &str) -> usize {
    (name.len() / 3).clamp(1, 8)
}

fn is_comparable(name: &str, other: &str) -> bool {
    other.len() <= MAX_NAME_BYTES && other.len().abs_diff(name.len()) <= tolerance(name)
}

/// Levenshtein distance; upper and lower case are one.
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(!a.eq_ignore_ascii_case(b));
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_name_is_an_identifier_that_may_have_dashes() {
        for good in ["a", "_", "fetch-live_2", "A9"] {
            assert_eq!(fault_of_task_name(good), None, "{good}");
        }
        for bad in ["", " ", "9a", "-a", "a b", "a.b", "ä", &"x".repeat(129)] {
            assert!(fault_of_task_name(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn suggestions_end_when_too_much_was_compared() {
        let suggestions = Suggestions::default();
        let name = "n".repeat(MAX_NAME_BYTES);
        let known = format!("{}m", &name[1..]);
        let given = (0..100_000).take_while(|_| suggestions.nearest(&name, [known.as_str()]).is_some());
        assert!((100..10_000).contains(&given.count()));
        assert_eq!(suggestions.nearest("a", ["b"]), None);
    }

    #[test]
    fn the_nearest_name_is_one_that_was_probably_meant() {
        let known = ["weather.fetch", "weather.climatology", "report.write"];
        assert_eq!(nearest("weather.fecth", known), Some("weather.fetch"));
        assert_eq!(nearest("Report.Write", known), Some("report.write"));
        assert_eq!(nearest("email.send", known), None);
    }
}
