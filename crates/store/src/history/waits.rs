//! Since when attempts wait for a worker.

use std::collections::HashMap;

use goalpost_model::{AttemptRef, WorkflowId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Store};

/// The event that made them ready is the last one of such tasks.
const SINCE: &str = "\
    SELECT w.workflow, w.ordinal, t.attempt, e.at \
    FROM unnest($1::uuid[], $2::int[]) AS w (workflow, ordinal) \
    JOIN tasks t ON t.workflow_id = w.workflow AND t.ordinal = w.ordinal AND t.state = 'READY' \
    JOIN events e ON e.workflow_id = t.workflow_id AND e.number = t.event";

/// Since when each of the attempts waits; one that does not wait (any more) is left out.
pub async fn ready_since(
    store: &Store,
    attempts: &[AttemptRef],
) -> Result<HashMap<AttemptRef, Timestamp>, Error> {
    if attempts.is_empty() {
        return Ok(HashMap::new());
    }
    let workflows: Vec<Uuid> = attempts.iter().map(|attempt| attempt.workflow.0).collect();
    let ordinals: Vec<i32> =
        attempts.iter().map(|attempt| i32::try_from(attempt.task).unwrap_or(-1)).collect();
    let rows = store.client().await?.query(SINCE, &[&workflows, &ordinals]).await?;
    let since = |row: &tokio_postgres::Row| {
        let (workflow, task): (Uuid, i32) = (row.try_get(0)?, row.try_get(1)?);
        let attempt: i32 = row.try_get(2)?;
        let (task, attempt) = (task.unsigned_abs(), attempt.unsigned_abs());
        Ok((AttemptRef { workflow: WorkflowId(workflow), task, attempt }, row.try_get(3)?))
    };
    rows.iter().map(since).collect()
}
