//! Rows of the outbox as elements of lists.

use goalpost_queue::Element;
use goalpost_store::outbox::Delivery;

/// The elements. A row of a list that this version does not know is left out.
pub(crate) fn of(deliveries: &[Delivery]) -> Vec<Element> {
    deliveries.iter().filter_map(element).collect()
}

fn element(delivery: &Delivery) -> Option<Element> {
    let list = delivery.list.parse();
    let list = list.inspect_err(|error| tracing::error!(%error, "the outbox names an unknown list")).ok()?;
    let lane = delivery.lane.parse().unwrap_or_else(|error| {
        tracing::error!(%error, "the outbox names an unknown lane");
        Default::default()
    });
    Some(Element { list, lane, text: delivery.element.clone() })
}
