//! An attempt belongs to its worker, whatever becomes of the engine.

use std::time::Instant;

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_proto::v1::WorkerHello;
use goalpost_proto::v1::work_response::Message as Answer;
use goalpost_testkit::wait_for;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::cluster::{Cluster, ONE, Replicas, Service};
use crate::harness::{TestWorker, blueprint, chain, events, words, worker};
use crate::raw_worker::{attempt, connect, hello, next, succeed};

/// A worker whose attempts end when the gate is opened.
fn gated_worker(engines: &str) -> (TestWorker, watch::Sender<bool>) {
    let (open, gate) = watch::channel(false);
    let worker = worker(engines, move |_, input: Value| {
        let mut gate = gate.clone();
        async move {
            gate.wait_for(|open| *open).await.ok();
            Ok(input)
        }
    });
    (worker, open)
}

/// Takes an engine away under a running attempt; the attempt ends once, on its first try.
async fn survives(end: impl AsyncFn(&mut Service)) {
    let mut cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &[]).await;
    let (worker, open) = gated_worker(&cluster.engine_urls());
    let client = cluster.client();
    let goal = client.submit(NewGoal::blueprint(chain(1))).await.unwrap();
    let first = cluster.engine_of_attempt(|_| true).await;
    // It may be claimed a moment before the worker has it.
    wait_for("the attempt", async || (worker.begun.lock().unwrap().len() == 1).then_some(())).await;
    let ended_at = Instant::now();
    end(&mut cluster.engines[first]).await;
    cluster.engine_of_attempt(|engine| engine != first).await;
    println!("the attempt was adopted {:?} after its engine was told to end", ended_at.elapsed());
    open.send(true).unwrap();
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    let words = words(&events(&client, &goal.id).await);
    assert_eq!(words.iter().filter(|word| *word == "ATTEMPT_STARTED step0").count(), 1, "{words:?}");
    assert_eq!(worker.begun.lock().unwrap().len(), 1);
    cluster.verify().await;
}

#[tokio::test]
async fn a_running_attempt_outlives_an_engine_that_is_killed() {
    survives(async |engine| engine.kill().await).await;
}

#[tokio::test]
async fn a_running_attempt_outlives_an_engine_that_stops() {
    survives(async |engine| {
        engine.ask_to_end().await;
        engine.ended().await;
    })
    .await;
}

/// The only engine comes back at the same address: there is nowhere else to go.
#[tokio::test]
async fn a_running_attempt_outlives_the_restart_of_the_only_engine() {
    let mut cluster = Cluster::start(ONE, &[]).await;
    let (worker, open) = gated_worker(&cluster.engine_urls());
    let client = cluster.client();
    let goal = client.submit(NewGoal::blueprint(chain(2))).await.unwrap();
    wait_for("the attempt", async || (worker.begun.lock().unwrap().len() == 1).then_some(())).await;
    cluster.engines[0].kill().await;
    cluster.engines[0].start_again().await;
    open.send(true).unwrap();
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    worker.assert_nothing_ran_twice();
    assert_eq!(worker.begun.lock().unwrap().len(), 2);
    cluster.verify().await;
}

#[tokio::test]
async fn attempts_of_a_worker_that_dies_with_its_engine_are_lost_after_the_grace_time() {
    let mut cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &[]).await;
    let mut stream = connect(&cluster.engines[0].url, hello("test.other")).await.unwrap();
    let client = cluster.client();
    let alone = json!({"name": "alone", "tasks": [{"name": "try", "capability": "test.other"}]});
    let goal = client.submit(NewGoal::blueprint(blueprint(alone))).await.unwrap();
    attempt(&mut stream).await;
    drop(stream);
    cluster.engines[0].kill().await;
    let ended = client.wait(&goal.id).await.unwrap();
    assert_eq!(ended.state(), GoalState::Failed);
    assert!(ended.failure.unwrap().message.contains("WORKER_LOST"));
    cluster.verify().await;
}

#[tokio::test]
async fn a_late_result_of_an_attempt_that_was_given_up_is_refused_and_changes_nothing() {
    let cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &["--worker-grace-ms", "200"]).await;
    let hello = hello("test.other");
    let mut stream = connect(&cluster.engines[0].url, hello.clone()).await.unwrap();
    let client = cluster.client();
    let twice = json!({"name": "twice", "tasks": [
        {"name": "try", "capability": "test.other", "retry": {"max_attempts": 2, "initial_backoff_ms": 0}}]});
    let goal = client.submit(NewGoal::blueprint(blueprint(twice))).await.unwrap();
    let first = attempt(&mut stream).await;
    drop(stream);
    let database = cluster.database.client().await;
    let again = "SELECT FROM tasks WHERE state = 'READY' AND attempt = 2";
    wait_for("the second attempt", async || database.query_opt(again, &[]).await.unwrap().map(drop)).await;
    // It comes to the other engine, still busy with the first attempt.
    let back = WorkerHello { held: vec![first.clone()], max_concurrency: 2, ..hello };
    let mut stream = connect(&cluster.engines[1].url, back).await.unwrap();
    let stopped = next(&mut stream, |message| match message {
        Answer::Cancel(cancel) => cancel.attempt,
        _ => None,
    });
    assert_eq!(stopped.await, first);
    let second = attempt(&mut stream).await;
    assert_eq!(second.attempt, 2);
    let count = "SELECT count(*), max(number) FROM events";
    let before = database.query_one(count, &[]).await.unwrap();
    let late = succeed(&mut stream, first, json!({"from": 1})).await;
    assert!(!late.accepted);
    assert!(!late.reason.is_empty());
    let after = database.query_one(count, &[]).await.unwrap();
    assert_eq!((before.get::<_, i64>(0), before.get::<_, i64>(1)), (after.get(0), after.get(1)));
    assert!(succeed(&mut stream, second, json!({"from": 2})).await.accepted);
    let ended = client.wait(&goal.id).await.unwrap();
    let result = serde_json::to_value(ended.result.unwrap()).unwrap();
    assert_eq!(result["try"]["from"].as_f64(), Some(2.0), "{result}");
    cluster.verify().await;
}

/// A worker takes one attempt of a graph that a task has made, goes to another engine, and is silent there.
async fn falls_silent_after_it_was_adopted(made: Value) {
    let cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &[]).await;
    let hello = hello("test.other");
    let mut stream = connect(&cluster.engines[0].url, hello.clone()).await.unwrap();
    let client = cluster.client();
    let making = json!({"name": "making", "tasks": [
        {"name": "plan", "capability": "test.other", "extends": true}]});
    let goal = client.submit(NewGoal::blueprint(blueprint(making))).await.unwrap();
    let plan = attempt(&mut stream).await;
    assert!(succeed(&mut stream, plan, json!({"name": "made", "tasks": [made]})).await.accepted);
    let inside = attempt(&mut stream).await;
    drop(stream);
    let back = WorkerHello { held: vec![inside], ..hello };
    let _silent = connect(&cluster.engines[1].url, back).await.unwrap();
    let ended = client.wait(&goal.id).await.unwrap();
    let failure = ended.failure.unwrap();
    assert!(failure.message.contains("HEARTBEAT_TIMEOUT"), "{failure:?}");
    cluster.verify().await;
}

#[tokio::test]
async fn a_silent_attempt_of_a_graph_that_came_up_is_given_up_by_the_engine_that_adopted_it() {
    let silent = json!({"name": "x", "capability": "test.other", "timeouts": {"heartbeat_ms": 2_000}});
    let each = json!({"name": "each", "input": {"items": [1]}, "for_each": {"body": {"tasks": [silent]}}});
    tokio::join!(falls_silent_after_it_was_adopted(silent), falls_silent_after_it_was_adopted(each));
}
