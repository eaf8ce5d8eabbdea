//! Cancelling goals.

use goalpost_model::{Failure, GoalId, GoalState};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Json, Store};

/// A goal that was not planned or not approved yet ends here. For one that runs the wish is noted: its workflow
/// may not exist yet, and whoever begins it looks for the wish afterwards.
const REQUEST: &str = "\
    UPDATE goals g SET \
        cancel_reason = coalesce(g.cancel_reason, $2), \
        failure = CASE WHEN g.state <> 'RUNNING' THEN $3::json ELSE g.failure END, \
        ended_at = CASE WHEN g.state <> 'RUNNING' THEN clock_timestamp() ELSE g.ended_at END, \
        state = CASE WHEN g.state <> 'RUNNING' THEN 'CANCELLED' ELSE g.state END \
    FROM (SELECT id, cancel_reason FROM goals WHERE id = $1 FOR NO KEY UPDATE) was \
    WHERE g.id = was.id AND is_open_goal(g.state) \
    RETURNING g.state, was.cancel_reason IS NULL";

const DECIDE: &str =
    "INSERT INTO decisions (goal_id, verdict, decided_by, reason) VALUES ($1, 'cancel', 'caller', $2)";

const UNWANTED: &str = "SELECT id, cancel_reason, traceparent FROM goals WHERE id = ANY ($1) AND cancel_reason IS NOT NULL AND state = 'RUNNING'";

/// A running goal that shall be cancelled.
#[derive(Clone, Debug)]
pub struct Unwanted {
    /// The goal.
    pub id: GoalId,
    /// Why.
    pub reason: String,
    /// W3C trace context of its submission.
    pub traceparent: Option<String>,
}

/// Cancels the goal or notes the wish. Answers with the goal's state then; `None` if it is not
/// there or has ended.
pub async fn request_cancel(store: &Store, id: GoalId, reason: &str) -> Result<Option<GoalState>, Error> {
    let failure = Json::of(&Failure::new(Failure::CANCELLED, reason));
    let mut client = store.client().await?;
    let transaction = client.begin().await?;
    let row = transaction.query_opt(REQUEST, &[&id.0, &reason, &failure]).await?;
    let Some(row) = row else { return Ok(None) };
    // Asked twice it is one decision; asked again after a retry it is another one.
    if row.try_get(1)? {
        transaction.execute(DECIDE, &[&id.0, &reason]).await?;
    }
    transaction.commit().await?;
    let state: &str = row.try_get(0)?;
    state.parse().map(Some).map_err(|error| Error::corrupt("a state", error))
}

/// Those of the running goals that shall be cancelled.
pub async fn unwanted(store: &Store, ids: &[GoalId]) -> Result<Vec<Unwanted>, Error> {
    let client = store.client().await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = client.query(UNWANTED, &[&ids]).await?;
    let read = |row: &Row| {
        Ok(Unwanted { id: GoalId(row.try_get(0)?), reason: row.try_get(1)?, traceparent: row.try_get(2)? })
    };
    rows.iter().map(read).collect()
}
