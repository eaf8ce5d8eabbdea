//! Tasks that share a key, and tasks with a priority of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goalpost_client::NewGoal;
use goalpost_client::v1::{EventType, Explanation, GoalState};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::by_hand::seen;
use crate::harness::{OnStores, TestWorker, blueprint, on_stores, worker};
use crate::truth::flush;

/// One task that holds the key of its goal's text.
fn keyed(limit: u32) -> NewGoal {
    let key = json!({"key": "'db ' + goal.input.db", "limit": limit});
    let tasks = json!([{"name": "work", "capability": "test.echo", "concurrency_key": key}]);
    let input = json!({"db": "one"}).as_object().unwrap().clone();
    NewGoal::blueprint(blueprint(json!({"name": "keyed", "tasks": tasks}))).input(input)
}

/// A worker whose attempts end as the test lets them.
fn held(on: &OnStores) -> (TestWorker, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&permits);
    let worker = worker(&on.system.endpoints.graph_engine, move |_, input| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(input)
        }
    });
    (worker, permits)
}

async fn submit(on: &OnStores, goal: NewGoal) -> String {
    on.system.client().submit(goal).await.unwrap().id
}

fn reason(explanation: &Explanation) -> &str {
    &explanation.tasks[0].reason
}

async fn keys(on: &OnStores) -> i64 {
    let client = on.database.client().await;
    client.query_one("SELECT count(*) FROM concurrency_keys", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_task_waits_until_another_goals_task_gives_the_key_back() {
    let on = on_stores().await;
    let client = on.system.client();
    let (_worker, permits) = held(&on);
    let first = submit(&on, keyed(1)).await;
    seen(&on.system, &first, EventType::AttemptStarted, "work").await;
    let second = submit(&on, keyed(1)).await;
    seen(&on.system, &second, EventType::TaskWaiting, "work").await;
    let third = submit(&on, keyed(1)).await;
    seen(&on.system, &third, EventType::TaskWaiting, "work").await;
    let why = client.explain(&third).await.unwrap();
    let expected = format!(
        "it waits for the key 'db one', held by 1 of 1, for the longest time by task work of workflow {first}; \
         1 have waited for longer"
    );
    assert_eq!(reason(&why), expected);
    // Another namespace has keys of its own.
    let elsewhere = submit(&on, keyed(1).namespace("elsewhere")).await;
    seen(&on.system, &elsewhere, EventType::AttemptStarted, "work").await;
    // Who gives up does not hold the others up.
    client.cancel(&second, "no longer wanted").await.unwrap();
    client.cancel(&first, "neither").await.unwrap();
    seen(&on.system, &third, EventType::AttemptStarted, "work").await;
    permits.add_permits(3);
    for id in [&third, &elsewhere] {
        assert_eq!(client.wait(id).await.unwrap().state(), GoalState::Succeeded);
    }
    assert_eq!(keys(&on).await, 0);
    on.system.verify().await;
}

#[tokio::test]
async fn a_task_that_is_retried_asks_for_its_key_again() {
    let on = on_stores().await;
    let client = on.system.client();
    let (_worker, permits) = held(&on);
    let holder = submit(&on, keyed(1)).await;
    seen(&on.system, &holder, EventType::AttemptStarted, "work").await;
    let waiting = submit(&on, keyed(1)).await;
    seen(&on.system, &waiting, EventType::TaskWaiting, "work").await;
    client.cancel(&waiting, "for a moment").await.unwrap();
    client.wait(&waiting).await.unwrap();
    client.retry(&waiting, false).await.unwrap();
    seen(&on.system, &waiting, EventType::WorkflowRunning, "").await;
    permits.add_permits(2);
    for id in [&holder, &waiting] {
        assert_eq!(client.wait(id).await.unwrap().state(), GoalState::Succeeded);
    }
    assert_eq!(keys(&on).await, 0);
    on.system.verify().await;
}

#[tokio::test]
async fn no_more_tasks_than_the_limit_run_at_once_however_many_ask() {
    let on = on_stores().await;
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen_at_most = Arc::clone(&most);
    let worker = worker(&on.system.endpoints.graph_engine, move |_, input| {
        let (running, most) = (Arc::clone(&running), Arc::clone(&seen_at_most));
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // It takes a while, in which others would come up if they might.
            tokio::time::sleep(Duration::from_millis(5)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(input)
        }
    });
    let each = json!({"name": "each", "input": {"items": [1, 2, 3, 4, 5, 6]}, "for_each": {"body": {"tasks": [
        {"name": "work", "capability": "test.echo", "retry": {"max_attempts": 2},
         "concurrency_key": {"key": "'limited'", "limit": 2}}]}}});
    let goal = || NewGoal::blueprint(blueprint(json!({"name": "many", "tasks": [each.clone()]})));
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(submit(&on, goal()).await);
    }
    for id in &ids {
        assert_eq!(on.system.client().wait(id).await.unwrap().state(), GoalState::Succeeded);
    }
    assert!(most.load(Ordering::SeqCst) <= 2, "{} ran at once", most.load(Ordering::SeqCst));
    worker.assert_nothing_ran_twice();
    assert_eq!(worker.begun.lock().unwrap().len(), 120);
    assert_eq!(keys(&on).await, 0);
    on.system.verify().await;
}

#[tokio::test]
async fn a_key_is_handed_on_though_redis_forgets_everything() {
    let on = on_stores().await;
    let client = on.system.client();
    let (_worker, permits) = held(&on);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(submit(&on, keyed(1)).await);
        flush(&on).await;
    }
    permits.add_permits(1_000);
    for id in &ids {
        assert_eq!(client.wait(id).await.unwrap().state(), GoalState::Succeeded);
    }
    assert_eq!(keys(&on).await, 0);
    on.system.verify().await;
}

#[tokio::test]
async fn a_task_with_a_priority_waits_in_the_lane_of_that_priority() {
    let on = on_stores().await;
    let tasks = json!([
        {"name": "urgent", "capability": "test.echo", "priority": "high"},
        {"name": "usual", "capability": "test.echo"},
        {"name": "idle", "capability": "test.echo", "priority": "low", "concurrency_key": {"key": "'k'"}},
    ]);
    let _worker = worker(&on.system.endpoints.graph_engine, |_, _: Value| async { Ok(json!({})) });
    let goal = NewGoal::blueprint(blueprint(json!({"name": "lanes", "tasks": tasks})));
    let (goal, _) = on.system.run(goal).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let rows =
        on.database.client().await.query("SELECT name, lane FROM tasks ORDER BY ordinal", &[]).await.unwrap();
    let found: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [("urgent", "default:3"), ("usual", "default:2"), ("idle", "default:1")];
    assert_eq!(found, expected.map(|(task, lane)| (task.to_owned(), lane.to_owned())));
}
