//! Reading events.

use goalpost_model::{EventType, Failure, WorkflowId};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use crate::{Error, Json, Store};

/// Outputs are kept once, with what they came out of, and joined here.
const EVENTS: &str = "\
    SELECT e.number, e.at, e.type, t.name AS task, e.attempt, e.worker, e.failure, \
           CASE e.type WHEN 'TASK_SUCCEEDED' THEN t.output \
                       WHEN 'WORKFLOW_SUCCEEDED' THEN w.result \
                       WHEN 'GOAL_SUCCEEDED' THEN g.result END AS output \
    FROM events e \
    LEFT JOIN tasks t ON t.workflow_id = e.workflow_id AND t.ordinal = e.task \
    LEFT JOIN workflows w ON w.id = e.workflow_id AND e.type = 'WORKFLOW_SUCCEEDED' \
    LEFT JOIN goals g ON g.id = e.workflow_id AND e.type = 'GOAL_SUCCEEDED' \
    WHERE e.workflow_id = $1 AND e.number > $2 ORDER BY e.number LIMIT $3";

/// The history's last number, and whether nothing will follow it: its goal has ended, or,
/// if it has none, its workflow.
const LAST_NUMBER: &str = "\
    SELECT h.last_number, \
           coalesce((SELECT g.state NOT IN ('SUBMITTED', 'RUNNING') FROM goals g WHERE g.id = h.id), \
                    (SELECT w.state <> 'RUNNING' FROM workflows w WHERE w.id = h.id), false) \
    FROM histories h WHERE h.id = $1";

/// An event as it is stored.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Its number in its history.
    pub number: i64,
    /// When it became a fact.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventType,
    /// The task's name.
    pub task: Option<String>,
    /// The attempt.
    pub attempt: Option<i32>,
    /// The worker's name.
    pub worker: Option<String>,
    /// Why.
    pub failure: Option<Failure>,
    /// What came out.
    pub output: Option<Value>,
}

/// Up to `limit` events with greater numbers than `after`, in order.
pub async fn events(
    store: &Store,
    id: WorkflowId,
    after: i64,
    limit: i64,
) -> Result<Vec<StoredEvent>, Error> {
    let client = store.client().await?;
    let statement = client.prepare_cached(EVENTS).await?;
    let rows = client.query(&statement, &[&id.0, &after, &limit]).await?;
    rows.iter().map(event).collect()
}

/// The last number of a history, and whether it is complete. `None` if there is no such history.
pub async fn last_number(store: &Store, id: WorkflowId) -> Result<Option<(i64, bool)>, Error> {
    let client = store.client().await?;
    let statement = client.prepare_cached(LAST_NUMBER).await?;
    let row = client.query_opt(&statement, &[&id.0]).await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}

fn event(row: &Row) -> Result<StoredEvent, Error> {
    let kind: &str = row.try_get("type")?;
    let failure: Option<Json> = row.try_get("failure")?;
    let output: Option<Json> = row.try_get("output")?;
    Ok(StoredEvent {
        number: row.try_get("number")?,
        at: row.try_get("at")?,
        kind: kind.parse().map_err(|error| Error::corrupt("an event's type", error))?,
        task: row.try_get("task")?,
        attempt: row.try_get("attempt")?,
        worker: row.try_get("worker")?,
        failure: failure.map(|json| json.parse("a failure")).transpose()?,
        output: output.map(|json| json.parse("an output")).transpose()?,
    })
}
