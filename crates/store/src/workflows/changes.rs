//! Reading what has changed of a workflow since somebody knew it.

use futures::future::try_join4;
use goalpost_model::{WorkflowId, WorkflowState};

use crate::connection::Queries as _;
use crate::workflows::StoredWorkflow;
use crate::workflows::load::{SELECT_SIGNALS, SELECT_WORKFLOWS, TASK_COLUMNS, TASKS, assemble};
use crate::{Error, Store};

/// Whether more than its tasks and signals has changed.
const HAS_MOVED: &str = "\
    SELECT EXISTS (SELECT FROM events WHERE workflow_id = $1 AND number > $2 AND task IS NULL AND type <> 'SIGNAL_RECEIVED')";

/// The workflow with those of its tasks that have changed since the event of this number, and with those of
/// `also` that are stored. `None` if it does not run, or has not all the while: then tasks may have changed
/// of which no event tells.
pub async fn load_changes(
    store: &Store,
    id: WorkflowId,
    number: i64,
    also: impl IntoIterator<Item = usize>,
) -> Result<Option<StoredWorkflow>, Error> {
    let ids = vec![id.0];
    // A number that no task has stands for one that is out of range.
    let also: Vec<i32> = also.into_iter().map(|ordinal| ordinal.try_into().unwrap_or(i32::MAX)).collect();
    // Events say which tasks have changed, and are found by their numbers, however many tasks there are.
    let select_tasks = format!(
        "SELECT {TASK_COLUMNS} FROM {TASKS} WHERE workflow_id = $1 AND ordinal = ANY (\
             ARRAY(SELECT task FROM events WHERE workflow_id = $1 AND number > $2 AND task IS NOT NULL) || $3::integer[]) \
         ORDER BY ordinal"
    );
    let mut client = store.client().await?;
    let snapshot = client.snapshot().await?;
    let (workflows, tasks, signals, has_moved) = try_join4(
        snapshot.query(SELECT_WORKFLOWS, &[&ids]),
        snapshot.query(&select_tasks, &[&id.0, &number, &also]),
        snapshot.query(SELECT_SIGNALS, &[&ids]),
        snapshot.query_one(HAS_MOVED, &[&id.0, &number]),
    )
    .await?;
    snapshot.commit().await?;
    if has_moved.try_get(0)? {
        return Ok(None);
    }
    let loaded = assemble(&workflows, &tasks, &signals)?;
    Ok(loaded.into_iter().next().filter(|workflow| workflow.state == WorkflowState::Running))
}
