//! Stored blueprints.

use std::collections::HashMap;

use goalpost_model::{Blueprint, Digest, WorkflowId};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::workflows::load::digest;
use crate::{Error, Json, Store};

const SELECT_BLUEPRINT: &str = "SELECT body FROM blueprints WHERE digest = $1";

const SELECT_DIGESTS: &str = "SELECT id, blueprint_digest FROM workflows WHERE id = ANY ($1)";

/// The digests of the blueprints that these workflows run.
pub async fn digests(store: &Store, ids: &[WorkflowId]) -> Result<HashMap<WorkflowId, Digest>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = store.client().await?.query(SELECT_DIGESTS, &[&ids]).await?;
    rows.iter().map(|row| Ok((WorkflowId(row.try_get(0)?), digest(row.try_get(1)?)?))).collect()
}

/// The blueprint with this digest, if it is stored.
pub async fn blueprint(store: &Store, digest: Digest) -> Result<Option<Blueprint>, Error> {
    let client = store.client().await?;
    let row = client.query_opt(SELECT_BLUEPRINT, &[&digest.0.as_slice()]).await?;
    row.map(|row| row.try_get::<_, Json>(0)?.parse("a blueprint")).transpose()
}
