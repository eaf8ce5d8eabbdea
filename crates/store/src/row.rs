//! What several statements answer with.

use goalpost_model::{AttemptRef, Digest, Lane, WorkflowId};
use tokio_postgres::Row;
use tokio_postgres::row::RowIndex;

use crate::Error;

/// The attempt in the first three columns: workflow, task and number.
pub(crate) fn attempt(row: &Row) -> Result<AttemptRef, Error> {
    let count = |place| -> Result<u32, Error> {
        row.try_get::<_, i32>(place)?.try_into().map_err(|error| Error::corrupt("a count", error))
    };
    Ok(AttemptRef { workflow: WorkflowId(row.try_get(0)?), task: count(1)?, attempt: count(2)? })
}

/// The digest of these bytes.
pub(crate) fn digest(bytes: &[u8]) -> Result<Digest, Error> {
    bytes.try_into().map(Digest).map_err(|error| Error::corrupt("a digest", error))
}

/// The lane in this column.
pub(crate) fn lane(row: &Row, column: impl RowIndex + std::fmt::Display) -> Result<Lane, Error> {
    row.try_get::<_, &str>(column)?.parse().map_err(|error| Error::corrupt("a lane", error))
}
