//! Timers (invariant 8): they fire once, whatever happens to those who wait for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_testkit::wait_for;
use goalpost_worker::Failure;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::harness::{System, blueprint, echo_worker, events, folder, on_stores, words, worker};
use crate::truth::flush;

/// One `test.echo`, with this retry policy and these timeouts.
fn one(retry: &Value, timeouts: &Value) -> NewGoal {
    NewGoal::blueprint(blueprint(json!({
        "name": "one",
        "tasks": [{"name": "a", "capability": "test.echo", "retry": retry, "timeouts": timeouts}],
    })))
}

fn wait_then_echo(wait: &Value) -> NewGoal {
    NewGoal::blueprint(blueprint(json!({
        "name": "wait",
        "tasks": [{"name": "wait", "capability": "goalpost.wait", "input": wait}, {"name": "a", "capability": "test.echo"}],
        "edges": [{"from": "wait", "to": "a"}],
    })))
}

#[tokio::test]
async fn a_failed_attempt_is_retried_after_its_pause() {
    let on = on_stores().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let _worker = worker(&on.system.endpoints.graph_engine, move |_, input| {
        let is_last = runs.fetch_add(1, Ordering::SeqCst) == 2;
        async move { if is_last { Ok(input) } else { Err(Failure::new("FLAKY", "not yet")) } }
    });
    let retry = json!({"max_attempts": 3, "initial_backoff_ms": 20, "jitter": 0.5});
    let (goal, events) = on.system.run(one(&retry, &json!({}))).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let failed: Vec<i32> =
        events.iter().filter(|event| event.failure.is_some()).map(|event| event.attempt).collect();
    assert_eq!(failed, [1, 2]);
    on.system.verify().await;
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_stopped_and_its_task_fails() {
    let on = on_stores().await;
    let (stopped, mut seen) = watch::channel(false);
    let _worker = worker(&on.system.endpoints.graph_engine, move |attempt, _| {
        let stopped = stopped.clone();
        async move {
            // The handler is dropped when it is told to stop; this outlives it.
            tokio::spawn(async move {
                attempt.cancelled().await;
                stopped.send_replace(true);
            });
            std::future::pending::<Result<Value, Failure>>().await
        }
    });
    let (goal, _) = on.system.run(one(&json!({}), &json!({"start_to_close_ms": 30}))).await;
    assert_eq!(goal.state(), GoalState::Failed);
    assert!(goal.failure.unwrap().message.contains("START_TO_CLOSE_TIMEOUT"));
    seen.wait_for(|stopped| *stopped).await.unwrap();
    on.system.verify().await;
}

/// Heartbeats keep an attempt alive for longer than the time between them; without them it fails.
#[tokio::test]
async fn a_handler_that_falls_silent_loses_its_attempt() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        let within = attempt.heartbeat_within().unwrap();
        if attempt.number() == 1 {
            return std::future::pending().await;
        }
        // Longer than it may be silent, in all.
        for _ in 0..8 {
            tokio::time::sleep(within / 4).await;
            attempt.heartbeat();
        }
        Ok(input)
    });
    let retry = json!({"max_attempts": 2, "initial_backoff_ms": 0});
    let (goal, events) = on.system.run(one(&retry, &json!({"heartbeat_ms": 1_000}))).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let failures: Vec<String> =
        events.into_iter().filter_map(|event| event.failure).map(|failure| failure.kind).collect();
    assert_eq!(failures, ["HEARTBEAT_TIMEOUT"]);
    on.system.verify().await;
}

#[tokio::test]
async fn a_task_that_no_worker_takes_fails_with_what_is_missing() {
    let on = on_stores().await;
    let (goal, events) = on.system.run(one(&json!({}), &json!({"schedule_to_start_ms": 30}))).await;
    assert_eq!(goal.state(), GoalState::Failed);
    assert!(goal.failure.unwrap().message.contains("offers test.echo"));
    assert!(!words(&events).contains(&"ATTEMPT_STARTED a".to_owned()));
    on.system.verify().await;
}

#[tokio::test]
async fn a_deadline_ends_the_workflow_and_what_it_waits_for() {
    let on = on_stores().await;
    let mut late = blueprint(json!({"name": "late", "tasks": [{"name": "a", "capability": "test.echo"}]}));
    late.deadline_ms = 30;
    let (goal, events) = on.system.run(NewGoal::blueprint(late)).await;
    assert_eq!(goal.state(), GoalState::Failed);
    assert_eq!(goal.failure.unwrap().kind, "DEADLINE_EXCEEDED");
    assert!(words(&events).contains(&"TASK_CANCELLED a".to_owned()));
    on.system.verify().await;
}

/// An earlier timer shortens the sleep of a later one; a wait survives the process that slept for it.
#[tokio::test]
async fn a_wait_outlives_the_process_that_sleeps_for_it() {
    let on = on_stores().await;
    let client = on.system.client();
    let later = client.submit(wait_then_echo(&json!({"duration_ms": 1_000_000}))).await.unwrap();
    let database = on.database.client().await;
    let armed = "SELECT count(*) FROM timers WHERE fired_at IS NULL";
    wait_for("the timer", async || (count(&database, armed).await == 1).then_some(())).await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let (soon, _) = on.system.run(wait_then_echo(&json!({"duration_ms": 10}))).await;
    assert_eq!(soon.state(), GoalState::Succeeded);
    let stores = ["--database-url", on.database.url(), "--redis-url", &on.redis.url()].map(str::to_owned);
    on.system.kill().await;
    // Its time comes while nobody is there.
    database.execute("UPDATE timers SET fire_at = now()", &[]).await.unwrap();
    let second = System::start(folder(), &stores).await;
    let _worker = echo_worker(&second.endpoints.graph_engine);
    assert_eq!(second.client().wait(&later.id).await.unwrap().state(), GoalState::Succeeded);
    let words = words(&events(&second.client(), &later.id).await);
    assert_eq!(words.iter().filter(|word| *word == "TASK_SUCCEEDED wait").count(), 1);
    second.verify().await;
}

/// A timer that fired is in its row until its transition comes: Redis may forget the delivery.
#[tokio::test]
async fn a_timer_that_fired_survives_a_redis_that_forgets_it() {
    let on = on_stores().await;
    let client = on.system.client();
    let goal = client.submit(wait_then_echo(&json!({"until": "2200-01-01T00:00:00Z"}))).await.unwrap();
    let database = on.database.client().await;
    wait_for("the timer", async || {
        (count(&database, "SELECT count(*) FROM timers").await == 1).then_some(())
    })
    .await;
    // As if it had fired, and its delivery had been lost in Redis.
    database.execute("UPDATE timers SET fired_at = now()", &[]).await.unwrap();
    flush(&on).await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    on.system.verify().await;
}

/// A timer may be delivered any number of times, and one that belongs to nothing does nothing.
#[tokio::test]
async fn a_timer_that_is_delivered_again_changes_nothing() {
    let on = on_stores().await;
    let (goal, before) = on.system.run(wait_then_echo_nothing()).await;
    let database = on.database.client().await;
    for kind in ["wait", "backoff", "start_to_close"] {
        let again = "INSERT INTO outbox (list, element) VALUES ('timers', $1)";
        database.execute(again, &[&format!("{}:0:0:{kind}", goal.id)]).await.unwrap();
    }
    database.execute("INSERT INTO outbox (list, element) VALUES ('timers', 'nonsense')", &[]).await.unwrap();
    let (other, _) = on.system.run(wait_then_echo_nothing()).await;
    assert_eq!(other.state(), GoalState::Succeeded);
    assert_eq!(events(&on.system.client(), &goal.id).await, before);
    on.system.verify().await;
}

fn wait_then_echo_nothing() -> NewGoal {
    NewGoal::blueprint(blueprint(json!({
        "name": "wait",
        "tasks": [{"name": "wait", "capability": "goalpost.wait", "input": {"duration_ms": 1}}],
    })))
}

async fn count(database: &tokio_postgres::Client, query: &str) -> i64 {
    database.query_one(query, &[]).await.unwrap().get(0)
}
