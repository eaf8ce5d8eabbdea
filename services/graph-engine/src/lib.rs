//! The graph engine: runs workflows durably and serves workers.
//!
//! The graph semantics are in `goalpost-graph` and have no IO; this is the shell around them. One
//! committer writes (`engine`); takers bring ready attempts to workers (`workers`).

mod api;
mod config;
mod engine;
mod orders;
mod resource;
mod shared;
mod workers;

use std::net::SocketAddr;
use std::sync::Arc;

use goalpost_model::EngineId;
use goalpost_model::limits::MAX_MESSAGE_BYTES;
use goalpost_proto::v1::graph_engine_server::GraphEngineServer;
use goalpost_proto::v1::worker_server::WorkerServer;
use goalpost_queue::Queue;
use goalpost_service::health::Health;
use goalpost_service::lease::{self, STORES};
use goalpost_service::load::Gate;
use goalpost_service::server::{self, Listener};
use goalpost_store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use uuid::Uuid;

pub use config::Config;
use engine::{Blueprints, Engine};
use shared::Shared;
use workers::{Offered, Sessions};

/// The service's name, in traces and logs.
pub const SERVICE: &str = "graph-engine";

/// Why the engine could not start or go on.
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

/// The engine, bound to its address.
pub struct App {
    config: Config,
    listener: Listener,
    store: Store,
    queue: Queue,
    health: Health,
}

/// Binds the address. Connects to nothing yet.
pub async fn build(config: Config) -> Result<App, Error> {
    let store = config.postgres.store()?;
    let queue = Queue::new(config.redis.redis_url.reveal())?;
    let listener = Listener::bind(config.listen, "--graph-engine-listen (or --listen)").await?;
    let health = Health::new(&["goalpost.v1.GraphEngine", "goalpost.v1.Worker"], &[STORES]).await;
    Ok(App { config, listener, store, queue, health })
}

impl App {
    /// The address that it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The engine's health.
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Serves until `stop`; then ends with everything written that was received.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let Self { config, listener, store, queue, health } = self;
        let blueprints = Arc::new(Blueprints::default());
        let (engine, committer) =
            Engine::start(store.clone(), Arc::clone(&blueprints), config.cached_workflows);
        let shared = Shared {
            id: EngineId(Uuid::now_v7()),
            store,
            queue,
            engine,
            blueprints,
            sessions: Arc::new(Sessions::default()),
            offered: Arc::new(Offered::default()),
            worker_grace: config.worker_grace(),
            registered: CancellationToken::new(),
            tasks: TaskTracker::new(),
            stop: stop.clone(),
        };
        let tasks = shared.tasks.clone();
        tasks.spawn(take_orders(shared.clone(), health.clone()));
        let api = GraphEngineServer::new(api::Api(shared.clone()));
        let work = WorkerServer::new(workers::Work { shared, streams: Gate::of_streams(config.load) });
        let routes = Routes::new(api.max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add_service(work.max_decoding_message_size(MAX_MESSAGE_BYTES));
        server::serve(SERVICE, listener, routes, health, config.load, stop).await?;
        tasks.close();
        tasks.wait().await;
        // Every handle is gone with the tasks and the server: the committer writes the rest.
        let _ = committer.await;
        Ok(())
    }
}

/// Registers the engine, and takes what is addressed to it once it is registered: what it
/// has taken must be given back if it dies.
async fn take_orders(shared: Shared, health: Health) {
    let registered = shared.registered.clone();
    let (store, queue, stop) = (shared.store.clone(), shared.queue.clone(), shared.stop.clone());
    let lease = lease::hold(store, queue, shared.id.0, SERVICE, health, registered.clone(), stop.clone());
    let orders = async {
        tokio::select! {
            () = registered.cancelled() => {}
            () = stop.cancelled() => return,
        }
        tokio::join!(
            orders::take_cancellations(shared.clone()),
            orders::take_lost(shared.clone()),
            orders::take_timers(shared.clone()),
        );
    };
    tokio::join!(lease, orders);
}
