//! Mending what can be mended safely.

use goalpost_model::WorkflowId;

use crate::connection::Queries as _;
use crate::{Error, Store};

/// Keys that are held or waited for in vain, and those that are not handed on.
const NAMES: &str = "\
    SELECT ARRAY( \
        SELECT k.name FROM orphaned_keys k WHERE $1::uuid IS NULL OR k.workflow_id = $1 \
        UNION SELECT k.name FROM idle_keys k WHERE $1::uuid IS NULL OR k.workflow_id = $1)";

const LOCK: &str = "SELECT lock_keys($1)";

const FREE: &str = "DELETE FROM concurrency_keys k USING orphaned_keys o \
    WHERE k.workflow_id = o.workflow_id AND k.task = o.task AND k.name = ANY ($1)";

const GRANT: &str = "SELECT grant_keys($1)";

/// Takes keys back from tasks whose work is done, and hands on those that nobody has.
pub async fn hand_on(store: &Store, only: Option<WorkflowId>) -> Result<(), Error> {
    let mut client = store.client().await?;
    let names: Vec<String> = client.query_one(NAMES, &[&only.map(|id| id.0)]).await?.try_get(0)?;
    let transaction = client.begin().await?;
    transaction.execute(LOCK, &[&names]).await?;
    transaction.execute(FREE, &[&names]).await?;
    transaction.execute(GRANT, &[&names]).await?;
    transaction.commit().await
}
