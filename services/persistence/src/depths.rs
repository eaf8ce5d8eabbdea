//! How much waits on the lists, for those who read the metrics.

use goalpost_queue::Queue;
use goalpost_service::{describe, metrics as service_metrics};

/// From now on whoever reads the metrics finds `goalpost_queue_depth` of each list.
pub(crate) fn report(queue: Queue) {
    service_metrics::on_read(move || record(queue.clone()));
}

async fn record(queue: Queue) {
    match queue.depths().await {
        Ok(depths) => {
            for (list, depth) in depths {
                metrics::gauge!("goalpost_queue_depth", "list" => list.to_string()).set(depth as f64);
            }
        }
        Err(error) => tracing::debug!(error = describe(&error), "the depths of the lists are not known"),
    }
}
