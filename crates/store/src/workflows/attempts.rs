//! Attempts seen from those who run them: sessions of workers, and engines.

use goalpost_model::{AttemptRef, EngineId, SessionId, WorkflowId};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::row::attempt;
use crate::{Error, Store};

/// An attempt as a worker names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeldAttempt {
    /// The workflow.
    pub workflow: WorkflowId,
    /// The task's name.
    pub task: String,
    /// The attempt.
    pub attempt: u32,
}

const ADOPT: &str = "SELECT workflow_id, ordinal, attempt, name FROM adopt_attempts($1, $2, $3, $4, $5)";

const UNHELD: &str = "\
    SELECT t.workflow_id, t.ordinal, t.attempt FROM tasks t \
    WHERE t.session_id = $1 AND t.state = 'RUNNING' AND NOT EXISTS (\
        SELECT FROM unnest($2::uuid[], $3::text[], $4::integer[]) AS held (workflow, task, attempt) \
        WHERE t.workflow_id = held.workflow AND t.name = held.task AND t.attempt = held.attempt)";

const STRAYED: &str = "\
    SELECT workflow_id, ordinal, attempt FROM tasks \
    WHERE session_id = $1 AND engine_id <> $2 AND state = 'RUNNING'";

const RUNNING: &str = "\
    SELECT workflow_id, ordinal, attempt FROM tasks \
    WHERE engine_id = $1 AND session_id = $2 AND state = 'RUNNING'";

const ORPHANED: &str = "\
    SELECT t.workflow_id, t.ordinal, t.attempt FROM tasks t \
    JOIN takers k ON k.id = t.engine_id AND k.dead_at IS NOT NULL \
    JOIN unnest($1::uuid[], $2::integer[], $3::integer[]) AS named (workflow, task, attempt) \
      ON t.workflow_id = named.workflow AND t.ordinal = named.task AND t.attempt = named.attempt \
    WHERE t.state = 'RUNNING'";

/// Makes `engine` the one that answers for the attempts that `session` holds, and says
/// which of them still run. The others were ended behind the worker's back.
pub async fn adopt(
    store: &Store,
    engine: EngineId,
    session: SessionId,
    held: &[HeldAttempt],
) -> Result<Vec<(HeldAttempt, AttemptRef)>, Error> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let client = store.client().await?;
    let (workflows, tasks, attempts) = columns(held);
    let rows = client.query(ADOPT, &[&engine.0, &session.0, &workflows, &tasks, &attempts]).await?;
    rows.iter()
        .map(|row| {
            let found = attempt(row)?;
            let AttemptRef { workflow, attempt, .. } = found;
            Ok((HeldAttempt { workflow, task: row.try_get(3)?, attempt }, found))
        })
        .collect()
}

/// Attempts given to `session` that it does not hold: they never reached it.
pub async fn unheld_attempts(
    store: &Store,
    session: SessionId,
    held: &[HeldAttempt],
) -> Result<Vec<AttemptRef>, Error> {
    let client = store.client().await?;
    let (workflows, tasks, attempts) = columns(held);
    let rows = client.query(UNHELD, &[&session.0, &workflows, &tasks, &attempts]).await?;
    rows.iter().map(attempt).collect()
}

/// Attempts given to `session` by other engines, although it is at `engine`, which has adopted what
/// it holds: they never reached it.
pub async fn strayed_attempts(
    store: &Store,
    engine: EngineId,
    session: SessionId,
) -> Result<Vec<AttemptRef>, Error> {
    let client = store.client().await?;
    let rows = client.query(STRAYED, &[&session.0, &engine.0]).await?;
    rows.iter().map(attempt).collect()
}

/// Attempts that `session` runs and `engine` answers for.
pub async fn running_attempts(
    store: &Store,
    engine: EngineId,
    session: SessionId,
) -> Result<Vec<AttemptRef>, Error> {
    let client = store.client().await?;
    let rows = client.query(RUNNING, &[&engine.0, &session.0]).await?;
    rows.iter().map(attempt).collect()
}

/// Those of `named` that still run although the engine that answers for them is dead.
pub async fn orphaned_attempts(store: &Store, named: &[AttemptRef]) -> Result<Vec<AttemptRef>, Error> {
    let client = store.client().await?;
    let (workflows, tasks, attempts) = named_columns(named);
    let rows = client.query(ORPHANED, &[&workflows, &tasks, &attempts]).await?;
    rows.iter().map(attempt).collect()
}

/// Attempts that are named, as columns.
pub(crate) fn named_columns(named: &[AttemptRef]) -> (Vec<Uuid>, Vec<i32>, Vec<i32>) {
    let workflows = named.iter().map(|attempt| attempt.workflow.0).collect();
    let tasks = named.iter().map(|attempt| int(attempt.task)).collect();
    let attempts = named.iter().map(|attempt| int(attempt.attempt)).collect();
    (workflows, tasks, attempts)
}

fn columns(held: &[HeldAttempt]) -> (Vec<Uuid>, Vec<&str>, Vec<i32>) {
    let workflows = held.iter().map(|attempt| attempt.workflow.0).collect();
    let tasks = held.iter().map(|attempt| attempt.task.as_str()).collect();
    let attempts = held.iter().map(|attempt| int(attempt.attempt)).collect();
    (workflows, tasks, attempts)
}

/// A number that no stored attempt has stands for one that is out of range.
pub(crate) fn int(number: u32) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
