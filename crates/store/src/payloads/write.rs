//! From the first part to the last.

use goalpost_model::{Digest, Namespace, PayloadId, WorkflowId};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Store};

const BEGIN: &str = "INSERT INTO payloads (id, namespace, content_type) VALUES ($1, $2, $3)";

const APPEND: &str = "INSERT INTO payload_chunks (payload_id, number, body) VALUES ($1, $2, $3)";

/// Only if every byte is there. The one who wrote it uses it.
const COMPLETE: &str = "\
    WITH whole AS ( \
        UPDATE payloads SET completed_at = now(), bytes = $2, sha256 = $3 \
        WHERE id = $1 AND completed_at IS NULL AND $2 = \
            (SELECT coalesce(sum(octet_length(body)), 0) FROM payload_chunks WHERE payload_id = $1) \
        RETURNING id), \
    used AS (INSERT INTO payload_uses SELECT id, $4::uuid FROM whole WHERE $4::uuid IS NOT NULL) \
    SELECT id FROM whole";

const ABANDON: &str = "DELETE FROM payloads WHERE id = $1 AND completed_at IS NULL";

/// A payload that begins.
#[derive(Clone, Debug)]
pub struct NewPayload {
    /// UUIDv7.
    pub id: PayloadId,
    /// Whose it is.
    pub namespace: Namespace,
    /// What kind of bytes.
    pub content_type: String,
}

/// A payload that is whole.
#[derive(Clone, Copy, Debug)]
pub struct Complete {
    /// Which one.
    pub id: PayloadId,
    /// How many bytes were written.
    pub bytes: u64,
    /// Their digest.
    pub sha256: Digest,
    /// The workflow whose attempt wrote it.
    pub workflow: Option<WorkflowId>,
}

/// Begins a payload, which nobody sees yet.
pub async fn begin(store: &Store, payload: &NewPayload) -> Result<(), Error> {
    let NewPayload { id, namespace, content_type } = payload;
    store.client().await?.execute(BEGIN, &[&id.0, &namespace.as_str(), content_type]).await?;
    Ok(())
}

/// Writes the part with this number, from 0. Errors: the payload was removed.
pub async fn append(store: &Store, id: PayloadId, number: u32, body: &[u8]) -> Result<(), Error> {
    store.client().await?.execute(APPEND, &[&id.0, &place(number), &body]).await?;
    Ok(())
}

/// Lets the payload be seen. False if not all of its bytes are there any more.
pub async fn complete(store: &Store, payload: &Complete) -> Result<bool, Error> {
    let Complete { id, bytes, sha256, workflow } = payload;
    let bytes = i64::try_from(*bytes).unwrap_or(i64::MAX);
    let workflow: Option<Uuid> = workflow.map(|workflow| workflow.0);
    let client = store.client().await?;
    let row = client.query_opt(COMPLETE, &[&id.0, &bytes, &sha256.0.as_slice(), &workflow]).await?;
    Ok(row.is_some())
}

/// Removes a payload that will not be completed.
pub async fn abandon(store: &Store, id: PayloadId) -> Result<(), Error> {
    store.client().await?.execute(ABANDON, &[&id.0]).await?;
    Ok(())
}

/// A number that no stored part has stands for one that is out of range.
pub(super) fn place(number: u32) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
