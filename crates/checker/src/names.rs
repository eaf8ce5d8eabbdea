//! What a name may look like, and which name was probably meant.

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

/// A text from outside, short enough for a message.
pub(crate) fn shown(text: &str) -> String {
    const MAX_CHARS: usize = 120;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The name among `known` that differs least from `name`, if by at most a third of its length.
/// Of equally near ones the first in order of the alphabet.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.len() / 3).clamp(1, 8);
    known
        .into_iter()
        .filter(|other| other.len() <= MAX_NAME_BYTES && other.len().abs_diff(name.len()) <= limit)
        .map(|other| (distance(name.as_bytes(), other.as_bytes()), other))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, other)| other)
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
    fn the_nearest_name_is_one_that_was_probably_meant() {
        let known = ["weather.fetch", "weather.climatology", "report.write"];
        assert_eq!(nearest("weather.fecth", known), Some("weather.fetch"));
        assert_eq!(nearest("Report.Write", known), Some("report.write"));
        assert_eq!(nearest("email.send", known), None);
    }
}
