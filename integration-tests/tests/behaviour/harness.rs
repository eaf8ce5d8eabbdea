//! A running system and its workers.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use goalpost_client::v1::{Blueprint, Edge, Event, Goal, Task, VerifyRequest};
use goalpost_client::{Client, NewGoal};
use goalpost_proto::v1::persistence_client::PersistenceClient;
use goalpost_testkit::{Database, TestRedis, database, redis};
use goalpost_worker::{Attempt, Failure, Worker};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use crate::cluster::free_port;

/// What the tests' workers offer, and a goal that can be planned.
pub(crate) const CATALOG: &str = "\
capabilities:
  - { name: test.echo, effect: read }
  - { name: test.other, effect: read }
  - { name: test.write, effect: write }
  - name: test.number
    effect: read
    output_schema: { type: object, properties: { n: { type: integer } }, required: [n] }
  - { name: test.ask, effect: read, cost: { tokens: 100, money_micros: 5 } }
methods:
  - name: test.brew
    type: test.brew
    patterns: [\"Brew some {drink}\"]
    tasks:
      - { name: heat, capability: test.echo, input: { drink: \"{drink}\" } }
      - { name: pour, capability: test.other }
    edges:
      - { from: heat, to: pour, data_flow: { drink: tasks.heat.output.drink, cups: goal.input.cups, goal: goal.text } }
  - name: test.inquire
    type: test.inquire
    tasks:
      - { name: ask, capability: test.ask }
";

#[derive(Clone, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) decision_group: String,
    pub(crate) graph_engine: String,
    pub(crate) persistence: String,
    /// Where its metrics are, if it was asked for them.
    pub(crate) metrics: Option<String>,
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
}

/// A `goalpost dev` process.
pub(crate) struct System {
    pub(crate) endpoints: Endpoints,
    child: Child,
    pub(crate) folder: TempDir,
    pub(crate) log: PathBuf,
}

/// A system on stores of the test's own.
pub(crate) struct OnStores {
    pub(crate) system: System,
    pub(crate) database: Database,
    pub(crate) redis: TestRedis,
}

pub(crate) async fn on_stores() -> OnStores {
    on_stores_with(&[]).await
}

/// The same with more flags.
pub(crate) async fn on_stores_with(flags: &[&str]) -> OnStores {
    let (database, redis) = (database().await, redis().await);
    let redis_url = redis.url();
    let stores = ["--database-url", database.url(), "--redis-url", &redis_url];
    let arguments: Vec<String> = stores.iter().chain(flags).map(|&argument| argument.to_owned()).collect();
    let system = System::start(folder(), &arguments).await;
    OnStores { system, database, redis }
}

/// Flags for a system that is killed and started again: the same addresses in each life, so that clients and
/// workers find the next one, and more time for workers to come back than a slow start takes.
pub(crate) fn for_several_lives() -> [String; 6] {
    let address = || format!("127.0.0.1:{}", free_port());
    let flag = |flag: &str| format!("--{flag}");
    [
        flag("graph-engine-listen"),
        address(),
        flag("decision-group-listen"),
        address(),
        flag("worker-grace-ms"),
        "20000".to_owned(),
    ]
}

pub(crate) fn folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let mut builder = tempfile::Builder::new();
    builder.prefix("goalpost-test").permissions(std::fs::Permissions::from_mode(0o755));
    builder.tempdir().unwrap()
}

impl System {
    /// Starts the binary and waits until it is ready.
    pub(crate) async fn start(folder: TempDir, arguments: &[String]) -> Self {
        let catalog = folder.path().join("catalog.yaml");
        std::fs::write(&catalog, CATALOG).unwrap();
        let catalog = ["--catalog".to_owned(), catalog.display().to_string()];
        Self::start_with_its_catalog(folder, &[&catalog, arguments].concat()).await
    }

    /// The same with the catalog of `goalpost dev`, if the arguments name no other.
    pub(crate) async fn start_with_its_catalog(folder: TempDir, arguments: &[String]) -> Self {
        let log = folder.path().join("log");
        let log_file = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new(binary("goalpost"));
        command.arg("dev").arg("--data-dir").arg(folder.path().join("data"));
        for service in ["decision-group", "planner", "graph-engine", "persistence"] {
            let flag = format!("--{service}-listen");
            if !arguments.contains(&flag) {
                command.args([&flag, "127.0.0.1:0"]);
            }
        }
        if !arguments.iter().any(|argument| argument == "--worker-grace-ms") {
            command.args(["--worker-grace-ms", "1000"]);
        }
        command.args(arguments);
        command.env_remove("DATABASE_URL").env_remove("REDIS_URL").env_remove("GOALPOST_CATALOG");
        command.stdout(Stdio::piped()).stderr(log_file).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let line = BufReader::new(stdout).lines().next_line().await.unwrap();
        let line = line.unwrap_or_else(|| panic!("not ready: {}", std::fs::read_to_string(&log).unwrap()));
        Self { endpoints: serde_json::from_str(&line).unwrap(), child, folder, log }
    }

    /// Ends it as a failure of its process would. Its data stay.
    pub(crate) async fn kill(mut self) -> TempDir {
        self.child.kill().await.unwrap();
        self.folder
    }

    /// Ends it as Ctrl-C would.
    pub(crate) async fn stop(mut self) -> TempDir {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", "INT", &pid]).status().await.unwrap().success());
        let status = self.child.wait().await.unwrap();
        assert!(status.success(), "{status}: {}", std::fs::read_to_string(&self.log).unwrap());
        self.folder
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.endpoints.decision_group.as_str()).unwrap()
    }

    pub(crate) async fn persistence(&self) -> PersistenceClient<Channel> {
        PersistenceClient::connect(self.endpoints.persistence.clone()).await.unwrap()
    }

    /// Runs the goal to its end.
    pub(crate) async fn run(&self, goal: NewGoal) -> (Goal, Vec<Event>) {
        let client = self.client();
        let goal = client.submit(goal).await.unwrap();
        (client.wait(&goal.id).await.unwrap(), events(&client, &goal.id).await)
    }

    /// Checks that nothing breaks a promise.
    pub(crate) async fn verify(&self) {
        verify(&self.endpoints.persistence).await;
    }
}

/// Checks that nothing breaks a promise.
pub(crate) async fn verify(persistence: &str) {
    let mut persistence = PersistenceClient::connect(persistence.to_owned()).await.unwrap();
    let verified = persistence.verify(VerifyRequest::default()).await.unwrap().into_inner();
    assert_eq!(verified.violations, []);
    assert!(verified.workflows > 0 && verified.events > 0);
}

/// The whole history of a goal that has ended.
pub(crate) async fn events(client: &Client, id: &str) -> Vec<Event> {
    let mut watch = client.watch(id, 0);
    let mut events = Vec::new();
    while let Some(event) = watch.next().await.unwrap() {
        events.push(event);
    }
    let numbers: Vec<i64> = events.iter().map(|event| event.number).collect();
    let expected: Vec<i64> = (1..).take(events.len()).collect();
    assert_eq!(numbers, expected, "numbered without gaps");
    events
}

/// The types of events, as words without their prefix.
pub(crate) fn words(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .map(|event| {
            let word = event.r#type().as_str_name().trim_start_matches("EVENT_TYPE_").to_owned();
            if event.task.is_empty() { word } else { format!("{word} {}", event.task) }
        })
        .collect()
}

/// A binary that this workspace builds: beside this test's.
pub(crate) fn binary(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let folder = here.parent().and_then(Path::parent).unwrap();
    let binary = folder.join(name);
    assert!(binary.is_file(), "{} is missing; cargo xtask test builds it", binary.display());
    binary
}

/// A worker in this process, and the attempts that it has begun.
#[derive(Clone)]
pub(crate) struct TestWorker {
    pub(crate) stop: CancellationToken,
    pub(crate) begun: Arc<Mutex<Vec<String>>>,
}

/// Starts a worker that hands its input on.
pub(crate) fn echo_worker(endpoint: &str) -> TestWorker {
    worker(endpoint, |_, input| async move { Ok(input) })
}

/// Starts a worker that offers everything of the catalog.
pub(crate) fn worker<F>(
    endpoint: &str,
    handler: impl Fn(Attempt, Value) -> F + Clone + Send + Sync + 'static,
) -> TestWorker
where
    F: Future<Output = Result<Value, Failure>> + Send + 'static,
{
    let begun = Arc::new(Mutex::new(Vec::new()));
    let mut builder = Worker::builder(endpoint).name("test").max_concurrency(100);
    for capability in ["test.echo", "test.other", "test.number", "test.write", "test.ask"] {
        let (begun, handler) = (Arc::clone(&begun), handler.clone());
        builder = builder.capability(capability, move |attempt: Attempt, input: Value| {
            let name = format!("{} {} {}", attempt.workflow_id(), attempt.task(), attempt.number());
            begun.lock().unwrap().push(name);
            handler(attempt, input)
        });
    }
    let stop = CancellationToken::new();
    tokio::spawn(builder.build().unwrap().run(stop.clone()));
    TestWorker { stop, begun }
}

impl TestWorker {
    /// Checks that no attempt was begun twice.
    pub(crate) fn assert_nothing_ran_twice(&self) {
        let mut begun = self.begun.lock().unwrap().clone();
        let all = begun.len();
        begun.sort_unstable();
        begun.dedup();
        assert_eq!(begun.len(), all, "an attempt was begun twice");
    }
}

/// One task after the other, each with the output of the one before.
pub(crate) fn chain(length: usize) -> Blueprint {
    let name = |place: usize| format!("step{place}");
    let task = |place| Task { name: name(place), capability: "test.echo".to_owned(), ..Task::default() };
    let edge = |place: usize| Edge {
        source: name(place - 1),
        target: name(place),
        data_flow: [("before".to_owned(), format!("tasks.{}.output", name(place - 1)))].into(),
        ..Edge::default()
    };
    Blueprint {
        name: "chain".to_owned(),
        tasks: (0..length).map(task).collect(),
        edges: (1..length).map(edge).collect(),
        ..Blueprint::default()
    }
}

/// A blueprint from JSON in the form of blueprint files.
pub(crate) fn blueprint(value: Value) -> Blueprint {
    goalpost_proto::blueprint_from_model(&serde_json::from_value(value).unwrap())
}

/// One task, and another one if it fails.
pub(crate) fn with_fallback(capability: &str) -> Blueprint {
    blueprint(json!({
        "name": "fallback",
        "tasks": [{"name": "try", "capability": capability}, {"name": "fallback", "capability": "test.echo"}],
        "edges": [{"from": "try", "to": "fallback", "on": "failure",
                   "data_flow": {"why": "tasks.try.error.kind", "text": "tasks.try.error.message"}}],
    }))
}
