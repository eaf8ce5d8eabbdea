//! `goalpost dev`: everything in one process, with the code paths of production.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Args;
use goalpost_local::{Directory, Durability, Postgres, Redis};
use goalpost_service::access::AccessArgs;
use goalpost_service::args::{PayloadArgs, PoolingArgs, PostgresArgs, RedisArgs, Secret, TelemetryArgs};
use goalpost_service::drain::DrainArgs;
use goalpost_service::health::Health;
use goalpost_service::load::LoadArgs;
use goalpost_service::{metrics, shutdown, telemetry};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::out;

/// What is planned with if no catalog is given: the demo's.
const DEMO_CATALOG: &str = include_str!("../../catalogs/weather.yaml");
/// The name of the database in a private PostgreSQL.
const DATABASE: &str = "goalpost";
/// The services that run here, as traces name them.
const SERVICES: [&str; 4] = [
    goalpost_decision_group::SERVICE,
    goalpost_planner::SERVICE,
    goalpost_graph_engine::SERVICE,
    goalpost_persistence::SERVICE,
];
/// Pooled connections of each service.
const CONNECTIONS: usize = 8;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Where PostgreSQL and Redis keep their data. [default: /var/lib/goalpost/dev as root,
    /// else ~/.local/share/goalpost/dev]
    #[arg(long, env = "GOALPOST_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// A PostgreSQL to use instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<Secret>,
    #[command(flatten)]
    pooling: PoolingArgs,
    /// A Redis to use instead of a private one.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    redis_url: Option<Secret>,
    /// Address of the decision group.
    #[arg(long, default_value = "127.0.0.1:50051")]
    decision_group_listen: SocketAddr,
    /// Address of the planner.
    #[arg(long, default_value = "127.0.0.1:50052")]
    planner_listen: SocketAddr,
    /// Address of the graph engine, which workers connect to.
    #[arg(long, default_value = "127.0.0.1:50053")]
    graph_engine_listen: SocketAddr,
    /// Address of the persistence service.
    #[arg(long, default_value = "127.0.0.1:50054")]
    persistence_listen: SocketAddr,
    /// A catalog file; may be given more than once. Without one the demo's is used.
    #[arg(long, env = "GOALPOST_CATALOG", value_delimiter = ',')]
    catalog: Vec<PathBuf>,
    /// A file of policies that say which plans run, which never do and which have to be approved.
    #[arg(long, env = "GOALPOST_POLICIES", value_name = "FILE")]
    policies: Option<PathBuf>,
    #[command(flatten)]
    llm: goalpost_planner::LlmArgs,
    /// Milliseconds that a worker, or the engine that it was connected to, may be away before its
    /// attempts are lost.
    #[arg(long, env = "GOALPOST_WORKER_GRACE_MS", default_value_t = 5_000)]
    worker_grace_ms: u64,
    #[command(flatten)]
    retention: goalpost_persistence::RetentionArgs,
    /// Goals of one namespace that may be open at once.
    #[arg(long, env = "GOALPOST_MAX_OPEN_GOALS", default_value_t = 100_000)]
    max_open_goals: u32,
    /// Goals that each namespace may submit a second; without it as many as come.
    #[arg(long, env = "GOALPOST_MAX_SUBMISSIONS_PER_SECOND", value_name = "GOALS")]
    max_submissions_per_second: Option<NonZeroU32>,
    #[command(flatten)]
    payload: PayloadArgs,
    #[command(flatten)]
    payloads: goalpost_graph_engine::StoredPayloadArgs,
    /// How much each service takes on at once.
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    drain: DrainArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let stop = shutdown::on_signal()?;
    let telemetry = telemetry::init(&arguments.telemetry, SERVICES).map_err(other)?;
    let metrics = match arguments.telemetry.metrics_listen {
        Some(listen) => Some(metrics::serve(listen, stop.clone()).await?),
        None => None,
    };
    let stores = Stores::start(&arguments).await?;
    let outcome = serve(&arguments, &stores, metrics, &stop).await;
    stores.stop().await;
    telemetry.shutdown().await;
    outcome
}

/// The stores: private ones, or those that were given.
struct Stores {
    database_url: String,
    pooling: PoolingArgs,
    redis_url: String,
    postgres: Option<Postgres>,
    redis: Option<Redis>,
    /// Where files of this process go; locked while it lives.
    directory: Directory,
}

impl Stores {
    async fn start(arguments: &Arguments) -> Result<Self, Failure> {
        let path = arguments.data_dir.clone().unwrap_or_else(default_directory);
        let directory = Directory::lock(&path).map_err(other)?;
        let mut stores = Self {
            database_url: arguments
                .database_url
                .as_ref()
                .map(|url| url.reveal().to_owned())
                .unwrap_or_default(),
            pooling: arguments.pooling.clone(),
            redis_url: arguments.redis_url.as_ref().map(|url| url.reveal().to_owned()).unwrap_or_default(),
            postgres: None,
            redis: None,
            directory,
        };
        if stores.database_url.is_empty() {
            let folder = stores.directory.path().join("postgres");
            let postgres = Postgres::start(&folder, Durability::Full).await.map_err(other)?;
            postgres.create_database(DATABASE).await.map_err(other)?;
            stores.database_url = postgres.url(DATABASE);
            stores.postgres = Some(postgres);
        }
        if stores.redis_url.is_empty() {
            let redis = Redis::start(&stores.directory.path().join("redis")).await.map_err(other)?;
            stores.redis_url = redis.url();
            stores.redis = Some(redis);
        }
        Ok(stores)
    }

    async fn stop(self) {
        if let Some(redis) = self.redis {
            redis.stop().await;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }

    fn postgres_args(&self) -> Result<PostgresArgs, Failure> {
        let database_url = self.database_url.parse().map_err(other)?;
        Ok(PostgresArgs { database_url, database_connections: CONNECTIONS, pooling: self.pooling.clone() })
    }

    fn redis_args(&self) -> RedisArgs {
        RedisArgs::at(&self.redis_url)
    }
}

fn default_directory() -> PathBuf {
    // PostgreSQL does not run as root, and no other user enters root's home.
    match std::env::var_os("HOME") {
        Some(home) if home != "/root" => Path::new(&home).join(".local/share/goalpost/dev"),
        _ => PathBuf::from("/var/lib/goalpost/dev"),
    }
}

/// Runs the services until `stop`, or until one of them ends.
async fn serve(
    arguments: &Arguments,
    stores: &Stores,
    metrics: Option<SocketAddr>,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let load = arguments.load;
    let mut catalogs = arguments.catalog.clone();
    if catalogs.is_empty() {
        let path = stores.directory.path().join("demo-catalog.yaml");
        std::fs::write(&path, DEMO_CATALOG)?;
        catalogs.push(path);
    }
    let drain = arguments.drain;
    let planner = goalpost_planner::build(goalpost_planner::Config {
        listen: arguments.planner_listen,
        catalogs,
        llm: arguments.llm.clone(),
        load,
        drain,
        access: AccessArgs::open(),
    });
    let planner = planner.await.map_err(other)?;
    let persistence = goalpost_persistence::build(goalpost_persistence::Config {
        listen: arguments.persistence_listen,
        engine_grace_ms: arguments.worker_grace_ms,
        load,
        retention: arguments.retention.clone(),
        drain,
        access: AccessArgs::open(),
        postgres: stores.postgres_args()?,
        redis: stores.redis_args(),
    });
    let persistence = persistence.await.map_err(other)?;
    let engine = goalpost_graph_engine::build(goalpost_graph_engine::Config {
        listen: arguments.graph_engine_listen,
        worker_grace_ms: arguments.worker_grace_ms,
        cached_workflows: 10_000,
        payload: arguments.payload,
        payloads: arguments.payloads,
        load,
        drain,
        access: AccessArgs::open(),
        postgres: stores.postgres_args()?,
        redis: stores.redis_args(),
    });
    let engine = engine.await.map_err(other)?;
    let url = |address: SocketAddr| format!("http://{address}");
    let group = goalpost_decision_group::build(goalpost_decision_group::Config {
        listen: arguments.decision_group_listen,
        planner: url(planner.local_addr()),
        graph_engine: url(engine.local_addr()),
        persistence: url(persistence.local_addr()),
        policies: arguments.policies.clone(),
        payload: arguments.payload,
        max_open_goals: arguments.max_open_goals,
        max_submissions_per_second: arguments.max_submissions_per_second,
        load,
        drain,
        access: AccessArgs::open(),
        postgres: stores.postgres_args()?,
        redis: stores.redis_args(),
    });
    let group = group.await.map_err(other)?;
    let ready = json!({
        "decision_group": url(group.local_addr()),
        "planner": url(planner.local_addr()),
        "graph_engine": url(engine.local_addr()),
        "persistence": url(persistence.local_addr()),
        "metrics": metrics.map(|address| format!("{}/metrics", url(address))),
        "database_url": stores.database_url,
        "redis_url": stores.redis_url,
    });
    let healths = [persistence.health(), engine.health(), group.health()];
    let engine_address = engine.local_addr();
    let group_address = group.local_addr();
    let mut running: JoinSet<Result<(), Failure>> = JoinSet::new();
    let inner_stop = CancellationToken::new();
    // Those who are called stop after those who call.
    let stop_inner = inner_stop.clone().drop_guard();
    let token = stop.clone();
    running.spawn(async move {
        let _stop_inner = stop_inner;
        group.run(token).await.map_err(other)
    });
    spawn_inner(&mut running, planner, persistence, engine, &inner_stop);

    tokio::select! {
        () = all_serving(&healths) => announce(&ready, stores, arguments, group_address, engine_address),
        () = stop.cancelled() => {}
        Some(ended) = running.join_next() => ended.map_err(other)??,
    }
    let outcome = tokio::select! {
        () = stop.cancelled() => Ok(()),
        Some(ended) = running.join_next() => ended.map_err(other)?,
    };
    stop.cancel();
    while let Some(ended) = running.join_next().await {
        ended.map_err(other)??;
    }
    outcome
}

/// Runs the services that others call.
fn spawn_inner(
    running: &mut JoinSet<Result<(), Failure>>,
    planner: goalpost_planner::App,
    persistence: goalpost_persistence::App,
    engine: goalpost_graph_engine::App,
    stop: &CancellationToken,
) {
    let token = stop.clone();
    running.spawn(async move { planner.run(token).await.map_err(other) });
    let token = stop.clone();
    running.spawn(async move { persistence.run(token).await.map_err(other) });
    let token = stop.clone();
    running.spawn(async move { engine.run(token).await.map_err(other) });
}

/// Returns when every service serves.
async fn all_serving(healths: &[Health]) {
    for health in healths {
        health.serving().await;
    }
}

/// One line of JSON for programs, a summary for people.
fn announce(
    ready: &serde_json::Value,
    stores: &Stores,
    arguments: &Arguments,
    group: SocketAddr,
    engine: SocketAddr,
) {
    // It serves, whether anybody reads that it does or not.
    let _ = out::line(ready);
    let data = stores.directory.path().display();
    let catalog =
        if arguments.catalog.is_empty() { "the demo's (give your own with --catalog)" } else { "yours" };
    out::note(format_args!(
        "\nGoalpost runs. It is open: whoever reaches these ports on this machine may use it.\n\
         \n  goals    {group}    workers  {engine}\n  data     {data}\n  catalog  {catalog}\n\
         \nNext:\n  goalpost-example-weather --engine http://{engine}\n  \
         goalpost submit --endpoint http://{group} --watch \"Research weather in Seattle and write report\"\n  \
         grpcurl -plaintext -d '{{\"goal\":\"Research weather in Seattle and write report\"}}' {group} \
         goalpost.v1.CentralDecisionGroup/SubmitGoal\n\nCtrl-C stops it.\n\n"
    ));
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Other(Box::new(error))
}
