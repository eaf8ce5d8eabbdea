//! Timers that were delivered and whose transition has not come yet.

use goalpost_model::{Lane, TimerKind, TimerRef, WorkflowId};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::Error;
use crate::row::lane;

const FIRED: &str = "\
    SELECT t.workflow_id, t.task, t.attempt, t.kind, w.lane \
    FROM timers t JOIN workflows w ON w.id = t.workflow_id \
    WHERE t.fired_at IS NOT NULL AND t.kind <> 'approval' AND (t.workflow_id, t.task) > ($1, $2) \
    ORDER BY t.workflow_id, t.task LIMIT $3";

/// Up to `limit` of them with their lanes, in the order of workflow and task; those after `after`.
pub async fn fired_timers(
    client: &Client,
    after: Option<TimerRef>,
    limit: i64,
) -> Result<Vec<(TimerRef, Lane)>, Error> {
    let workflow = after.map_or(Uuid::nil(), |timer| timer.workflow.0);
    let first = TimerKind::WallTime.place_of_workflows() - 1;
    let task = after.map_or(first, |timer| timer.place());
    let task = i32::try_from(task).unwrap_or(i32::MAX);
    let rows = client.query(FIRED, &[&workflow, &task, &limit]).await?;
    rows.iter().map(|row| Ok((timer(row)?, lane(row, 4)?))).collect()
}

fn timer(row: &Row) -> Result<TimerRef, Error> {
    let kind: &str = row.try_get(3)?;
    let attempt: i32 = row.try_get(2)?;
    Ok(TimerRef {
        workflow: WorkflowId(row.try_get(0)?),
        task: u32::try_from(row.try_get::<_, i32>(1)?).ok(),
        attempt: attempt.try_into().map_err(|error| Error::corrupt("an attempt", error))?,
        kind: kind.parse::<TimerKind>().map_err(|error| Error::corrupt("a timer", error))?,
    })
}
