//! Who holds a key that somebody waits for.

use std::collections::HashMap;

use goalpost_model::WorkflowId;
use tokio_postgres::Row;

use crate::connection::Queries as _;
use crate::{Error, Store};

/// The holders of each key that a task of the workflow waits for, the first of them by name.
const USE: &str = "\
    SELECT w.task, w.name, w.most, h.held, h.workflow_id, h.task_name, \
           (SELECT count(*) FROM concurrency_keys b WHERE b.name = w.name AND b.granted_at IS NULL AND b.asked < w.asked) \
    FROM concurrency_keys w CROSS JOIN LATERAL ( \
        SELECT count(*) AS held, (array_agg(k.workflow_id ORDER BY k.granted_at))[1] AS workflow_id, \
               (array_agg(t.name ORDER BY k.granted_at))[1] AS task_name \
        FROM concurrency_keys k LEFT JOIN tasks t ON t.workflow_id = k.workflow_id AND t.ordinal = k.task \
        WHERE k.name = w.name AND k.granted_at IS NOT NULL \
    ) h WHERE w.workflow_id = $1 AND w.granted_at IS NULL";

/// A key that a task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// Its name.
    pub name: String,
    /// How many may hold it at once.
    pub most: u32,
    /// How many hold it.
    pub held: u32,
    /// Who has held it for the longest time: workflow and task.
    pub holder: Option<(WorkflowId, String)>,
    /// How many have waited for longer.
    pub before: u32,
}

/// The keys that tasks of the workflow wait for, by ordinal.
pub async fn use_of_keys(store: &Store, id: WorkflowId) -> Result<HashMap<usize, KeyUse>, Error> {
    let rows = store.client().await?.query(USE, &[&id.0]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<(usize, KeyUse), Error> {
    let task: i32 = row.try_get(0)?;
    let most: i32 = row.try_get(2)?;
    let holder = row.try_get::<_, Option<_>>(4)?.zip(row.try_get::<_, Option<String>>(5)?);
    let key = KeyUse {
        name: bare(row.try_get(1)?).to_owned(),
        most: number(most.into())?,
        held: number(row.try_get(3)?)?,
        holder: holder.map(|(workflow, task)| (WorkflowId(workflow), task)),
        before: number(row.try_get(6)?)?,
    };
    Ok((task.try_into().map_err(|error| Error::corrupt("a count", error))?, key))
}

fn number(number: i64) -> Result<u32, Error> {
    number.try_into().map_err(|error| Error::corrupt("a count", error))
}

/// The name without the namespace before it, in which there is no slash.
pub(crate) fn bare(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, bare)| bare)
}
