//! The pool of connections.

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Pool, QueueMode, RecycleError, RecycleResult};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::Error;
use crate::connection::statements::Statements;
use crate::connector::Connector;
use crate::settings::Pooler;
use crate::store::BY_KEY;

/// How long a call waits for a free connection of the pool.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes the pool's connections. Each attempt is bounded by the connector.
pub(crate) struct Manager {
    connector: Arc<Connector>,
    pooler: Pooler,
}

/// A connection of the pool.
pub(crate) struct Pooled {
    pub(crate) client: Client,
    pub(crate) statements: Arc<Statements>,
    driver: JoinHandle<()>,
}

/// A pool of at most `size` connections.
pub(crate) fn pool(connector: Arc<Connector>, pooler: Pooler, size: usize) -> Result<Pool<Manager>, Error> {
    Pool::builder(Manager { connector, pooler })
        .max_size(size)
        // The one used last has its caches warm; the others rest.
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT_TIMEOUT))
        .build()
        .map_err(|error| Error::Config(Box::new(error)))
}

impl managed::Manager for Manager {
    type Type = Pooled;
    type Error = Error;

    async fn create(&self) -> Result<Pooled, Error> {
        let (client, connection) = self.connector.connect().await?;
        let driver = tokio::spawn(async move {
            // Whoever uses the connection is told.
            let _ = connection.await;
        });
        let pooled = Pooled { client, statements: Arc::new(Statements::new(self.pooler)), driver };
        if self.pooler == Pooler::None {
            pooled.client.batch_execute(BY_KEY).await?;
        }
        Ok(pooled)
    }

    /// A connection is handed out without a query of its own.
    async fn recycle(&self, pooled: &mut Pooled, _: &Metrics) -> RecycleResult<Error> {
        if pooled.client.is_closed() || !pooled.statements.is_fit() {
            return Err(RecycleError::message("the connection is lost, or its server takes no writes"));
        }
        Ok(())
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
