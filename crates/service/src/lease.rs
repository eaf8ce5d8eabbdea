//! The registration of a process that takes from lists.

use goalpost_queue::Queue;
use goalpost_store::Store;
use goalpost_store::takers::Lease;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backoff::until_ok;
use crate::health::Health;

/// The part of a process's health that says that it is connected to its stores.
pub const STORES: &str = "PostgreSQL and Redis";

/// Keeps the taker registered until `stop`: connects, notices when the connection is lost, and
/// connects again under the same id. `registered` is cancelled at the first time. The health
/// part [`STORES`] follows.
pub async fn hold(
    store: Store,
    queue: Queue,
    taker: Uuid,
    kind: &'static str,
    health: Health,
    registered: CancellationToken,
    stop: CancellationToken,
) {
    loop {
        let acquired = until_ok("PostgreSQL", &stop, || Lease::acquire(&store, taker, kind)).await;
        let Some(mut lease) = acquired else { return };
        if until_ok("Redis", &stop, || queue.ping()).await.is_none() {
            return;
        }
        registered.cancel();
        health.set(STORES, true).await;
        tokio::select! {
            () = lease.lost() => health.set(STORES, false).await,
            () = stop.cancelled() => return,
        }
    }
}
