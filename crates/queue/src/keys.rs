//! Every key in Redis.

use uuid::Uuid;

use crate::List;

/// Set once in the life of a Redis; its absence says that everything else is gone too.
pub(crate) const EPOCH: &str = "goalpost:epoch";

/// A delivery list.
pub(crate) fn list(list: &List) -> String {
    format!("goalpost:list:{list}")
}

/// What a taker has taken from a list and not yet dealt with.
pub(crate) fn processing(taker: Uuid, list: &List) -> String {
    format!("goalpost:processing:{taker}:{list}")
}

/// The names of the lists that a taker takes from.
pub(crate) fn lists_of(taker: Uuid) -> String {
    format!("goalpost:taker:{taker}")
}

/// What comes before the name of a list in the keys that the scripts put together.
pub(crate) const LIST_PREFIX: &str = "goalpost:list:";

/// What comes before the name of a list in the keys of a taker's processing lists.
pub(crate) fn processing_prefix(taker: Uuid) -> String {
    format!("goalpost:processing:{taker}:")
}
