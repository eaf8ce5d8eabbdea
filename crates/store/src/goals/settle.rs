//! The ends of goals.

use goalpost_model::{Failure, GoalId};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Json, Store};

const SETTLE: &str = "SELECT settle_goals($1)";

const FAIL: &str = "\
    UPDATE goals SET state = 'FAILED', failure = $2, ended_at = clock_timestamp() \
    WHERE id = $1 AND state = 'RUNNING' AND NOT EXISTS (SELECT FROM workflows w WHERE w.id = goals.id)";

/// Ends the goals whose workflows have ended, as these did; opens those again whose workflows were
/// retried. Answers with how many.
pub async fn settle(store: &Store, ids: &[GoalId]) -> Result<u64, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let moved: i64 = store.client().await?.query_one(SETTLE, &[&ids]).await?.try_get(0)?;
    Ok(moved.unsigned_abs())
}

/// Fails a planned goal whose workflow cannot be begun.
pub async fn fail(store: &Store, id: GoalId, failure: &Failure) -> Result<(), Error> {
    store.client().await?.execute(FAIL, &[&id.0, &Json::of(failure)]).await?;
    Ok(())
}
