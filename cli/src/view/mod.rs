//! What people see.

pub(crate) mod drawing;
pub(crate) mod events;
pub(crate) mod goal;
pub(crate) mod live;

/// The last part of an enum's name in the API, in lower case: `GOAL_STATE_RUNNING` -> `running`.
pub(crate) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase().replace('_', " ")
}

/// A text in at most `width` characters.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    let line = text.replace('\n', " ");
    if line.chars().count() <= width {
        return line;
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
