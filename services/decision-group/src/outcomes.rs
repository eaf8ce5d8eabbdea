//! The ends of workflows become the ends of goals.

use goalpost_model::GoalId;
use goalpost_service::backoff::until_ok;
use goalpost_service::line::Line;
use goalpost_store::goals;
use tokio_util::sync::CancellationToken;

use crate::Context;

const MAX_BATCH: usize = 512;

/// Settles goals whose workflows have ended, until `stop`.
pub(crate) async fn take_outcomes(context: Context, mut line: Line, stop: CancellationToken) {
    while let Some(elements) = line.take(MAX_BATCH).await {
        let ids: Vec<GoalId> = elements.iter().filter_map(|element| element.parse().ok()).collect();
        let settle = || goals::settle(&context.store, &ids);
        // A workflow that serves no goal settles nothing.
        if until_ok("PostgreSQL", &stop, settle).await.is_none() {
            return;
        }
        line.done().await;
    }
}
