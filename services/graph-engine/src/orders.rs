//! Lists that carry orders to engines: attempts to stop, and attempts to fail.

use goalpost_model::AttemptRef;
use goalpost_queue::List;
use goalpost_service::backoff::until_ok;
use goalpost_store::workflows;

use crate::shared::Shared;
use crate::workers;

/// Orders taken at once at most.
const MAX_BATCH: usize = 512;

/// Tells workers of this engine to stop attempts that were cancelled.
pub(crate) async fn take_cancellations(shared: Shared) {
    let mut line = shared.line(List::engine(shared.id));
    while let Some(elements) = line.take(MAX_BATCH).await {
        for attempt in attempts(&elements) {
            shared.sessions.stop_attempt(attempt, "its workflow was cancelled");
        }
        line.done().await;
    }
}

/// Fails attempts of engines that died and whose workers came to no other engine.
pub(crate) async fn take_lost(shared: Shared) {
    let mut line = shared.line(List::lost());
    while let Some(elements) = line.take(MAX_BATCH).await {
        let named: Vec<AttemptRef> = attempts(&elements).collect();
        if !shared.settle_lost(&named).await {
            break;
        }
        line.done().await;
    }
}

impl Shared {
    /// Fails those of the attempts that are still nobody's. False if the engine stops before
    /// that is done; then the list keeps them.
    async fn settle_lost(&self, named: &[AttemptRef]) -> bool {
        let read = || workflows::orphaned_attempts(&self.store, named);
        let Some(orphaned) = until_ok("PostgreSQL", &self.stop, read).await else { return false };
        workers::lose(self, "of an engine that died", &orphaned).await;
        true
    }
}

fn attempts(elements: &[String]) -> impl Iterator<Item = AttemptRef> + '_ {
    elements.iter().filter_map(|element| {
        element
            .parse()
            .inspect_err(|error| tracing::error!(%error, "a list of orders holds something else"))
            .ok()
    })
}
