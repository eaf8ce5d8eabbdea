//! What people see.

pub(crate) mod approvals;
pub(crate) mod catalog;
pub(crate) mod events;
pub(crate) mod goal;
pub(crate) mod live;
pub(crate) mod rungs;

pub(crate) use goalpost_notation::drawing::shorten;

/// The last part of an enum's name in the API, in lower case: `GOAL_STATE_RUNNING` -> `running`.
pub(crate) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase().replace('_', " ")
}
