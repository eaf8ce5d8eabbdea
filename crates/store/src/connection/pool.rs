//! The pool of connections.

use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{
    ClientWrapper, Connect, Hook, HookError, Manager, ManagerConfig, Metrics, Pool, QueueMode,
    RecyclingMethod, Runtime,
};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};

use crate::Error;
use crate::connector::Connector;
use crate::settings::Pooler;
use crate::store::BY_KEY;

/// How long a call waits for a free connection of the pool.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Since when connections are fit for use: those that are older may lead to a primary of old.
#[derive(Clone, Default)]
pub(crate) struct Fitness(Arc<Mutex<Option<Instant>>>);

impl Fitness {
    /// A server takes no writes any more: whoever was connected before is connected to the wrong one.
    pub(crate) fn doubt(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_fit(&self, created: Instant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|since| created > since)
    }
}

/// A pool of at most `size` connections.
pub(crate) fn pool(
    connector: Arc<Connector>,
    pooler: Pooler,
    size: usize,
    fitness: Fitness,
) -> Result<Pool, Error> {
    let patience = connector.patience();
    // What a client that is cut off has locked is free again when the server gives it up.
    let settings = format!("{BY_KEY}; {}", connector.patience_of_server());
    // Fast: a connection is handed out without a query of its own.
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    // The connector knows the hosts; the pool need not.
    let manager = Manager::from_connect(Config::new(), Way(connector), config);
    let builder = Pool::builder(manager)
        .max_size(size)
        // The one used last has its caches warm; the others rest.
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT_TIMEOUT))
        .create_timeout(Some(patience))
        .pre_recycle(Hook::sync_fn(move |_: &mut ClientWrapper, metrics: &Metrics| {
            if fitness.is_fit(metrics.created) {
                return Ok(());
            }
            Err(HookError::message("its server may take no writes any more"))
        }));
    let builder = match pooler {
        Pooler::None => builder.post_create(Hook::async_fn(move |client: &mut ClientWrapper, _| {
            let settings = settings.clone();
            Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
        })),
        Pooler::Transaction => builder,
    };
    builder.build().map_err(|error| Error::Config(Box::new(error)))
}

/// How the pool connects.
struct Way(Arc<Connector>);

type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), tokio_postgres::Error>> + Send + 'a>>;

impl Connect for Way {
    fn connect(&self, _: &Config) -> Connecting<'_> {
        Box::pin(async {
            let (client, connection) = match self.0.connect().await {
                Ok(connected) => connected,
                Err(error) => return Err(driver_error(error).await),
            };
            let driver = tokio::spawn(async move {
                // Whoever uses the connection is told.
                let _ = connection.await;
            });
            Ok((client, driver))
        })
    }
}

/// The driver's own error. A host that cannot be found or says nothing gives none: then the pool's time
/// to connect runs out.
async fn driver_error(error: Error) -> tokio_postgres::Error {
    match error {
        Error::Statement(error) => error,
        Error::Unavailable(error) => match error.downcast::<tokio_postgres::Error>() {
            Ok(error) => *error,
            Err(_) => pending().await,
        },
        _ => pending().await,
    }
}
