//! Invariants 1 to 5 and 9: PostgreSQL is the truth, Redis only delivers.

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_model::Lane;
use goalpost_queue::{Element, List, Pushed, Queue};
use goalpost_testkit::wait_for;
use serde_json::json;
use tokio::sync::watch;

use crate::harness::{OnStores, System, chain, echo_worker, folder, on_stores, worker};

/// Redis forgets everything.
pub(crate) async fn flush(on: &OnStores) {
    let redis = redis::Client::open(on.redis.url()).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut redis).await.unwrap();
}

/// Invariant 1: whatever was in Redis is published again from the state.
#[tokio::test]
async fn a_flushed_redis_loses_nothing() {
    let on = on_stores().await;
    let client = on.system.client();
    // Nobody works yet: everything waits in Redis.
    let mut goals = Vec::new();
    for _ in 0..20 {
        goals.push(client.submit(NewGoal::blueprint(chain(3))).await.unwrap().id);
    }
    let database = on.database.client().await;
    let ready = "SELECT count(*) FROM tasks WHERE state = 'READY'";
    wait_for("ready tasks", async || {
        (database.query_one(ready, &[]).await.unwrap().get::<_, i64>(0) == 20).then_some(())
    })
    .await;
    flush(&on).await;
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    for goal in &goals {
        assert_eq!(client.wait(goal).await.unwrap().state(), GoalState::Succeeded);
    }
    worker.assert_nothing_ran_twice();
    on.system.verify().await;
}

/// Invariants 2 and 9: the database itself makes events, and refuses what the state machine does not have.
#[tokio::test]
async fn a_change_of_state_by_hand_makes_its_event_or_is_refused() {
    let on = on_stores().await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let (goal, events) = on.system.run(NewGoal::blueprint(chain(1))).await;
    let database = on.database.client().await;
    let id: uuid::Uuid = goal.id.parse().unwrap();
    let again = database.execute("UPDATE tasks SET state = 'READY' WHERE workflow_id = $1", &[&id]).await;
    assert!(again.is_err(), "a task that has ended does not begin again");
    let reopened = database.execute("UPDATE goals SET state = 'RUNNING' WHERE id = $1", &[&id]).await;
    assert!(reopened.is_err());
    let waiting = on.system.client().submit(NewGoal::text("Bake a cake")).await.unwrap();
    let waiting = on.system.client().wait(&waiting.id).await.unwrap();
    assert_eq!(waiting.state(), GoalState::Failed);
    let count = "SELECT count(*) FROM events WHERE workflow_id = $1";
    let stored: i64 = database.query_one(count, &[&id]).await.unwrap().get(0);
    assert_eq!(usize::try_from(stored).unwrap(), events.len());
    on.system.verify().await;
}

/// Invariant 3: a notification that nobody heard is made good by the outbox.
#[tokio::test]
async fn what_was_committed_while_nobody_listened_is_delivered_afterwards() {
    let on = on_stores().await;
    let stores = ["--database-url", on.database.url(), "--redis-url", &on.redis.url()].map(str::to_owned);
    on.system.stop().await;
    let database = on.database.client().await;
    let id = uuid::Uuid::now_v7();
    let insert = "INSERT INTO goals (id, goal, goal_type, input, state) \
                  VALUES ($1, 'Bake a cake', '', '{}', 'SUBMITTED')";
    database.execute(insert, &[&id]).await.unwrap();
    let system = System::start(folder(), &stores).await;
    let goal = system.client().wait(&id.to_string()).await.unwrap();
    assert_eq!(goal.failure.unwrap().kind, "NO_PLAN");
    let left = "SELECT count(*) FROM outbox";
    wait_for("an empty outbox", async || {
        (database.query_one(left, &[]).await.unwrap().get::<_, i64>(0) == 0).then_some(())
    })
    .await;
}

/// Invariant 5: every delivery may repeat; the attempt runs once.
#[tokio::test]
async fn a_delivery_that_repeats_runs_once() {
    let on = on_stores().await;
    let client = on.system.client();
    let goal = client.submit(NewGoal::blueprint(chain(2))).await.unwrap();
    let (queue, list) = (Queue::new(&on.redis.url()).unwrap(), List::ready("test.echo"));
    let waiting = async || queue.depths().await.unwrap().remove(&list).unwrap_or_default().elements;
    // A Redis that is new may be told of it a second time.
    wait_for("the delivery", async || (waiting().await > 0).then_some(())).await;
    let (epoch, _) = queue.ensure_epoch().await.unwrap();
    let element = |text: String| Element { list: list.clone(), lane: Lane::default(), text };
    let mut repeated = vec![element(format!("{}:0:1", goal.id)); 10];
    repeated.push(element("nonsense".to_owned()));
    assert_eq!(queue.pusher().await.unwrap().push(&epoch, &repeated).await.unwrap(), Pushed::Done);
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    wait_for("an empty list", async || (waiting().await == 0).then_some(())).await;
    worker.assert_nothing_ran_twice();
    on.system.verify().await;
}

/// Invariants 4 and 7: what a dead engine had taken is given back, and its worker goes on with what
/// it has on another one.
#[tokio::test]
async fn the_death_of_a_process_costs_nothing_while_another_one_lives() {
    let on = on_stores().await;
    let stores = ["--database-url", on.database.url(), "--redis-url", &on.redis.url()].map(str::to_owned);
    let second = System::start(folder(), &stores).await;
    let (release, gate) = watch::channel(false);
    let slow = worker(&second.endpoints.graph_engine, move |_, input| {
        let mut gate = gate.clone();
        async move {
            gate.wait_for(|open| *open).await.ok();
            Ok(input)
        }
    });
    let client = on.system.client();
    let goal = client.submit(NewGoal::blueprint(chain(3))).await.unwrap();
    wait_for("the attempt", async || (slow.begun.lock().unwrap().len() == 1).then_some(())).await;
    second.kill().await;
    release.send(true).unwrap();
    // The slow worker's engine is gone for good; another worker takes over after the grace time.
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let ended = client.wait(&goal.id).await.unwrap();
    assert_eq!(ended.state(), GoalState::Failed);
    assert!(ended.failure.unwrap().message.contains("WORKER_LOST"));
    let (next, _) =
        on.system.run(NewGoal::blueprint(chain(2)).input(json!({}).as_object().unwrap().clone())).await;
    assert_eq!(next.state(), GoalState::Succeeded);
    on.system.verify().await;
}

/// Two engines on the same workflows: fences, not owners.
#[tokio::test]
async fn two_processes_share_the_work() {
    let on = on_stores().await;
    let stores = ["--database-url", on.database.url(), "--redis-url", &on.redis.url()].map(str::to_owned);
    let second = System::start(folder(), &stores).await;
    let workers =
        [echo_worker(&on.system.endpoints.graph_engine), echo_worker(&second.endpoints.graph_engine)];
    let client = second.client();
    let mut goals = Vec::new();
    for _ in 0..50 {
        goals.push(client.submit(NewGoal::blueprint(chain(5))).await.unwrap().id);
    }
    for goal in &goals {
        assert_eq!(client.wait(goal).await.unwrap().state(), GoalState::Succeeded);
    }
    let begun: usize = workers.iter().map(|worker| worker.begun.lock().unwrap().len()).sum();
    assert_eq!(begun, 250);
    on.system.verify().await;
    second.stop().await;
}
