//! API keys, as PostgreSQL has them.

use std::sync::Arc;
use std::time::Duration;

use goalpost_access::{HASH_BYTES, Kind, Principal, hash};
use goalpost_store::api_keys::{self, StoredKey};
use goalpost_store::{Error, Store};
use moka::future::Cache;
use tonic::Status;

use super::unknown;
use crate::status;

/// How long it may take until a key that was revoked opens nothing more.
const REMEMBERED: Duration = Duration::from_secs(5);
/// Keys that are remembered at once, those that nobody has among them.
const MANY: u64 = 10_000;

/// Finds who has a key. What was found is remembered for a moment, so that calls do not wait for PostgreSQL.
pub(super) struct Keys {
    store: Store,
    found: Cache<[u8; HASH_BYTES], Option<Arc<Found>>>,
}

struct Found {
    key: StoredKey,
    principal: Arc<Principal>,
}

impl Keys {
    pub(super) fn new(store: Store) -> Self {
        let found = Cache::builder().max_capacity(MANY).time_to_live(REMEMBERED).build();
        Self { store, found }
    }

    /// Whose key it is. Errors: UNAUTHENTICATED; UNAVAILABLE.
    pub(super) async fn owner(&self, key: &str) -> Result<Arc<Principal>, Status> {
        let hash = hash(key);
        let found = self.found.try_get_with(hash, self.look_up(hash)).await;
        let Some(found) = found.map_err(|error: Arc<Error>| status::store(&error))? else {
            return Err(unknown("the API key is none, or was revoked"));
        };
        if found.key.is_expired() {
            return Err(unknown("the API key has expired; have another one made"));
        }
        Ok(Arc::clone(&found.principal))
    }

    async fn look_up(&self, hash: [u8; HASH_BYTES]) -> Result<Option<Arc<Found>>, Error> {
        let Some(key) = api_keys::find(&self.store, &hash).await? else { return Ok(None) };
        // A grant of a later version is none that this one could honour.
        let grants = key.grants.iter().filter_map(|grant| grant.parse().ok()).collect();
        let principal = Arc::new(Principal { kind: Kind::ApiKey, name: key.name.clone(), grants });
        Ok(Some(Arc::new(Found { key, principal })))
    }
}
