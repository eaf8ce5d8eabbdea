//! Every key in Redis.

use goalpost_model::Lane;
use uuid::Uuid;

use crate::List;

/// Names the life of this Redis; its absence says that everything else is gone too.
pub(crate) const EPOCH: &str = "goalpost:epoch";

/// The epoch that was told of everything undelivered.
pub(crate) const TOLD: &str = "goalpost:epoch:told";

/// What comes before the name of a list in the key of its turns.
pub(crate) const TURNS_PREFIX: &str = "goalpost:turns:";

/// What comes before `lane:list` in the key of a lane.
pub(crate) const LANE_PREFIX: &str = "goalpost:lane:";

/// The names of all lists that anything was put on.
pub(crate) const LISTS: &str = "goalpost:lists";

/// What the connections of all takers are called, before the taker's id.
pub(crate) const CONNECTION_PREFIX: &str = "goalpost:taker:";

/// What comes before `taker:list` in the key of what a taker has taken.
pub(crate) const PROCESSING_PREFIX: &str = "goalpost:processing:";

/// A lane of a list.
pub(crate) fn lane(list: &List, lane: &Lane) -> String {
    format!("{LANE_PREFIX}{}:{list}", lane.as_str())
}

/// The turns of a list's lanes.
pub(crate) fn turns(list: &List) -> String {
    format!("{TURNS_PREFIX}{list}")
}

/// What a taker has taken from a list and not yet dealt with.
pub(crate) fn processing(taker: Uuid, list: &List) -> String {
    format!("{}{list}", processing_prefix(taker))
}

/// What comes before the name of a list in the keys of a taker's processing lists.
pub(crate) fn processing_prefix(taker: Uuid) -> String {
    format!("{PROCESSING_PREFIX}{taker}:")
}

/// The lists that a taker takes from, each with the connection that it takes through.
pub(crate) fn lists_of(taker: Uuid) -> String {
    format!("goalpost:taker:{taker}")
}

/// Says that a taker is retired: what it takes would be lost.
pub(crate) fn retired(taker: Uuid) -> String {
    format!("goalpost:retired:{taker}")
}

/// What a taker's connections are called.
pub(crate) fn connection(taker: Uuid) -> String {
    format!("{CONNECTION_PREFIX}{taker}")
}
