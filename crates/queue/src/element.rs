//! What is on the lists.

use goalpost_model::Lane;

use crate::List;

/// An element, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The list.
    pub list: List,
    /// Its lane on the list.
    pub lane: Lane,
    /// The element itself.
    pub text: String,
}

impl Element {
    /// The element of an entry of a lane.
    pub(crate) fn of_entry(mut entry: String) -> String {
        match entry.find(' ') {
            Some(end) => entry.split_off(end + 1),
            None => entry,
        }
    }
}

/// How much waits on a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Elements in all.
    pub elements: u64,
    /// Lanes that hold any.
    pub lanes: u64,
}

/// What waits on one lane of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneDepth {
    /// The lane.
    pub lane: Lane,
    /// How many elements.
    pub elements: u64,
    /// The element that is served next.
    pub head: String,
}
