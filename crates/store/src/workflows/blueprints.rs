//! Stored blueprints.

use goalpost_model::{Blueprint, Digest};

use crate::connection::Queries as _;
use crate::{Error, Json, Store};

const SELECT_BLUEPRINT: &str = "SELECT body FROM blueprints WHERE digest = $1";

/// The blueprint with this digest, if it is stored.
pub async fn blueprint(store: &Store, digest: Digest) -> Result<Option<Blueprint>, Error> {
    let client = store.client().await?;
    let row = client.query_opt(SELECT_BLUEPRINT, &[&digest.0.as_slice()]).await?;
    row.map(|row| row.try_get::<_, Json>(0)?.parse("a blueprint")).transpose()
}
