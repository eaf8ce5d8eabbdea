//! The services as processes of their own, any number of replicas of each.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};

use goalpost_client::Client;
use goalpost_testkit::{Database, TestRedis, database, redis, wait_for};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

use crate::harness::{CATALOG, binary, folder, verify};

/// The grace time of workers and engines, unless a test says otherwise: as long as users have it, since
/// a loaded machine is slow.
const GRACE_MS: &str = "5000";

/// How many there are of each service.
pub(crate) struct Replicas {
    pub(crate) planners: usize,
    pub(crate) persistence: usize,
    pub(crate) engines: usize,
    pub(crate) groups: usize,
}

/// One of each.
pub(crate) const ONE: Replicas = Replicas { planners: 1, persistence: 1, engines: 1, groups: 1 };

/// A system on stores of its own.
pub(crate) struct Cluster {
    pub(crate) planners: Vec<Service>,
    pub(crate) persistence: Vec<Service>,
    /// In the order of their ids.
    pub(crate) engines: Vec<Service>,
    pub(crate) groups: Vec<Service>,
    pub(crate) database: Database,
    pub(crate) redis: TestRedis,
    folder: TempDir,
}

/// One replica of a service.
pub(crate) struct Service {
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    pub(crate) url: String,
    child: Option<Child>,
}

impl Cluster {
    /// Starts it; engines get `engine_arguments` too.
    pub(crate) async fn start(replicas: Replicas, engine_arguments: &[&str]) -> Self {
        let mut cluster = Self::without_engines(&replicas).await;
        let url = cluster.database.url().to_owned();
        for _ in 0..replicas.engines {
            cluster.add_engine(&url, engine_arguments).await;
        }
        for _ in 0..replicas.groups {
            cluster.add_group().await;
        }
        cluster
    }

    /// Starts what is there before the engines.
    pub(crate) async fn without_engines(replicas: &Replicas) -> Self {
        let (database, redis, folder) = (database().await, redis().await, folder());
        let catalog = folder.path().join("catalog.yaml");
        std::fs::write(&catalog, CATALOG).unwrap();
        let mut cluster = Self {
            planners: Vec::new(),
            persistence: Vec::new(),
            engines: Vec::new(),
            groups: Vec::new(),
            database,
            redis,
            folder,
        };
        let catalog = ["--catalog", &catalog.display().to_string()].map(str::to_owned);
        for _ in 0..replicas.planners {
            let planner = cluster.service("goalpost-planner", catalog.to_vec()).await;
            cluster.planners.push(planner);
        }
        let url = cluster.database.url().to_owned();
        for _ in 0..replicas.persistence {
            let arguments = cluster.stores(&url, &[]);
            let persistence = cluster.service("goalpost-persistence", arguments).await;
            cluster.persistence.push(persistence);
        }
        cluster
    }

    /// One more engine, which finds PostgreSQL at this address.
    pub(crate) async fn add_engine(&mut self, database_url: &str, arguments: &[&str]) {
        let engine = self.service("goalpost-graph-engine", self.stores(database_url, arguments)).await;
        self.engines.push(engine);
    }

    /// One more decision group, which knows all others.
    pub(crate) async fn add_group(&mut self) {
        let [planners, engines, persistence] =
            [&self.planners, &self.engines, &self.persistence].map(|peers| urls(peers));
        let peers = ["--planner", &planners, "--graph-engine", &engines, "--persistence", &persistence];
        let group = self.service("goalpost-decision-group", self.stores(self.database.url(), &peers)).await;
        self.groups.push(group);
    }

    /// Arguments of a service with stores, and more.
    fn stores(&self, database_url: &str, more: &[&str]) -> Vec<String> {
        let redis_url = self.redis.url();
        let stores =
            ["--database-url", database_url, "--redis-url", &redis_url, "--database-connections", "4"];
        stores.iter().chain(more).map(|argument| (*argument).to_owned()).collect()
    }

    async fn service(&self, program: &str, arguments: Vec<String>) -> Service {
        let port = free_port();
        let log = self.folder.path().join(format!("{program}-{port}.log"));
        Service::start(program, log, port, arguments).await
    }

    /// A client that knows every decision group.
    pub(crate) fn client(&self) -> Client {
        Client::connect(urls(&self.groups)).unwrap()
    }

    /// Where all engines are, for workers.
    pub(crate) fn engine_urls(&self) -> String {
        urls(&self.engines)
    }

    /// The ids under which engines are registered, in the order in which they started.
    pub(crate) async fn engine_ids(&self) -> Vec<Uuid> {
        let rows = "SELECT id FROM takers WHERE kind = 'graph-engine' ORDER BY id";
        let rows = self.database.client().await.query(rows, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The engine that answers for the only running attempt, once there is one and `is_it` says so.
    pub(crate) async fn engine_of_attempt(&self, is_it: impl Fn(usize) -> bool) -> usize {
        let ids = self.engine_ids().await;
        let database = self.database.client().await;
        let running = "SELECT engine_id FROM tasks WHERE state = 'RUNNING'";
        wait_for("the engine of the attempt", async || {
            let engine: Uuid = database.query_opt(running, &[]).await.unwrap()?.get(0);
            ids.iter().position(|id| *id == engine).filter(|place| is_it(*place))
        })
        .await
    }

    /// Checks that nothing breaks a promise.
    pub(crate) async fn verify(&self) {
        verify(&self.persistence[0].url).await;
    }
}

fn urls(services: &[Service]) -> String {
    services.iter().map(|service| service.url.as_str()).collect::<Vec<_>>().join(",")
}

impl Service {
    /// Starts it and waits until it serves.
    async fn start(name: &str, log: PathBuf, port: u16, mut arguments: Vec<String>) -> Self {
        let address = format!("127.0.0.1:{port}");
        arguments.extend(["--listen".to_owned(), address.clone()]);
        let (program, url) = (binary(name), format!("http://{address}"));
        let mut service = Self { program, arguments, log, url, child: None };
        service.start_again().await;
        service
    }

    /// Starts it at the same address as before, and waits until it serves.
    pub(crate) async fn start_again(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdout(log.try_clone().unwrap()).stderr(log).kill_on_drop(true);
        command.env("GOALPOST_WORKER_GRACE_MS", GRACE_MS).env("GOALPOST_ENGINE_GRACE_MS", GRACE_MS);
        command.env("GOALPOST_AUTH", "open").env_remove("DATABASE_URL").env_remove("REDIS_URL");
        self.child = Some(command.spawn().unwrap());
        wait_for(format!("{} to serve", self.program.display()), async || {
            let exited = self.child.as_mut()?.try_wait().unwrap();
            assert!(exited.is_none(), "it ended: {}", self.log());
            (self.health().await? == ServingStatus::Serving).then_some(())
        })
        .await;
    }

    /// More arguments, from its next start on.
    pub(crate) fn add_arguments(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    }

    /// What it says of its health; `None` if nobody answers.
    pub(crate) async fn health(&self) -> Option<ServingStatus> {
        let channel = Endpoint::from_shared(self.url.clone()).unwrap().connect().await.ok()?;
        let health = HealthClient::new(channel).check(HealthCheckRequest::default()).await.ok()?;
        Some(health.into_inner().status())
    }

    /// Ends it as a failure of its process would.
    pub(crate) async fn kill(&mut self) {
        self.child.take().unwrap().kill().await.unwrap();
    }

    /// Asks it to end.
    pub(crate) async fn ask_to_end(&self) {
        let pid = self.child.as_ref().and_then(Child::id).unwrap().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().await.unwrap().success());
    }

    /// Waits until it has ended in order.
    pub(crate) async fn ended(&mut self) {
        let status = self.child.take().unwrap().wait().await.unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// The name of its program.
    pub(crate) fn name(&self) -> String {
        self.program.file_name().unwrap().display().to_string()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(Path::new(&self.log)).unwrap()
    }
}

/// A port that stays free while its service is away: below those that the system gives to
/// connections by itself.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 10_240;
    let own = u16::try_from(std::process::id() % 20_000).unwrap();
    loop {
        let port = FIRST + (own + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
