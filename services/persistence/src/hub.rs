//! Waking those who watch a history when it grows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use goalpost_model::WorkflowId;
use goalpost_queue::Queue;
use goalpost_service::backoff::until_ok;
use goalpost_service::health::Health;
use goalpost_store::history;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Context;
use crate::hints::EVERYTHING;
use crate::notifications::Notifications;

/// The parts of the service's health.
pub(crate) const POSTGRES: &str = "PostgreSQL";
pub(crate) const REDIS: &str = "Redis";

/// One bell for each history that somebody watches. A bell carries nothing: whoever hears it
/// reads what is new, so a slow watcher costs no memory.
#[derive(Default)]
pub(crate) struct Hub {
    bells: Mutex<HashMap<WorkflowId, watch::Sender<()>>>,
}

/// Somebody who watches a history.
pub(crate) struct Watcher {
    hub: Arc<Hub>,
    id: WorkflowId,
    bell: watch::Receiver<()>,
}

impl Hub {
    /// From now on every growth of the history rings.
    pub(crate) fn watch(self: &Arc<Self>, id: WorkflowId) -> Watcher {
        let bell = self.lock().entry(id).or_insert_with(|| watch::channel(()).0).subscribe();
        Watcher { hub: Arc::clone(self), id, bell }
    }

    fn ring(&self, payload: &str) {
        let bells = self.lock();
        if bells.is_empty() {
            return;
        }
        if payload == EVERYTHING {
            bells.values().for_each(|bell| bell.send_replace(()));
            return;
        }
        for id in payload.split(',').filter_map(|id| id.parse().ok()) {
            if let Some(bell) = bells.get(&id) {
                bell.send_replace(());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkflowId, watch::Sender<()>>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    /// What rang before does not count any more. To be called before the history is read.
    pub(crate) fn arm(&mut self) {
        self.bell.mark_unchanged();
    }

    /// Waits until it rings.
    pub(crate) async fn rung(&mut self) {
        // The hub keeps the other end as long as somebody watches.
        let _ = self.bell.changed().await;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut bells = self.hub.lock();
        // This one still counts.
        if bells.get(&self.id).is_some_and(|bell| bell.receiver_count() <= 1) {
            bells.remove(&self.id);
        }
    }
}

/// Listens for growing histories until `stop`; the service's health follows the connection.
pub(crate) async fn listen(context: Context, health: Health, stop: CancellationToken) {
    loop {
        let listen = || Notifications::listen(&context.store, history::CHANNEL);
        let Some(mut notifications) = until_ok(POSTGRES, &stop, listen).await else { return };
        // What happened while nobody listened.
        context.hub.ring(EVERYTHING);
        health.set(POSTGRES, true).await;
        loop {
            tokio::select! {
                heard = notifications.next() => match heard {
                    Some(heard) => {
                        context.hub.ring(&heard.payload);
                        context.waits.activity();
                    }
                    None => break,
                },
                () = stop.cancelled() => return,
            }
        }
        health.set(POSTGRES, false).await;
    }
}

/// Has the service's health follow Redis, through a connection that is idle.
pub(crate) async fn follow_redis(queue: Queue, health: Health, stop: CancellationToken) {
    loop {
        let Some(mut link) = until_ok(REDIS, &stop, || queue.link()).await else { return };
        health.set(REDIS, true).await;
        tokio::select! {
            () = link.lost() => health.set(REDIS, false).await,
            () = stop.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn a_watcher_hears_of_its_history_alone_and_leaves_nothing_behind() {
        let hub = Arc::new(Hub::default());
        let (mine, other) = (WorkflowId(Uuid::from_u128(1)), WorkflowId(Uuid::from_u128(2)));
        let mut watcher = hub.watch(mine);
        let second = hub.watch(mine);
        watcher.arm();
        hub.ring(&other.to_string());
        assert!(!watcher.bell.has_changed().unwrap());
        hub.ring(&format!("{other},{mine}"));
        watcher.rung().await;
        drop(second);
        hub.ring("*");
        watcher.rung().await;
        drop(watcher);
        assert!(hub.lock().is_empty());
    }
}
