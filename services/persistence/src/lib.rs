//! The persistence service: migrations, the relay from the outbox to the lists, the watch over
//! takers, history and its watch.
//!
//! Every replica serves the API. One of them, the one that holds an advisory lock, relays and
//! watches; the others wait for that lock and ask nothing.

mod active;
mod alarm;
mod api;
mod config;
mod deaths;
mod depths;
mod elements;
mod follow;
mod grace;
mod hints;
mod hub;
mod notifications;
mod relay;
mod republish;
mod resource;
mod retention;
mod seen;
mod verify;
mod waits;

use std::net::SocketAddr;
use std::sync::Arc;

use goalpost_proto::v1::persistence_server::PersistenceServer;
use goalpost_queue::Queue;
use goalpost_service::access::Access;
use goalpost_service::backoff::until_ok;
use goalpost_service::drain::Drain;
use goalpost_service::health::Health;
use goalpost_service::load::Gate;
use goalpost_service::server::{self, Listener, Serving};
use goalpost_store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;

pub use config::{Config, RetentionArgs};
use grace::Grace;
use hub::Hub;
use waits::Waits;

/// The service's name, in traces and logs.
pub const SERVICE: &str = "persistence";

/// Why the service could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot listen or serve.
    #[error(transparent)]
    Server(#[from] server::Error),
    /// The settings of PostgreSQL are wrong.
    #[error(transparent)]
    Store(#[from] goalpost_store::Error),
    /// The settings of Redis are wrong.
    #[error(transparent)]
    Queue(#[from] goalpost_queue::Error),
}

/// The service, bound to its address.
pub struct App {
    config: Config,
    listener: Listener,
    access: Access,
    context: Context,
    health: Health,
}

/// What the parts of the service share.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) queue: Queue,
    pub(crate) hub: Arc<Hub>,
    pub(crate) waits: Arc<Waits>,
    /// How long the workers of a dead engine have to come to another one.
    pub(crate) engine_grace: Grace,
}

/// Binds the address. Connects to nothing yet.
pub async fn build(config: Config) -> Result<App, Error> {
    let store = config.postgres.store()?;
    let queue = config.redis.queue()?;
    let listener =
        Listener::bind(config.listen, "--persistence-listen (or --listen)", &config.access).await?;
    config.access.knows_services().map_err(server::Error::from)?;
    let access = Access::new(&config.access, Some(store.clone())).map_err(server::Error::from)?;
    let health = Health::new(&["goalpost.v1.Persistence"], &[hub::POSTGRES, hub::REDIS]).await;
    let engine_grace = Grace::new(config.engine_grace());
    let context = Context { store, queue, hub: Arc::default(), waits: Arc::default(), engine_grace };
    Ok(App { config, listener, access, context, health })
}

impl App {
    /// The address that it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The service's health.
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Serves until `stop`; then leaves the relay to another replica at once, and ends when those who
    /// watch have gone.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let Self { config, listener, access, context, health } = self;
        let load = config.load;
        let drain = Drain::new(stop.clone(), config.drain);
        depths::report(context.queue.clone());
        let duties = TaskTracker::new();
        duties.spawn(prepare(config, context.clone(), health.clone(), stop.clone()));
        duties.close();
        let api = api::Api { context, streams: Gate::of_streams(load), stop };
        let routes = Routes::new(PersistenceServer::new(api));
        let serving = Serving { service: SERVICE, listener, access, health, load };
        Ok(server::serve(serving, routes, &drain, duties.wait()).await?)
    }
}

/// Brings the schema up to date, then keeps history and deliveries going.
async fn prepare(config: Config, context: Context, health: Health, stop: CancellationToken) {
    let migrate = || goalpost_store::migrate(&context.store);
    if until_ok("the database and its schema", &stop, migrate).await.is_none() {
        return;
    }
    let active =
        active::Active { context: context.clone(), retention: config.retention.clone(), stop: stop.clone() };
    let redis = hub::follow_redis(context.queue.clone(), health.clone(), stop.clone());
    tokio::join!(hub::listen(context, health, stop), redis, active.run());
}
