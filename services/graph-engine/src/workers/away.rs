//! Sending workers to another engine.

use crate::shared::Shared;

/// Sends the workers away whenever the engine is not registered any more: it gives out nothing, what
/// it answers for counts as a dead engine's, and their results may have a long way to the store.
pub(crate) async fn send_away_unregistered(shared: Shared) {
    let watch = async {
        loop {
            shared.registration.held().await;
            shared.registration.lost().await;
            tracing::warn!("the engine is not registered any more; its workers are sent to another one");
            shared.sessions.send_away("the engine has lost its database");
        }
    };
    shared.drain.stop.run_until_cancelled(watch).await;
}
