//! The registration of a process that takes from lists.
//!
//! What a process has taken is given back when it dies; so it may take only while somebody would
//! notice its death. That is so while it holds its lock: it takes from the moment that it is
//! registered to the moment that the lock is lost, and again once it has it back.

use goalpost_queue::Queue;
use goalpost_store::Store;
use goalpost_store::takers::Lease;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backoff::until_ok;
use crate::describe;
use crate::health::Health;

/// The part of a process's health that says that it is connected to its stores.
pub const STORES: &str = "PostgreSQL and Redis";

/// Who takes.
#[derive(Clone, Debug)]
pub struct Taker {
    /// Its id, a fresh one at each start of the process.
    pub id: Uuid,
    /// The name of its service.
    pub kind: &'static str,
}

/// Whether the process is registered. Cheap to clone; clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Registration(watch::Sender<bool>);

impl Registration {
    /// Whether it may take now.
    pub fn is_held(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it may take.
    pub async fn held(&self) {
        self.becomes(true).await;
    }

    /// Returns when it may not take any more.
    pub async fn lost(&self) {
        self.becomes(false).await;
    }

    async fn becomes(&self, wanted: bool) {
        // The sender lives as long as this.
        let _ = self.0.subscribe().wait_for(|held| *held == wanted).await;
    }

    pub(crate) fn set(&self, is_held: bool) {
        self.0.send_replace(is_held);
    }
}

/// Keeps the taker registered until it leaves: connects, notices when the connection is lost, and
/// connects again under the same id. The health part [`STORES`] follows. To be told to leave once
/// nothing is taken any more: what was taken and not begun is given back then.
pub async fn hold(
    taker: Taker,
    store: Store,
    queue: Queue,
    registration: Registration,
    health: Health,
    leave: CancellationToken,
) {
    let Taker { id, kind } = taker;
    loop {
        // Under the lock: whoever finds a taker dead puts its things in order before it lets it back.
        let acquired = until_ok("PostgreSQL", &leave, || Lease::acquire(&store, id, kind)).await;
        let Some(mut lease) = acquired else { return };
        if until_ok("Redis", &leave, || queue.admit(id)).await.is_none() {
            return;
        }
        registration.set(true);
        health.set(STORES, true).await;
        tokio::select! {
            () = lease.lost() => {
                registration.set(false);
                health.set(STORES, false).await;
            }
            () = leave.cancelled() => {
                registration.set(false);
                return say_goodbye(id, lease, &queue).await;
            }
        }
    }
}

/// Without it the taker is found dead a moment later, and the same is done for it.
async fn say_goodbye(taker: Uuid, lease: Lease, queue: &Queue) {
    match queue.retire(taker).await {
        Ok(given_back) => tracing::debug!(given_back, "nothing is taken any more"),
        Err(error) => {
            return tracing::warn!(error = describe(&error), "what was taken is left to be given back");
        }
    }
    if let Err(error) = lease.leave().await {
        tracing::warn!(error = describe(&error), "left without a word");
    }
}
