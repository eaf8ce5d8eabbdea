//! Values that are too large to be carried go by reference.

use goalpost_client::v1::{GoalState, WritePayloadRequest, write_payload_request::Message};
use goalpost_client::{Client, NewGoal};
use goalpost_model::{Digest, Failure, PayloadReference};
use goalpost_proto::v1::{PayloadEnd, PayloadHeader};
use goalpost_testkit::wait_for;
use goalpost_worker::{Attempt, DirectorySecrets, Worker};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::harness::{OnStores, binary, blueprint, on_stores, on_stores_with, worker};

const FIVE_MIB: usize = 5 << 20;

/// Bytes that are other ones everywhere.
fn bytes(count: usize) -> Vec<u8> {
    (0..count as u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn chain() -> NewGoal {
    NewGoal::blueprint(blueprint(json!({
        "name": "by-reference",
        "tasks": [{"name": "write", "capability": "test.echo"}, {"name": "read", "capability": "test.other"}],
        "edges": [{"from": "write", "to": "read", "data_flow": {"file": "tasks.write.output.file"}}],
    })))
}

/// Writes a large value in one task, and reads it in the next.
async fn by_reference(attempt: Attempt, input: Value) -> Result<Value, Failure> {
    if attempt.task() == "write" {
        let file = attempt.write_payload("application/x-test", bytes(FIVE_MIB)).await?;
        return Ok(json!({"file": file}));
    }
    let file: PayloadReference = serde_json::from_value(input["file"].clone()).unwrap();
    let read = attempt.read_payload(&file).await?;
    Ok(json!({"same": read == bytes(FIVE_MIB), "file": file}))
}

async fn count(on: &OnStores, query: &str) -> i64 {
    on.database.client().await.query_one(query, &[]).await.unwrap().get(0)
}

fn reference_in(goal: &goalpost_client::v1::Goal) -> PayloadReference {
    let result = serde_json::to_value(goal.result.as_ref().unwrap()).unwrap();
    let mut file = result["read"]["file"].clone();
    // A number is a double on its way.
    file["bytes"] = json!(file["bytes"].as_f64().unwrap() as u64);
    serde_json::from_value(file).unwrap()
}

#[tokio::test]
async fn what_one_task_writes_the_next_one_reads_and_so_does_the_caller() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, by_reference);
    let (goal, _) = on.system.run(chain().namespace("mine")).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    let result = serde_json::to_value(goal.result.as_ref().unwrap()).unwrap();
    assert_eq!(result["read"]["same"], true);
    let file = reference_in(&goal);
    assert_eq!((file.bytes, file.content_type.as_str()), (FIVE_MIB as u64, "application/x-test"));
    assert_eq!(file.sha256, Digest::of(&bytes(FIVE_MIB)));
    let (client, id) = (on.system.client(), file.id.to_string());
    assert_eq!(client.read_payload("mine", &id).await.unwrap(), bytes(FIVE_MIB));
    // Of another namespace it is as if it were not there.
    for namespace in ["", "other"] {
        let refused = client.read_payload(namespace, &id).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::NotFound), "{refused}");
    }
    let use_of_it = format!(
        "SELECT count(*) FROM payload_uses WHERE payload_id = '{id}' AND workflow_id = '{}'",
        goal.id
    );
    assert_eq!(count(&on, &use_of_it).await, 1);
    on.system.verify().await;
}

#[tokio::test]
async fn a_worker_reads_only_what_is_of_its_goals_namespace() {
    let on = on_stores().await;
    let client = on.system.client();
    let file = client.write_payload("other", "", b"secret plans".to_vec()).await.unwrap();
    let _worker = worker(&on.system.endpoints.graph_engine, move |attempt: Attempt, _| {
        let file = file.clone();
        async move {
            attempt.read_payload(&file).await?;
            Ok(json!({}))
        }
    });
    let one = json!({"name": "one", "tasks": [{"name": "read", "capability": "test.echo"}]});
    for (namespace, state) in [("mine", GoalState::Failed), ("other", GoalState::Succeeded)] {
        let (goal, events) =
            on.system.run(NewGoal::blueprint(blueprint(one.clone())).namespace(namespace)).await;
        assert_eq!(goal.state(), state, "{namespace}");
        let failed = events
            .iter()
            .any(|event| event.failure.as_ref().is_some_and(|f| f.kind == Failure::PAYLOAD_NOT_FOUND));
        assert_eq!(failed, state == GoalState::Failed);
    }
}

#[tokio::test]
async fn a_goal_is_refused_whose_payload_is_not_there_and_keeps_one_that_is() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, |_, input: Value| async move { Ok(input) });
    let client = on.system.client();
    let file = client.write_payload("mine", "text/plain", b"hello".to_vec()).await.unwrap();
    let goal = |namespace: &str| {
        let input = json!({"files": [file]}).as_object().unwrap().clone();
        let one =
            json!({"name": "one", "tasks": [{"name": "a", "capability": "test.echo", "input": {"f": file}}]});
        NewGoal::blueprint(blueprint(one)).input(input).namespace(namespace)
    };
    let refused = client.submit(goal("other")).await.unwrap_err();
    let violations = refused.violations();
    let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(
        (refused.code(), fields.as_slice()),
        (Some(Code::InvalidArgument), &["input", "blueprint"][..])
    );
    assert!(violations[0].description.contains(&file.id.to_string()), "{violations:?}");
    let (goal, _) = on.system.run(goal("mine")).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let uses = format!("SELECT count(*) FROM payload_uses WHERE workflow_id = '{}'", goal.id);
    assert_eq!(count(&on, &uses).await, 1);
}

#[tokio::test]
async fn what_a_signal_brings_is_kept() {
    let on = on_stores().await;
    let client = on.system.client();
    let file = client.write_payload("", "text/plain", b"hello".to_vec()).await.unwrap();
    let waiting = json!({"name": "w", "tasks": [{"name": "a", "capability": "goalpost.await_signal", "input": {"name": "go"}}]});
    let goal = client.submit(NewGoal::blueprint(blueprint(waiting))).await.unwrap();
    let signal = goalpost_client::v1::SignalGoalRequest {
        id: goal.id.clone(),
        name: "go".to_owned(),
        signal_id: "one".to_owned(),
        payload: Some(goalpost_proto::value_from_json(json!({"file": file}))),
    };
    // Once the goal runs.
    wait_for("the signal to be taken", async || client.signal(signal.clone()).await.ok()).await;
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    let uses = format!("SELECT count(*) FROM payload_uses WHERE workflow_id = '{}'", goal.id);
    assert_eq!(count(&on, &uses).await, 1);
}

#[tokio::test]
async fn a_value_that_is_too_large_is_told_how_large_it_is_and_what_to_do() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, |_, _| async { Ok(json!("x".repeat(FIVE_MIB))) });
    let one = json!({"name": "one", "tasks": [{"name": "a", "capability": "test.echo"}]});
    let (_, events) = on.system.run(NewGoal::blueprint(blueprint(one.clone()))).await;
    let failure = events.iter().find_map(|event| event.failure.clone()).unwrap();
    let says = "the output has 5242882 bytes as JSON, more than any engine takes; store what is large (Attempt::write_payload), and hand its reference on";
    assert_eq!((failure.kind.as_str(), failure.message.as_str()), (Failure::PAYLOAD_TOO_LARGE, says));
    let large = json!({"x": "x".repeat(2 << 20)}).as_object().unwrap().clone();
    let refused =
        on.system.client().submit(NewGoal::blueprint(blueprint(one)).input(large)).await.unwrap_err();
    assert!(refused.violations()[0].description.starts_with("has 2097160 bytes as JSON"), "{refused}");
    let twice = json!({"name": "twice", "tasks": [{"name": "a", "capability": "goalpost.transform", "data_flow": {
        "a": "goal.input.x", "b": "goal.input.x"}}]});
    let half = json!({"x": "x".repeat(600_000)}).as_object().unwrap().clone();
    let (_, events) = on.system.run(NewGoal::blueprint(blueprint(twice)).input(half)).await;
    let failure = events.iter().find_map(|event| event.failure.clone()).unwrap();
    let says = "has 1200015 bytes as JSON, and 1048576 are allowed; store what is large as a payload, and pass its reference";
    assert!(failure.kind == Failure::PAYLOAD_TOO_LARGE && failure.message.ends_with(says), "{failure:?}");
}

/// A source that gives some bytes and then waits for ever.
fn stalls(count: usize) -> impl tokio::io::AsyncRead + Send + 'static {
    use tokio::io::AsyncReadExt as _;
    let (sender, receiver) = tokio::io::duplex(1);
    std::mem::forget(sender);
    std::io::Cursor::new(vec![1; count]).chain(receiver)
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let on = on_stores().await;
    let client = on.system.client();
    let upload = tokio::spawn({
        let client = client.clone();
        async move { client.write_payload_from("", "", stalls(3 << 20)).await }
    });
    wait_for("parts of it", async || {
        (count(&on, "SELECT count(*) FROM payload_chunks").await >= 4).then_some(())
    })
    .await;
    // It has begun and is not seen.
    let query = "SELECT id::text FROM payloads WHERE completed_at IS NULL";
    let id: String = on.database.client().await.query_one(query, &[]).await.unwrap().get(0);
    assert_eq!(client.read_payload("", &id).await.unwrap_err().code(), Some(Code::NotFound));
    upload.abort();
    for table in ["payloads", "payload_chunks"] {
        wait_for("nothing", async || {
            (count(&on, &format!("SELECT count(*) FROM {table}")).await == 0).then_some(())
        })
        .await;
    }
}

async fn refusal(client: &Client, parts: Vec<Message>) -> Status {
    let parts = parts.into_iter().map(|message| WritePayloadRequest { message: Some(message) });
    client.raw().write_payload(futures::stream::iter(parts.collect::<Vec<_>>())).await.unwrap_err()
}

fn announced(bytes: i64) -> Message {
    Message::Header(PayloadHeader { bytes, ..PayloadHeader::default() })
}

fn part(bytes: usize) -> Message {
    Message::Chunk(vec![0; bytes])
}

fn end(bytes: i64, of: &[u8]) -> Message {
    Message::End(PayloadEnd { bytes, sha256: Digest::of(of).to_string() })
}

#[tokio::test]
async fn what_is_not_what_was_sent_or_is_too_large_is_refused_and_not_stored() {
    let on = on_stores_with(&["--max-stored-payload-bytes", "1000"]).await;
    let client = on.system.client();
    for (parts, code) in [
        (vec![announced(0), part(3), end(4, &[0; 3])], Code::DataLoss),
        (vec![announced(0), part(3), end(3, b"other")], Code::DataLoss),
        (vec![announced(3), part(3)], Code::Cancelled),
        (vec![part(3), end(3, &[0; 3])], Code::InvalidArgument),
        (vec![announced(0), announced(0)], Code::InvalidArgument),
        (vec![announced(1_001)], Code::InvalidArgument),
        (vec![announced(0), part(600), part(600)], Code::InvalidArgument),
    ] {
        let refused = refusal(&client, parts).await;
        assert_eq!(refused.code(), code, "{refused}");
    }
    assert_eq!(count(&on, "SELECT count(*) FROM payloads").await, 0);
    assert!(client.write_payload("", "", vec![0; 1_000]).await.is_ok());
    let refused = client.write_payload("", "", vec![0; 1_001]).await.unwrap_err();
    assert_eq!(refused.reason().as_deref(), Some("PAYLOAD_TOO_LARGE"));
    assert!(refused.to_string().contains("1001 bytes; 1000 are allowed"), "{refused}");
}

#[tokio::test]
async fn a_payload_that_was_damaged_in_the_store_is_not_given_as_whole() {
    let on = on_stores().await;
    let client = on.system.client();
    let file = client.write_payload("", "", bytes(1 << 20)).await.unwrap();
    let damage = format!("DELETE FROM payload_chunks WHERE payload_id = '{}' AND number = 3", file.id);
    on.database.client().await.batch_execute(&damage).await.unwrap();
    let refused = client.read_payload("", &file.id.to_string()).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::DataLoss), "{refused}");
}

#[tokio::test]
async fn a_secret_does_not_come_into_a_payload() {
    let on = on_stores().await;
    let directory = on.system.folder.path().join("secrets");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("canary"), "zkq7wy-canary").unwrap();
    let handler = |attempt: Attempt, input: Value| async move {
        let text = format!("{} and {0}", input["token"].as_str().unwrap());
        let whole = attempt.write_payload("text/plain", text.clone()).await?;
        let parts = attempt.write_payload_from("text/plain", std::io::Cursor::new(text)).await?;
        Ok(json!({"whole": whole, "parts": parts}))
    };
    let worker = Worker::builder(on.system.endpoints.graph_engine.as_str())
        .secrets(DirectorySecrets::below(directory))
        .capability_with_secrets("test.echo", handler);
    tokio::spawn(worker.build().unwrap().run(CancellationToken::new()));
    let one = json!({"name": "one", "tasks": [{"name": "a", "capability": "test.echo", "input": {"token": "secret://file/canary"}}]});
    let (goal, _) = on.system.run(NewGoal::blueprint(blueprint(one))).await;
    let result = serde_json::to_value(goal.result.as_ref().unwrap()).unwrap();
    for way in ["whole", "parts"] {
        let id = result["a"][way]["$payload"].as_str().unwrap();
        let text = on.system.client().read_payload("", id).await.unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "secret://file/canary and secret://file/canary",
            "{way}"
        );
    }
}

#[tokio::test]
async fn a_file_goes_in_and_comes_out_on_the_command_line() {
    let on = on_stores().await;
    let file = on.system.folder.path().join("file");
    std::fs::write(&file, bytes(700_000)).unwrap();
    let run = async |arguments: &[&str]| {
        let endpoint = on.system.endpoints.decision_group.as_str();
        let mut command = Command::new(binary("goalpost"));
        command.arg("payload").args(arguments).args(["--endpoint", endpoint, "--namespace", "mine"]);
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let put = run(&["put", file.to_str().unwrap(), "--content-type", "image/png"]).await;
    let stored: PayloadReference = serde_json::from_slice(&put).unwrap();
    assert_eq!((stored.bytes, stored.content_type.as_str()), (700_000, "image/png"));
    assert!(run(&["get", &stored.id.to_string()]).await == bytes(700_000));
}
