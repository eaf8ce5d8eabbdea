//! What workers offer, engine by engine.

use std::collections::{BTreeSet, HashSet};

use uuid::Uuid;

use crate::connection::Queries as _;
use crate::takers::ToldWorker;
use crate::{Error, Json, Store};

const TELL: &str = "UPDATE takers SET offers = $2, workers = $3 WHERE id = $1";

const OFFERED: &str = "\
    SELECT DISTINCT o.capability FROM takers k, unnest(k.offers) AS o (capability) \
    WHERE k.dead_at IS NULL AND o.capability = ANY ($1)";

/// Says who the workers at this engine are, in the place of what was said before.
pub async fn tell_workers(store: &Store, engine: Uuid, workers: &[ToldWorker]) -> Result<(), Error> {
    let offers: BTreeSet<&str> =
        workers.iter().flat_map(|worker| worker.capabilities.iter().map(String::as_str)).collect();
    let offers: Vec<&str> = offers.into_iter().collect();
    store.client().await?.execute(TELL, &[&engine, &offers, &Json::of(workers)]).await?;
    Ok(())
}

/// Those of the capabilities that a worker at an engine which lives offers.
pub async fn offered(store: &Store, capabilities: &[&str]) -> Result<HashSet<String>, Error> {
    let capabilities = capabilities.to_vec();
    let rows = store.client().await?.query(OFFERED, &[&capabilities]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
