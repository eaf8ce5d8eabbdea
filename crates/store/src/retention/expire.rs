//! Histories that have ended and are old enough.

use goalpost_model::WorkflowId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::retention::Partition;
use crate::{Error, Store};

/// In the order of their ids, which is that of their times. Nothing of them can change any more.
const EXPIRED: &str = "\
    SELECT h.id FROM histories h LEFT JOIN goals g USING (id) LEFT JOIN workflows w USING (id) \
    WHERE h.id > $1 AND h.id < uuid_at($2) \
      AND coalesce(NOT is_open_goal(g.state), true) AND coalesce(NOT is_open(w.state), true) \
    ORDER BY h.id LIMIT $3";

/// Whether a history of that time has not ended.
const IS_OPEN: &str = "\
    SELECT EXISTS (SELECT FROM goals WHERE id >= uuid_at($1) AND id < uuid_at($2) AND is_open_goal(state)) \
        OR EXISTS (SELECT FROM workflows WHERE id >= uuid_at($1) AND id < uuid_at($2) AND is_open(state))";

/// Decisions go with their goals, and what a language model has said with what it planned.
const REMOVE: &str = "\
    WITH gone AS (SELECT unnest($1::uuid[]) AS id), \
    t AS (DELETE FROM tasks WHERE workflow_id IN (SELECT id FROM gone)), \
    w AS (DELETE FROM workflows WHERE id IN (SELECT id FROM gone)), \
    r AS (DELETE FROM timers WHERE workflow_id IN (SELECT id FROM gone)), \
    s AS (DELETE FROM signals WHERE workflow_id IN (SELECT id FROM gone)), \
    p AS (DELETE FROM plannings WHERE id IN (SELECT id FROM gone)), \
    g AS (DELETE FROM goals WHERE id IN (SELECT id FROM gone)) \
    DELETE FROM histories WHERE id IN (SELECT id FROM gone)";

const REMOVE_EVENTS: &str = "DELETE FROM events WHERE workflow_id = ANY ($1)";

/// Where to look for them.
#[derive(Clone, Copy, Debug)]
pub struct Expired {
    /// The last id that was looked at.
    pub after: Uuid,
    /// Only ids from before this moment.
    pub before: Timestamp,
}

/// Up to `limit` histories that have ended, in the order of their ids.
pub async fn expired(store: &Store, place: Expired, limit: i64) -> Result<Vec<WorkflowId>, Error> {
    let client = store.client().await?;
    let rows = client.query(EXPIRED, &[&place.after, &place.before, &limit]).await?;
    rows.iter().map(|row| Ok(WorkflowId(row.try_get(0)?))).collect()
}

/// Whether a history of the partition has not ended.
pub async fn is_open(store: &Store, partition: &Partition) -> Result<bool, Error> {
    let Partition { from_at, to_at, .. } = partition;
    Ok(store.client().await?.query_one(IS_OPEN, &[from_at, to_at]).await?.try_get(0)?)
}

/// Removes histories that have ended, in one transaction. Their events only if nobody drops their
/// partition afterwards.
pub async fn remove(store: &Store, ids: &[WorkflowId], with_events: bool) -> Result<(), Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut client = store.client().await?;
    let transaction = client.begin().await?;
    transaction.execute(REMOVE, &[&ids]).await?;
    if with_events {
        transaction.execute(REMOVE_EVENTS, &[&ids]).await?;
    }
    transaction.commit().await
}
