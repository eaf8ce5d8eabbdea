//! A session that holds advisory locks, or waits for one.

use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::{Error, Store};

/// Bounds of the server's patience with this session: a silent partition ends it after some
/// seconds, and with it its locks; a session that waits for a lock notices that its client has
/// gone, which it would not before it got the lock. The server looks by itself: no statement.
const BOUNDS: &str = "\
    SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
    SET tcp_user_timeout = 15000; SET client_connection_check_interval = 5000";

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
        client.batch_execute(BOUNDS).await?;
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
