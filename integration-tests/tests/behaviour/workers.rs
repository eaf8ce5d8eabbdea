//! Workers that fail, vanish and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_proto::v1::WorkerHello;
use goalpost_testkit::wait_for;
use goalpost_worker::Failure;
use serde_json::{Value, json};
use tonic::Code;

use crate::harness::{echo_worker, on_stores, with_fallback, words, worker};
use crate::raw_worker::{attempt, connect, hello, succeed};

fn result(goal: goalpost_client::v1::Goal) -> Value {
    serde_json::to_value(goal.result.unwrap()).unwrap()
}

#[tokio::test]
async fn a_panic_fails_the_attempt_and_the_failure_edge_decides() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        assert!(attempt.task() != "try", "on purpose");
        Ok(input)
    });
    let (goal, _) = on.system.run(NewGoal::blueprint(with_fallback("test.echo"))).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let result = result(goal);
    assert_eq!(result["fallback"]["why"], "WORKER_PANIC");
    assert!(result["fallback"]["text"].as_str().unwrap().contains("on purpose"));
    on.system.verify().await;
}

#[tokio::test]
async fn an_output_that_breaks_its_schema_fails_with_the_place() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        Ok(if attempt.task() == "try" { json!({"n": "seven"}) } else { input })
    });
    let (goal, _) = on.system.run(NewGoal::blueprint(with_fallback("test.number"))).await;
    let result = result(goal);
    assert_eq!(result["fallback"]["why"], "OUTPUT_SCHEMA");
    assert!(result["fallback"]["text"].as_str().unwrap().contains("/n"), "{result}");
}

#[tokio::test]
async fn an_unhandled_failure_fails_the_goal_and_names_the_task() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, |_, _| async {
        Err::<Value, _>(Failure::new("TOO_HOT", "42 degrees"))
    });
    let (goal, events) = on.system.run(NewGoal::blueprint(crate::harness::chain(2))).await;
    assert_eq!(goal.state(), GoalState::Failed);
    let failure = goal.failure.unwrap();
    assert_eq!(failure.kind, "UNHANDLED_FAILURE");
    assert!(
        failure.message.contains("step0") && failure.message.contains("42 degrees"),
        "{}",
        failure.message
    );
    assert!(words(&events).contains(&"TASK_SKIPPED step1".to_owned()));
    on.system.verify().await;
}

#[tokio::test]
async fn a_worker_that_leaves_and_does_not_come_back_loses_its_attempt() {
    let on = on_stores().await;
    let mut stream = connect(&on.system.endpoints.graph_engine, hello("test.other")).await.unwrap();
    let client = on.system.client();
    let goal = client.submit(NewGoal::blueprint(with_fallback("test.other"))).await.unwrap();
    attempt(&mut stream).await;
    drop(stream);
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let result = result(client.wait(&goal.id).await.unwrap());
    assert_eq!(result["fallback"]["why"], "WORKER_LOST");
    on.system.verify().await;
}

#[tokio::test]
async fn a_worker_that_comes_back_goes_on_with_what_it_has() {
    let on = on_stores().await;
    let hello = hello("test.other");
    let mut stream = connect(&on.system.endpoints.graph_engine, hello.clone()).await.unwrap();
    let client = on.system.client();
    let goal = client.submit(NewGoal::blueprint(with_fallback("test.other"))).await.unwrap();
    let held = attempt(&mut stream).await;
    drop(stream);
    let back = WorkerHello { held: vec![held.clone()], ..hello };
    let mut stream = connect(&on.system.endpoints.graph_engine, back).await.unwrap();
    assert!(succeed(&mut stream, held, json!({"done": true})).await.accepted);
    let ended = client.wait(&goal.id).await.unwrap();
    assert_eq!(ended.state(), GoalState::Succeeded);
    let words = words(&crate::harness::events(&client, &goal.id).await);
    assert_eq!(words.iter().filter(|word| word.starts_with("ATTEMPT_STARTED")).count(), 1);
    on.system.verify().await;
}

/// A call ends when its worker hangs up, wherever the engine is with it.
#[tokio::test]
async fn a_worker_that_dies_while_it_comes_back_loses_its_attempt() {
    let on = on_stores().await;
    let endpoint = on.system.endpoints.graph_engine.clone();
    let hello = hello("test.other");
    let mut stream = connect(&endpoint, hello.clone()).await.unwrap();
    let client = on.system.client();
    let goal = client.submit(NewGoal::blueprint(with_fallback("test.other"))).await.unwrap();
    let held = attempt(&mut stream).await;
    let database = on.database.client().await;
    // The engine waits for this to make the attempt that comes back its own.
    database.batch_execute("BEGIN; SELECT FROM tasks WHERE state = 'RUNNING' FOR UPDATE").await.unwrap();
    drop(stream);
    let call =
        tokio::spawn(async move { connect(&endpoint, WorkerHello { held: vec![held], ..hello }).await });
    let waiting = "\
        SELECT count(*) FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event = 'transactionid'";
    wait_for("the adoption", async || {
        (database.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 1).then_some(())
    })
    .await;
    call.abort();
    call.await.unwrap_err();
    database.batch_execute("COMMIT").await.unwrap();
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let result = wait_for("the end", async || {
        let goal = client.get(&goal.id).await.unwrap();
        (goal.state() == GoalState::Succeeded).then(|| result(goal))
    })
    .await;
    assert_eq!(result["fallback"]["why"], "WORKER_LOST");
    on.system.verify().await;
}

#[tokio::test]
async fn a_retry_policy_gives_the_task_another_attempt() {
    let on = on_stores().await;
    let failed = Arc::new(AtomicBool::new(false));
    let _worker = worker(&on.system.endpoints.graph_engine, move |_, input| {
        let first = !failed.swap(true, Ordering::SeqCst);
        async move { if first { Err(Failure::new("FLAKY", "once")) } else { Ok(input) } }
    });
    let retried = crate::harness::blueprint(json!({
        "name": "retry",
        "tasks": [{"name": "try", "capability": "test.echo", "retry": {"max_attempts": 2, "initial_backoff_ms": 0}}],
    }));
    let (goal, events) = on.system.run(NewGoal::blueprint(retried)).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    assert!(words(&events).contains(&"ATTEMPT_FAILED try".to_owned()));
}

#[tokio::test]
async fn a_malformed_hello_is_refused() {
    let on = on_stores().await;
    let wrong = WorkerHello { session_id: "me".into(), ..hello("test.echo") };
    let status = connect(&on.system.endpoints.graph_engine, wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("hello.session_id"), "{}", status.message());
}
