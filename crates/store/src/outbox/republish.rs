//! Everything that a Redis without memory must be told, from the state itself.

use goalpost_model::{AttemptRef, GoalId, WorkflowId};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::Error;

const READY: &str = "\
    SELECT t.workflow_id, t.ordinal, t.attempt, t.capability \
    FROM workflows w JOIN tasks t ON t.workflow_id = w.id AND t.state = 'READY' \
    WHERE w.state = 'RUNNING' AND (t.workflow_id, t.ordinal) > ($1, $2) \
    ORDER BY t.workflow_id, t.ordinal LIMIT $3";

/// Goals to be planned, and planned ones whose workflow was not begun.
const OPEN_GOALS: &str = "\
    SELECT g.id FROM goals g \
    WHERE g.id > $1 AND (g.state = 'SUBMITTED' \
       OR g.state = 'RUNNING' AND NOT EXISTS (SELECT FROM workflows w WHERE w.id = g.id)) \
    ORDER BY g.id LIMIT $2";

const UNSETTLED: &str = "\
    SELECT g.id FROM goals g JOIN workflows w ON w.id = g.id AND w.state <> 'RUNNING' \
    WHERE g.id > $1 AND g.state = 'RUNNING' ORDER BY g.id LIMIT $2";

/// Attempts that wait for a worker, with their capabilities, in the order of workflow and
/// task; those after `after`.
pub async fn ready_attempts(
    client: &Client,
    after: Option<AttemptRef>,
    limit: i64,
) -> Result<Vec<(AttemptRef, String)>, Error> {
    let workflow = after.map_or(Uuid::nil(), |attempt| attempt.workflow.0);
    let task = after.map_or(-1, |attempt| i32::try_from(attempt.task).unwrap_or(i32::MAX));
    let rows = client.query(READY, &[&workflow, &task, &limit]).await?;
    rows.iter()
        .map(|row| {
            let count = |place| -> Result<u32, Error> {
                row.try_get::<_, i32>(place)?.try_into().map_err(|error| Error::corrupt("a count", error))
            };
            let attempt =
                AttemptRef { workflow: WorkflowId(row.try_get(0)?), task: count(1)?, attempt: count(2)? };
            Ok((attempt, row.try_get(3)?))
        })
        .collect()
}

/// Goals that a decision group has to act on, in the order of their ids; those after `after`.
pub async fn open_goals(client: &Client, after: Option<GoalId>, limit: i64) -> Result<Vec<GoalId>, Error> {
    goals(client, OPEN_GOALS, after, limit).await
}

/// Goals whose workflow has ended and that have not; those after `after`.
pub async fn unsettled_goals(
    client: &Client,
    after: Option<GoalId>,
    limit: i64,
) -> Result<Vec<GoalId>, Error> {
    goals(client, UNSETTLED, after, limit).await
}

async fn goals(client: &Client, sql: &str, after: Option<GoalId>, limit: i64) -> Result<Vec<GoalId>, Error> {
    let after = after.map_or(Uuid::nil(), |goal| goal.0);
    let rows = client.query(sql, &[&after, &limit]).await?;
    rows.iter().map(|row| Ok(GoalId(row.try_get(0)?))).collect()
}
