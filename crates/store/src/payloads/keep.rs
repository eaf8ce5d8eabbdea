//! Who uses payloads.

use std::collections::BTreeSet;

use goalpost_model::{Namespace, PayloadId, WorkflowId};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Store};

/// Whoever removes a payload is waited for, and then it is not there. In one order, as others lock them.
const KEEP: &str = "\
    INSERT INTO payload_uses (payload_id, workflow_id) \
    SELECT p.id, $1 FROM payloads p \
    WHERE p.id = ANY ($2) AND p.completed_at IS NOT NULL \
      AND p.namespace = coalesce($3, (SELECT split_part(w.lane, ':', 1) FROM workflows w WHERE w.id = $1)) \
    ORDER BY p.id FOR KEY SHARE OF p \
    ON CONFLICT DO NOTHING";

const KEPT: &str = "SELECT payload_id FROM payload_uses WHERE workflow_id = $1 AND payload_id = ANY ($2)";

/// Notes that the workflow uses those of the payloads that are of its namespace; `None`: the workflow is stored,
/// and its namespace known. From now on they stay as long as its history. Answers with those that are not there.
pub async fn keep(
    store: &Store,
    workflow: WorkflowId,
    namespace: Option<&Namespace>,
    payloads: &BTreeSet<PayloadId>,
) -> Result<Vec<PayloadId>, Error> {
    if payloads.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = payloads.iter().map(|id| id.0).collect();
    let client = store.client().await?;
    client.execute(KEEP, &[&workflow.0, &ids, &namespace.map(Namespace::as_str)]).await?;
    let rows = client.query(KEPT, &[&workflow.0, &ids]).await?;
    let kept =
        rows.iter().map(|row| Ok(PayloadId(row.try_get(0)?))).collect::<Result<BTreeSet<_>, Error>>()?;
    Ok(payloads.difference(&kept).copied().collect())
}
