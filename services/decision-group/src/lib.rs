//! The decision group: takes goals, has them planned, starts and settles them.
//!
//! The public API only commits and reads. What has to happen to a goal is done by takers: of submitted
//! goals (`plan`), of tasks that wait for a plan (`expand`), of what a language model plans (`draft`), of
//! ended workflows (`outcomes`).

mod access;
mod api;
mod api_keys;
mod begin;
mod budget;
mod by_hand;
mod checks;
mod config;
mod decisions;
mod draft;
mod expand;
mod extend;
mod inline;
mod operations;
mod outcomes;
mod payloads;
mod peers;
mod plan;
mod planner;
mod preview;
mod rate;
mod refusals;
mod replan;
mod replanning;
mod requests;
mod resource;
mod rulings;
mod simulate;
mod stored;
mod submit;
mod watch;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use goalpost_model::limits::MAX_MESSAGE_BYTES;
use goalpost_policy::Policies;
use goalpost_proto::v1::access_control_server::AccessControlServer;
use goalpost_proto::v1::central_decision_group_server::CentralDecisionGroupServer;
use goalpost_queue::{List, Queue};
use goalpost_service::access::Access;
use goalpost_service::args::PayloadArgs;
use goalpost_service::drain::{Drain, DrainArgs};
use goalpost_service::health::Health;
use goalpost_service::lease::{self, Registration, STORES, Taker};
use goalpost_service::line::Line;
use goalpost_service::load::{Gate, LoadArgs};
use goalpost_service::server::{self, Listener, Serving};
use goalpost_store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use uuid::Uuid;

use api_keys::AccessControl;
use checks::Checks;
pub use config::Config;
use peers::Peers;
use rate::Pace;
use rulings::Rulings;
use submit::Submitter;

/// The service's name, in traces and logs.
pub const SERVICE: &str = "decision-group";

/// Why the decision group could not start or go on.
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
    /// The file of policies cannot be read.
    #[error("cannot read the policies in {0}: {1}")]
    NoPolicies(PathBuf, #[source] std::io::Error),
    /// The file of policies has mistakes in it.
    #[error("the policies in {0} are wrong: {1}")]
    WrongPolicies(PathBuf, String),
    /// The address of another service is none.
    #[error("'{0}' is not the address of a service; for example http://127.0.0.1:50052")]
    Peer(String),
}

/// The decision group, bound to its address.
pub struct App {
    listener: Listener,
    access: Access,
    context: Context,
    health: Health,
    load: LoadArgs,
    max_open_goals: u32,
    pace: Pace,
    payload: PayloadArgs,
    drain: DrainArgs,
}

/// What the parts of the service share.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) queue: Queue,
    pub(crate) peers: Peers,
    pub(crate) policies: Arc<Policies>,
}

impl Context {
    /// What the policies say of plans.
    pub(crate) fn rulings<'a>(&'a self, checks: &'a Checks) -> Rulings<'a> {
        Rulings { policies: &self.policies, checks }
    }
}

/// Binds the address. Connects to nothing yet.
pub async fn build(config: Config) -> Result<App, Error> {
    let store = config.postgres.store()?;
    let queue = config.redis.queue()?;
    let peers = Peers::new(&config)?;
    let listener =
        Listener::bind(config.listen, "--decision-group-listen (or --listen)", &config.access).await?;
    let access = Access::new(&config.access, Some(store.clone())).map_err(server::Error::from)?;
    let health =
        Health::new(&["goalpost.v1.CentralDecisionGroup", "goalpost.v1.AccessControl"], &[STORES]).await;
    let policies = Arc::new(config.policies.as_deref().map(read_policies).transpose()?.unwrap_or_default());
    let context = Context { store, queue, peers, policies };
    let Config { load, max_open_goals, max_submissions_per_second, payload, drain, .. } = config;
    let pace = Pace::new(max_submissions_per_second);
    Ok(App { listener, access, context, health, load, max_open_goals, pace, payload, drain })
}

/// Reads the file of policies; at start, before anything is served.
fn read_policies(path: &Path) -> Result<Policies, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::NoPolicies(path.to_owned(), error))?;
    let policies = Policies::read(&text).map_err(|mistakes| {
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        Error::WrongPolicies(path.to_owned(), told.join("; "))
    })?;
    tracing::info!(file = %path.display(), policies = policies.len(), "the policies were read");
    Ok(policies)
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

    /// Serves until `stop`; then takes nothing more, gives back what it has not begun, and ends when
    /// calls have their answers.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let Self { listener, access, context, health, load, max_open_goals, pace, payload, drain } = self;
        let drain = Drain::new(stop.clone(), drain);
        let (takers, writer) = (TaskTracker::new(), TaskTracker::new());
        takers.spawn(take(context.clone(), health.clone(), stop.clone()));
        takers.close();
        let submitter = Submitter::start(context.store.clone(), max_open_goals, &writer);
        writer.close();
        let access_control = AccessControlServer::new(AccessControl { store: context.store.clone() });
        let checks = Checks::new(context.peers.planner.clone(), context.store.clone());
        let streams = Gate::of_streams(load);
        let payload_limit = payload.max_payload_bytes;
        let api = CentralDecisionGroupServer::new(api::Api {
            context,
            submitter,
            pace,
            checks,
            streams,
            payload_limit,
            stop,
        });
        let routes =
            Routes::new(api.max_decoding_message_size(MAX_MESSAGE_BYTES)).add_service(access_control);
        let serving = Serving { service: SERVICE, listener, access, health, load };
        server::serve(serving, routes, &drain, takers.wait()).await?;
        // Nobody submits any more: what was submitted is written.
        drain.within(writer.wait()).await;
        Ok(())
    }
}

/// Takes from its lists while this process is registered, until `stop`; then
/// leaves in order.
async fn take(context: Context, health: Health, stop: CancellationToken) {
    let taker = Taker { id: Uuid::now_v7(), kind: SERVICE };
    let (registration, leave) = (Registration::default(), CancellationToken::new());
    let line = |list| Line::new(&context.queue, taker.id, list, &registration, &stop);
    let (goals, outcomes) = (line(List::goals()), line(List::outcomes()));
    let (plans, drafts) = (line(List::plans()), line(List::drafts()));
    let (store, queue) = (context.store.clone(), context.queue.clone());
    let lease = lease::hold(taker, store, queue, registration, health, leave.clone());
    let taking = async {
        tokio::join!(
            plan::take_goals(context.clone(), goals, stop.clone()),
            outcomes::take_outcomes(context.clone(), outcomes, stop.clone()),
            expand::take_plans(context.clone(), plans, stop.clone()),
            draft::take_drafts(context.clone(), drafts, stop.clone()),
        );
        leave.cancel();
    };
    tokio::join!(lease, taking);
}
