//! For whom a worker reads and writes.

use goalpost_model::{AttemptRef, Namespace, SessionId};

use crate::connection::Queries as _;
use crate::payloads::write::place;
use crate::row;
use crate::{Error, Store};

const OF_ATTEMPT: &str = "\
    SELECT lane FROM tasks \
    WHERE workflow_id = $1 AND ordinal = $2 AND attempt = $3 AND session_id = $4 AND state = 'RUNNING'";

/// The namespace of an attempt that runs in the session; `None` if it does not run there.
pub async fn namespace_of_attempt(
    store: &Store,
    session: SessionId,
    attempt: AttemptRef,
) -> Result<Option<Namespace>, Error> {
    let AttemptRef { workflow, task, attempt } = attempt;
    let client = store.client().await?;
    let row = client.query_opt(OF_ATTEMPT, &[&workflow.0, &place(task), &place(attempt), &session.0]).await?;
    row.map(|row| Ok(row::lane(&row, 0)?.parts().0)).transpose()
}
