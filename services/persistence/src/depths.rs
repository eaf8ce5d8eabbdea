//! How much waits on the lists, for those who read the metrics.

use goalpost_queue::Queue;
use goalpost_service::{describe, metrics as service_metrics};

/// From now on whoever reads the metrics finds `goalpost_queue_depth` and `goalpost_queue_lanes` of
/// each list.
pub(crate) fn report(queue: Queue) {
    service_metrics::on_read(move || record(queue.clone()));
}

async fn record(queue: Queue) {
    match queue.depths().await {
        Ok(depths) => {
            for (list, depth) in depths {
                let list = list.to_string();
                metrics::gauge!("goalpost_queue_lanes", "list" => list.clone()).set(depth.lanes as f64);
                metrics::gauge!("goalpost_queue_depth", "list" => list).set(depth.elements as f64);
            }
        }
        Err(error) => tracing::debug!(error = describe(&error), "the depths of the lists are not known"),
    }
}
