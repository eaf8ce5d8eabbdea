//! Workers and queues for people.

use goalpost_client::v1::{ConnectedWorker, Queue};

use super::{aligned, at, table, word};

/// Workers, a line each.
pub(crate) fn workers(workers: &[ConnectedWorker]) -> String {
    let mut table = table(["NAME", "STATE", "BUSY", "SINCE", "SESSION", "CAPABILITIES"]);
    for worker in workers {
        let state = word(worker.state().as_str_name(), "WORKER_STATE_");
        let busy = format!("{}/{}", worker.in_flight, worker.max_concurrency);
        let since = at(worker.connected_at.as_ref());
        let capabilities = worker.capabilities.join(" ");
        table.add_row([&worker.name, &state, &busy, &since, &worker.session_id, &capabilities]);
    }
    aligned(&table)
}

/// Queues, a line each, and one for each lane if there are several.
pub(crate) fn queues(queues: &[Queue]) -> String {
    let mut table = table(["QUEUE", "WAITING", "OLDEST", "WORKERS"]);
    for queue in queues {
        let workers = match queue.capability.as_str() {
            "" => String::new(),
            _ => queue.workers.to_string(),
        };
        table.add_row([&queue.name, &queue.waiting.to_string(), &at(queue.oldest_at.as_ref()), &workers]);
        for lane in queue.lanes.iter().filter(|_| queue.lanes.len() > 1) {
            let priority = word(lane.priority().as_str_name(), "PRIORITY_");
            let name = format!("  {}, {priority}", lane.namespace);
            table.add_row([&name, &lane.waiting.to_string(), &at(lane.oldest_at.as_ref()), ""]);
        }
    }
    aligned(&table)
}
