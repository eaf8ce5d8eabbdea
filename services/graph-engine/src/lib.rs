//! The graph engine: runs workflows durably and serves workers.
//!
//! The graph semantics are in `goalpost-graph` and have no IO; this is the shell around them. One
//! committer writes (`engine`); takers bring ready attempts to workers (`workers`).

mod api;
mod config;
mod engine;
mod explain;
mod orders;
mod payloads;
mod resource;
mod shared;
mod supply;
mod wishes;
mod workers;

use std::net::SocketAddr;
use std::sync::Arc;

use goalpost_model::EngineId;
use goalpost_model::limits::{MAX_MESSAGE_BYTES, MAX_WORK_MESSAGE_BYTES};
use goalpost_proto::v1::graph_engine_server::GraphEngineServer;
use goalpost_proto::v1::worker_server::WorkerServer;
use goalpost_queue::Queue;
use goalpost_service::access::Access;
use goalpost_service::describe;
use goalpost_service::drain::Drain;
use goalpost_service::health::Health;
use goalpost_service::lease::{self, Registration, STORES, Taker};
use goalpost_service::load::Gate;
use goalpost_service::server::{self, Listener, Serving};
use goalpost_store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use uuid::Uuid;

pub use config::Config;
use engine::{Blueprints, Engine};
use payloads::Payloads;
pub use payloads::StoredPayloadArgs;
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
    access: Access,
    store: Store,
    queue: Queue,
    health: Health,
}

/// Binds the address. Connects to nothing yet.
pub async fn build(config: Config) -> Result<App, Error> {
    let store = config.postgres.store()?;
    let queue = config.redis.queue()?;
    let listener =
        Listener::bind(config.listen, "--graph-engine-listen (or --listen)", &config.access).await?;
    config.access.knows_services().map_err(server::Error::from)?;
    let access = Access::new(&config.access, Some(store.clone())).map_err(server::Error::from)?;
    let health = Health::new(&["goalpost.v1.GraphEngine", "goalpost.v1.Worker"], &[STORES]).await;
    Ok(App { config, listener, access, store, queue, health })
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

    /// Serves until `stop`; then sends its workers away and ends with everything written that was
    /// received.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let Self { config, listener, access, store, queue, health } = self;
        let drain = Drain::new(stop, config.drain);
        let blueprints = Arc::new(Blueprints::new(config.payload.max_payload_bytes));
        let (engine, committer) =
            Engine::start(store.clone(), Arc::clone(&blueprints), config.cached_workflows);
        let (registration, leave) = (Registration::default(), CancellationToken::new());
        let shared = Shared {
            id: EngineId(Uuid::now_v7()),
            store: store.clone(),
            queue: queue.clone(),
            engine,
            blueprints,
            sessions: Arc::new(Sessions::default()),
            offered: Arc::new(Offered::default()),
            worker_grace: config.worker_grace(),
            registration: registration.clone(),
            takers: TaskTracker::new(),
            streams: TaskTracker::new(),
            drain: drain.clone(),
        };
        let taker = Taker { id: shared.id.0, kind: SERVICE };
        let lease =
            tokio::spawn(lease::hold(taker, store, queue, registration, health.clone(), leave.clone()));
        shared.takers.spawn(orders::take_cancellations(shared.clone()));
        shared.takers.spawn(orders::take_lost(shared.clone()));
        shared.takers.spawn(orders::take_timers(shared.clone()));
        shared.takers.spawn(orders::take_keys(shared.clone()));
        shared.takers.spawn(workers::send_away_unregistered(shared.clone()));
        shared.takers.spawn(supply::tell_workers(shared.clone()));
        let payloads = Payloads::new(shared.clone(), config.payloads);
        let api = GraphEngineServer::new(api::Api { shared: shared.clone(), payloads: payloads.clone() });
        let streams = Gate::of_streams(config.load);
        let work = WorkerServer::new(workers::Work { shared: shared.clone(), streams, payloads });
        let routes = Routes::new(api.max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add_service(work.max_decoding_message_size(MAX_WORK_MESSAGE_BYTES));
        let unwind = Box::pin(unwind(shared));
        let serving = Serving { service: SERVICE, listener, access, health, load: config.load };
        server::serve(serving, routes, &drain, unwind).await?;
        // Every handle is gone with the tasks and the server: the committer writes the rest.
        drain.within(committer).await;
        leave.cancel();
        drain.within(lease).await;
        Ok(())
    }
}

/// Ends what the engine has begun: what was taken reaches its worker or goes back, then the workers go.
async fn unwind(shared: Shared) {
    let Shared { id, queue, takers, streams, sessions, drain, .. } = &shared;
    takers.close();
    takers.wait().await;
    if let Err(error) = queue.retire(id.0).await {
        tracing::warn!(error = describe(&error), "what was taken is given back later");
    }
    sessions.send_away("the engine stops");
    streams.close();
    // Those who stay are cut off by the same token that ends this wait.
    streams.wait().await;
    tracing::debug!(in_time = !drain.cut.is_cancelled(), "the workers have gone");
}
