//! Reading a history page by page.

use goalpost_model::{EventType, Failure, WorkflowId};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use crate::connection::Queries as _;
use crate::goals::StoredDecision;
use crate::row::digest;
use crate::{Error, Json, Store};

/// Bytes of outputs after which a page ends; one event is always in it. A page has to fit into
/// a message and into memory.
const PAGE_BYTES: i64 = 1 << 20;

/// The state of the history and a page of its events, as of one moment; a row without an event if
/// there is none. Complete is a history that nothing will follow: its goal has ended, or, if it has
/// none, its workflow. Outputs are kept once, with what they came out of, and joined here.
const PAGE: &str = "\
    SELECT h.last_number, \
           coalesce((SELECT NOT is_open_goal(g.state) FROM goals g WHERE g.id = h.id), \
                    (SELECT NOT is_open(w.state) FROM workflows w WHERE w.id = h.id), false) AS is_complete, \
           e.number, e.at, e.type, e.task, e.attempt, e.worker, e.failure, e.output, e.signal, \
           e.verdict, e.decided_by, e.reason, e.decided_at, e.digest, e.approval \
    FROM histories h LEFT JOIN LATERAL ( \
        SELECT *, sum(bytes) OVER (ORDER BY number) - bytes AS bytes_before FROM ( \
            SELECT *, coalesce(octet_length(output::text), 0) AS bytes FROM ( \
                SELECT e.number, e.at, e.type, t.name AS task, e.attempt, e.worker, e.failure, s.name AS signal, \
                       d.verdict, d.decided_by, d.reason, d.at AS decided_at, d.blueprint_digest AS digest, d.approval, \
                       CASE e.type WHEN 'TASK_SUCCEEDED' THEN t.output \
                                   WHEN 'SIGNAL_RECEIVED' THEN s.payload \
                                   WHEN 'WORKFLOW_SUCCEEDED' THEN w.result \
                                   WHEN 'GOAL_SUCCEEDED' THEN g.result END AS output \
                FROM events e \
                LEFT JOIN tasks t ON t.workflow_id = e.workflow_id AND t.ordinal = e.task \
                LEFT JOIN signals s ON s.workflow_id = e.workflow_id AND s.event = e.number AND e.type = 'SIGNAL_RECEIVED' \
                LEFT JOIN workflows w ON w.id = e.workflow_id AND e.type = 'WORKFLOW_SUCCEEDED' \
                LEFT JOIN goals g ON g.id = e.workflow_id AND e.type = 'GOAL_SUCCEEDED' \
                LEFT JOIN LATERAL ( \
                    SELECT * FROM decisions d WHERE d.goal_id = e.workflow_id AND CASE \
                        WHEN e.type = 'DECISION_MADE' THEN d.number = e.decision \
                        WHEN e.type = 'GOAL_PLANNED' THEN d.verdict = 'plan' \
                        WHEN e.type = 'GOAL_FAILED' THEN d.verdict IN ('give_up', 'refuse') \
                        WHEN e.type = 'GOAL_CANCELLED' THEN d.verdict = 'cancel' \
                        WHEN e.type = 'GOAL_AWAITING_APPROVAL' THEN d.verdict = 'plan' END \
                    ORDER BY d.number DESC LIMIT 1 \
                ) d ON e.type LIKE 'GOAL%' OR e.type = 'DECISION_MADE' \
                WHERE e.workflow_id = h.id AND e.number > $2 ORDER BY e.number LIMIT $3 \
            ) found \
        ) measured \
    ) e ON e.bytes_before < $4 \
    WHERE h.id = $1 ORDER BY e.number";

/// Some events of a history, and how far it has come.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In the order of their numbers.
    pub events: Vec<StoredEvent>,
    /// The number of the history's last event at that moment.
    pub last_number: i64,
    /// Whether nothing will follow that one.
    pub is_complete: bool,
}

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
    /// The signal's name.
    pub signal: Option<String>,
    /// The verdict that it says, or that it comes of.
    pub decision: Option<StoredDecision>,
}

/// Up to `limit` events with greater numbers than `after`; fewer if their outputs are large. `None`
/// if there is no such history.
pub async fn page(store: &Store, id: WorkflowId, after: i64, limit: i64) -> Result<Option<Page>, Error> {
    let client = store.client().await?;
    let rows = client.query(PAGE, &[&id.0, &after, &limit, &PAGE_BYTES]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (last_number, is_complete) = (first.try_get("last_number")?, first.try_get("is_complete")?);
    let events = rows.iter().filter_map(|row| event(row).transpose()).collect::<Result<_, _>>()?;
    Ok(Some(Page { events, last_number, is_complete }))
}

fn event(row: &Row) -> Result<Option<StoredEvent>, Error> {
    let Some(number) = row.try_get("number")? else { return Ok(None) };
    let kind: &str = row.try_get("type")?;
    let failure: Option<Json> = row.try_get("failure")?;
    let output: Option<Json> = row.try_get("output")?;
    Ok(Some(StoredEvent {
        number,
        at: row.try_get("at")?,
        kind: kind.parse().map_err(|error| Error::corrupt("an event's type", error))?,
        task: row.try_get("task")?,
        attempt: row.try_get("attempt")?,
        worker: row.try_get("worker")?,
        failure: failure.map(|json| json.parse("a failure")).transpose()?,
        output: output.map(|json| json.parse("an output")).transpose()?,
        signal: row.try_get("signal")?,
        decision: decision(row)?,
    }))
}

fn decision(row: &Row) -> Result<Option<StoredDecision>, Error> {
    let Some(verdict) = row.try_get("verdict")? else { return Ok(None) };
    Ok(Some(StoredDecision {
        verdict,
        decided_by: row.try_get("decided_by")?,
        reason: row.try_get("reason")?,
        at: row.try_get("decided_at")?,
        llm_usage: None,
        blueprint_digest: row.try_get::<_, Option<&[u8]>>("digest")?.map(digest).transpose()?,
        approval: row.try_get("approval")?,
    }))
}
