//! The ends of goals.

use goalpost_model::{Failure, GoalId};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Json, Store};

const SETTLE: &str = "\
    UPDATE goals g SET state = w.state, result = w.result, failure = w.failure, ended_at = clock_timestamp() \
    FROM workflows w WHERE w.id = g.id AND g.id = ANY ($1) AND g.state = 'RUNNING' AND NOT is_open(w.state)";

/// A goal whose workflow was retried.
const REOPEN: &str = "\
    UPDATE goals g SET state = 'RUNNING', result = NULL, failure = NULL, ended_at = NULL, cancel_reason = NULL \
    FROM workflows w WHERE w.id = g.id AND g.id = ANY ($1) AND g.state IN ('FAILED', 'CANCELLED') AND is_open(w.state)";

const FAIL: &str = "\
    UPDATE goals SET state = 'FAILED', failure = $2, ended_at = clock_timestamp() \
    WHERE id = $1 AND state = 'RUNNING' AND NOT EXISTS (SELECT FROM workflows w WHERE w.id = goals.id)";

/// Ends the goals whose workflows have ended, as these did; opens those again whose workflows were
/// retried. Answers with how many.
pub async fn settle(store: &Store, ids: &[GoalId]) -> Result<u64, Error> {
    let client = store.client().await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    Ok(client.execute(SETTLE, &[&ids]).await? + client.execute(REOPEN, &[&ids]).await?)
}

/// Fails a planned goal whose workflow cannot be begun.
pub async fn fail(store: &Store, id: GoalId, failure: &Failure) -> Result<(), Error> {
    store.client().await?.execute(FAIL, &[&id.0, &Json::of(failure)]).await?;
    Ok(())
}
