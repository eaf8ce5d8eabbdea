//! A session that holds advisory locks, or waits for one.

use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::{Error, Store};

/// A session that waits for a lock notices that its client has gone, which it would not before it
/// got the lock. The server looks by itself: no statement.
const NOTICE: &str = "SET client_connection_check_interval = 5000";

const LOCK: &str = "SELECT pg_advisory_lock($1)";

/// A session outside the pool. Its locks end with it.
pub(crate) struct Session {
    pub(crate) client: Client,
    connection: JoinHandle<()>,
}

impl Session {
    pub(crate) async fn open(store: &Store) -> Result<Self, Error> {
        let (client, connection) = store.dedicated().await?;
        let connection = tokio::spawn(async move {
            // However it ends, the locks are gone with it.
            let _ = connection.await;
        });
        // A silent partition ends the session after some seconds, and with it its locks.
        client.batch_execute(&store.patience_of_server()).await?;
        client.batch_execute(NOTICE).await?;
        Ok(Self { client, connection })
    }

    /// Waits until it has the lock.
    pub(crate) async fn lock(&self, key: i64) -> Result<(), Error> {
        self.client.execute(LOCK, &[&key]).await?;
        Ok(())
    }

    /// Returns when the session is lost, and with it its locks.
    pub(crate) async fn lost(&mut self) {
        let _ = (&mut self.connection).await;
    }
}

impl Drop for Session {
    /// Closes the connection at once. The driver by itself would first wait for the answer to a
    /// lock that nobody waits for any more.
    fn drop(&mut self) {
        self.connection.abort();
    }
}
