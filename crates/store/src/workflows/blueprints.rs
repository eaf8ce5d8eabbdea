//! Stored blueprints.

use std::collections::HashMap;

use goalpost_model::{Blueprint, Digest, WorkflowId};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::row::digest;
use crate::{Error, Json, Store};

const SELECT_BLUEPRINT: &str = "SELECT body FROM blueprints WHERE digest = $1";

/// Of the tasks named `$1`, `$2` those whose graphs came up; and what the workflows run, as if no task had it.
const SELECT_DIGESTS: &str = "\
    SELECT t.workflow_id, t.name, t.body_digest FROM unnest($1::uuid[], $2::text[]) AS o (workflow, name) \
    JOIN tasks t ON t.workflow_id = o.workflow AND t.name = o.name WHERE t.body_digest IS NOT NULL \
    UNION ALL SELECT id, '', blueprint_digest FROM workflows WHERE id = ANY ($3)";

/// The digests of the blueprints that these workflows run, under no name, and of those whose graphs came up inside
/// of these tasks, under their names.
pub async fn digests(
    store: &Store,
    workflows: &[WorkflowId],
    owners: &[(WorkflowId, &str)],
) -> Result<HashMap<(WorkflowId, String), Digest>, Error> {
    let ids: Vec<Uuid> = workflows.iter().map(|id| id.0).collect();
    let (inside_of, names): (Vec<Uuid>, Vec<&str>) = owners.iter().map(|(id, name)| (id.0, *name)).unzip();
    let rows = store.client().await?.query(SELECT_DIGESTS, &[&inside_of, &names, &ids]).await?;
    rows.iter()
        .map(|row| Ok(((WorkflowId(row.try_get(0)?), row.try_get(1)?), digest(row.try_get(2)?)?)))
        .collect()
}

/// The blueprint with this digest, if it is stored.
pub async fn blueprint(store: &Store, digest: Digest) -> Result<Option<Blueprint>, Error> {
    let client = store.client().await?;
    let row = client.query_opt(SELECT_BLUEPRINT, &[&digest.0.as_slice()]).await?;
    row.map(|row| row.try_get::<_, Json>(0)?.parse("a blueprint")).transpose()
}
