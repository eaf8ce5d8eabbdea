//! Rows of the outbox as elements of lists.

use goalpost_queue::List;
use goalpost_store::outbox::Delivery;

/// The elements, each with its list. A row of a list that this version does not know is left out.
pub(crate) fn of(deliveries: &[Delivery]) -> Vec<(List, String)> {
    let element = |delivery: &Delivery| match delivery.list.parse() {
        Ok(list) => Some((list, delivery.element.clone())),
        Err(error) => {
            tracing::error!(%error, "the outbox names an unknown list");
            None
        }
    };
    deliveries.iter().filter_map(element).collect()
}
