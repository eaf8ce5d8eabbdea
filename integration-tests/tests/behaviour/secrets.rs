//! What is secret is seen by the handlers that ask for it, and by nothing else: not by the stores, not by
//! who watches, not by traces and logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use futures::StreamExt as _;
use goalpost_client::NewGoal;
use goalpost_client::v1::{Event, Goal, GoalState};
use goalpost_model::Failure;
use goalpost_testkit::wait_for;
use goalpost_worker::{Attempt, DirectorySecrets, Worker};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::collector::Collector;
use crate::harness::{OnStores, blueprint, events, on_stores_with};

/// With characters that JSON and Rust write otherwise.
const CANARY: &str = "canary\"zkq7wy\\yellow";
/// In it whatever way it is written.
const FEATHER: &str = "zkq7wy";
const REFERENCE: &str = "secret://file/bird/canary";

/// What the handlers saw.
type Sights = Arc<Mutex<Vec<(String, Value)>>>;

/// A number is wanted where a secret comes.
#[derive(Deserialize)]
struct Wrong {
    #[expect(dead_code, reason = "it is never read")]
    token: u64,
}

async fn answer(attempt: Attempt, input: Value, sights: Sights) -> Result<Value, Failure> {
    sights.lock().unwrap().push((attempt.task().to_owned(), input.clone()));
    let token = input["token"].as_str().unwrap_or_default().to_owned();
    match attempt.task() {
        "refuse" => Err(Failure::new(format!("REFUSED {token}"), format!("{token} is refused: {input}"))),
        "panic" => panic!("no bird like {token}"),
        _ => Ok(
            json!({"token": token, "text": format!("Bearer {token}"), "json": input.to_string(), token.clone(): [{"x": token}]}),
        ),
    }
}

fn worker(on: &OnStores, sights: &Sights, stop: CancellationToken) {
    let directory = on.system.folder.path().join("secrets");
    std::fs::create_dir_all(directory.join("bird")).unwrap();
    std::fs::write(directory.join("bird/canary"), CANARY).unwrap();
    let (seen, dark) = (Arc::clone(sights), Arc::clone(sights));
    let worker = Worker::builder(on.system.endpoints.graph_engine.as_str())
        .secrets(DirectorySecrets::below(directory))
        .capability_with_secrets("test.echo", move |attempt, input| answer(attempt, input, Arc::clone(&seen)))
        .capability_with_secrets("test.other", |_, _: Wrong| async { Ok(json!({})) })
        .capability("test.number", move |attempt: Attempt, input: Value| {
            dark.lock().unwrap().push((attempt.task().to_owned(), input));
            async { Ok(json!({"n": 1})) }
        });
    tokio::spawn(worker.build().unwrap().run(stop));
}

/// Every way that a secret could take into the history.
fn goal() -> NewGoal {
    let retry = json!({"max_attempts": 3, "initial_backoff_ms": 0});
    let token = json!({"token": "goal.input.token"});
    let blueprint = blueprint(json!({
        "name": "secrets",
        "tasks": [
            {"name": "echo", "capability": "test.echo", "input": {"token": REFERENCE}},
            {"name": "again", "capability": "test.echo"},
            {"name": "refuse", "capability": "test.echo", "data_flow": token},
            {"name": "panic", "capability": "test.echo", "data_flow": token},
            {"name": "decode", "capability": "test.other", "data_flow": token},
            {"name": "dark", "capability": "test.number", "data_flow": token},
            {"name": "absent", "capability": "test.echo", "input": {"token": "secret://file/absent"}, "retry": retry},
        ],
        "edges": [{"from": "echo", "to": "again", "data_flow": {"token": "tasks.echo.output.token"}}],
    }));
    NewGoal::blueprint(blueprint).input(json!({"token": REFERENCE}).as_object().unwrap().clone())
}

/// What a subscriber of the worker's process writes.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// The rows of all tables that have this text.
async fn rows_with(on: &OnStores, text: &str) -> Vec<String> {
    let database = on.database.client().await;
    let tables =
        database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", &[]).await.unwrap();
    let mut found = Vec::new();
    for table in tables.iter().map(|row| row.get::<_, String>(0)) {
        let query = format!(
            "SELECT row_to_json(t)::text FROM {table} t WHERE row_to_json(t)::text LIKE '%' || $1 || '%'"
        );
        let rows = database.query(&query, &[&text]).await.unwrap();
        found.extend(rows.iter().map(|row| format!("{table}: {}", row.get::<_, String>(0))));
    }
    found
}

fn failure_of(events: &[Event], task: &str) -> String {
    let ends = events.iter().filter(|event| event.task == task && event.failure.is_some());
    let failures: Vec<String> = ends
        .map(|event| {
            let failure = event.failure.as_ref().unwrap();
            format!("{}: {}", failure.kind, failure.message)
        })
        .collect();
    failures.join("; ")
}

#[tokio::test]
async fn a_secret_is_seen_by_handlers_that_ask_for_it_and_by_nothing_else() {
    let (collector, otlp_endpoint) = Collector::start().await;
    let on = on_stores_with(&["--otlp-endpoint", &otlp_endpoint]).await;
    let (sights, lines, stop) = (Sights::default(), Lines::default(), CancellationToken::new());
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish();
    // With a single subscriber in the process, what a thread without one comes to first would be off everywhere.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    // All of this test runs in this thread.
    let guard = tracing::subscriber::set_default(subscriber);
    let commands = commands_of(&on).await;
    worker(&on, &sights, stop.clone());
    let client = on.system.client();
    let submitted = client.submit(goal()).await.unwrap();
    let ended = client.wait(&submitted.id).await.unwrap();
    let history = events(&client, &submitted.id).await;
    drop(guard);
    stop.cancel();

    assert_handlers_saw(&sights.lock().unwrap());
    assert_told_with_references(&ended, &history);
    let shown = format!("{ended:?} {history:?}");
    assert!(!shown.contains(FEATHER), "{shown}");
    assert_eq!(rows_with(&on, FEATHER).await, [""; 0]);
    let rows = rows_with(&on, REFERENCE).await;
    assert!(
        ["goals", "workflows", "tasks", "events", "blueprints"]
            .iter()
            .all(|table| { rows.iter().any(|row| row.starts_with(table)) }),
        "the look for secrets finds what is there: {rows:?}"
    );
    let commands = commands.lock().unwrap().join("\n");
    assert!(commands.contains(&submitted.id) && !commands.contains(FEATHER), "{commands}");
    let written = lines.text();
    assert_eq!(lines_with(&written, FEATHER), [""; 0]);
    assert_ne!(lines_with(&written, REFERENCE), [""; 0], "a span says how its attempt ended");
    let log = std::fs::read_to_string(&on.system.log).unwrap();
    assert!(!log.contains(FEATHER), "{log}");
    on.system.stop().await;
    let spans = format!("{:?}", collector.spans());
    assert!(spans.contains("refuse") && !spans.contains(FEATHER), "{spans}");
}

/// Every command that Redis takes from now on.
async fn commands_of(on: &OnStores) -> Arc<Mutex<Vec<String>>> {
    let monitor = redis::Client::open(on.redis.url()).unwrap();
    let monitor = monitor.get_async_monitor().await.unwrap();
    let commands = Arc::<Mutex<Vec<String>>>::default();
    let heard = Arc::clone(&commands);
    tokio::spawn(async move {
        let mut messages = monitor.into_on_message::<String>();
        while let Some(command) = messages.next().await {
            heard.lock().unwrap().push(command);
        }
    });
    let another = redis::Client::open(on.redis.url()).unwrap();
    let mut another = another.get_multiplexed_async_connection().await.unwrap();
    let _: String = redis::cmd("ECHO").arg("it listens").query_async(&mut another).await.unwrap();
    let hears = || commands.lock().unwrap().iter().any(|command| command.contains("it listens"));
    wait_for("what Redis is told", async || hears().then_some(())).await;
    commands
}

fn lines_with<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(word)).collect()
}

fn assert_handlers_saw(sights: &[(String, Value)]) {
    let token = |task: &str| {
        let (_, input) = sights.iter().find(|(seen, _)| seen == task).unwrap_or_else(|| panic!("no {task}"));
        input["token"].as_str().unwrap().to_owned()
    };
    // What one handler hands on as a reference comes to the next one as the secret.
    for task in ["echo", "again", "refuse", "panic"] {
        assert_eq!(token(task), CANARY, "{task}");
    }
    assert_eq!(token("dark"), REFERENCE);
    assert!(sights.iter().all(|(task, _)| task != "absent"));
}

fn assert_told_with_references(goal: &Goal, history: &[Event]) {
    assert_eq!(goal.state(), GoalState::Failed);
    let refused = failure_of(history, "refuse");
    let text = format!("REFUSED {REFERENCE}: {REFERENCE} is refused: {{\"token\":\"{REFERENCE}\"}}");
    assert_eq!(refused, text);
    assert_eq!(
        failure_of(history, "panic"),
        format!("WORKER_PANIC: the handler panicked: no bird like {REFERENCE}")
    );
    assert!(failure_of(history, "decode").contains(REFERENCE), "{}", failure_of(history, "decode"));
    let absent = "SECRET_NOT_FOUND: secret://file/absent: there is no such secret, or it is not given out";
    assert_eq!(failure_of(history, "absent"), absent);
}
