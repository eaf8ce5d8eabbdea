//! Tasks that hold a key and have not begun: somebody has to tell an engine.

use goalpost_model::{AttemptRef, Lane};
use tokio_postgres::Client;

use crate::connection::Queries as _;
use crate::outbox::place;
use crate::row::{attempt, lane};
use crate::workflows::named_columns;
use crate::{Error, Store};

const GRANTED: &str = "\
    SELECT k.workflow_id, k.task, k.attempt, k.lane \
    FROM concurrency_keys k JOIN tasks t ON t.workflow_id = k.workflow_id AND t.ordinal = k.task AND t.waits_for = 'key' \
    WHERE k.granted_at IS NOT NULL AND (k.workflow_id, k.task) > ($1, $2) \
    ORDER BY k.workflow_id, k.task LIMIT $3";

const AMONG: &str = "\
    SELECT k.workflow_id, k.task, k.attempt \
    FROM unnest($1::uuid[], $2::integer[], $3::integer[]) AS n (workflow, task, attempt) \
    JOIN concurrency_keys k ON k.workflow_id = n.workflow AND k.task = n.task AND k.attempt = n.attempt \
    WHERE k.granted_at IS NOT NULL";

/// Up to `limit` of them with their lanes, in the order of workflow and task; those after `after`. Each with its
/// latest attempt, which is over.
pub async fn granted_tasks(
    client: &Client,
    after: Option<AttemptRef>,
    limit: i64,
) -> Result<Vec<(AttemptRef, Lane)>, Error> {
    let (workflow, task) = place(after);
    let rows = client.query(GRANTED, &[&workflow, &task, &limit]).await?;
    rows.iter().map(|row| Ok((attempt(row)?, lane(row, 3)?))).collect()
}

/// Those of the named tasks that hold their key.
pub async fn granted_among(store: &Store, named: &[AttemptRef]) -> Result<Vec<AttemptRef>, Error> {
    let (workflows, tasks, attempts) = named_columns(named);
    let rows = store.client().await?.query(AMONG, &[&workflows, &tasks, &attempts]).await?;
    rows.iter().map(attempt).collect()
}
