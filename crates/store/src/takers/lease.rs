//! The life of one taker, seen from itself.

use tokio::task::JoinHandle;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::takers::lock_key;
use crate::{Error, Store};

const LOCK: &str = "SELECT pg_advisory_lock($1)";

const REGISTER: &str = "\
    INSERT INTO takers (id, kind) VALUES ($1, $2) \
    ON CONFLICT (id) DO UPDATE SET registered_at = now(), dead_at = NULL";

/// A registered taker. It counts as alive as long as this connection lives.
pub struct Lease {
    // The session that holds the lock.
    _client: Client,
    connection: JoinHandle<()>,
}

impl Lease {
    /// Registers the taker, or registers it again after its connection was lost. `kind` is the
    /// name of its service.
    pub async fn acquire(store: &Store, taker: Uuid, kind: &str) -> Result<Self, Error> {
        let (client, connection) = store.dedicated().await?;
        let connection = tokio::spawn(async move {
            // However it ends, the lock is gone with it.
            let _ = connection.await;
        });
        // Locked first: whoever hears of the taker must not get the lock before it.
        client.execute(LOCK, &[&lock_key(taker)]).await?;
        client.execute(REGISTER, &[&taker, &kind]).await?;
        Ok(Self { _client: client, connection })
    }

    /// Returns when the connection is lost, and with it the lock.
    pub async fn lost(&mut self) {
        let _ = (&mut self.connection).await;
    }
}
