//! Redis only delivers: whatever becomes of it, nothing is lost.

use goalpost_queue::{Depth, List};
use goalpost_store::takers::Lease;
use uuid::Uuid;

use crate::verifying::waiting_for_a_key;
use crate::{Persistence, Stores};

#[tokio::test]
async fn a_flushed_redis_is_told_again_of_everything_that_is_undelivered() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(5_000).await;
    let (submitted, planned, ended) = (stores.goal().await, stores.goal().await, stores.goal().await);
    stores.set_goal(planned, "RUNNING").await;
    stores.set_goal(ended, "RUNNING").await;
    stores.workflow(ended).await;
    stores.set_workflow(ended, "SUCCEEDED").await;
    let running = Uuid::now_v7();
    stores.workflow(running).await;
    let ready = stores.ready_task(running, 0).await;
    // Delivered and gone from the outbox: only the state itself knows of them.
    stores.take(List::goals(), 3).await;
    stores.take(List::outcomes(), 1).await;
    stores.take(List::ready("weather.fetch"), 1).await;
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;

    stores.flush_redis().await;
    assert_eq!(stores.take(List::goals(), 2).await, [submitted.to_string(), planned.to_string()]);
    assert_eq!(stores.take(List::outcomes(), 1).await, [ended.to_string()]);
    assert_eq!(stores.take(List::ready("weather.fetch"), 1).await, [ready.to_string()]);
}

#[tokio::test]
async fn a_flushed_redis_is_told_again_of_the_lost_attempts_of_dead_engines() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(0).await;
    let engine = Uuid::now_v7();
    let lease = Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap();
    let workflow = Uuid::now_v7();
    stores.workflow(workflow).await;
    let attempt = stores.ready_task(workflow, 0).await;
    stores.run_task(attempt, engine).await;
    drop(lease);
    assert_eq!(stores.take(List::lost(), 1).await, [attempt.to_string()]);
    // Nobody acted on it, and Redis forgets it.
    stores.flush_redis().await;
    assert_eq!(stores.take(List::lost(), 1).await, [attempt.to_string()]);
}

#[tokio::test]
async fn a_flushed_redis_is_told_again_of_tasks_that_got_their_keys() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(5_000).await;
    let id = waiting_for_a_key(&stores).await;
    stores.break_rule("SELECT grant_keys(ARRAY['default/x']); DELETE FROM outbox").await;
    stores.flush_redis().await;
    assert_eq!(stores.take(List::keys(), 1).await, [format!("{id}:0:0")]);
}

#[tokio::test]
async fn telling_that_was_interrupted_is_done_again() {
    let stores = Stores::new().await;
    let goal = delivered_and_taken(&stores).await;
    stores.flush_redis().await;
    // What a replica leaves behind that dies right after it began to tell.
    stores.queue.ensure_epoch().await.unwrap();
    let _persistence = stores.persistence(5_000).await;
    assert_eq!(stores.take(List::goals(), 1).await, [goal]);
}

#[tokio::test]
async fn a_redis_that_comes_back_with_an_older_state_is_told_again() {
    let mut stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    stores.redis_command("SAVE").await;
    let goal = stores.goal().await.to_string();
    assert_eq!(stores.take(List::goals(), 1).await, std::slice::from_ref(&goal));
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
    stores.redis.kill().await;
    stores.redis.restart().await.unwrap();
    assert_eq!(stores.take(List::goals(), 1).await, [goal]);
    persistence.stop().await;
}

#[tokio::test]
async fn while_redis_is_away_deliveries_wait_and_the_service_says_so() {
    let mut stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    stores.redis.kill().await;
    not_serving(&persistence).await;
    let goal = stores.goal().await;
    assert_eq!(stores.count("SELECT count(*) FROM outbox").await, 1);
    stores.redis.restart().await.unwrap();
    assert_eq!(stores.take(List::goals(), 1).await, [goal.to_string()]);
    persistence.health.serving().await;
}

#[tokio::test]
async fn a_service_that_starts_before_redis_waits_for_it() {
    let mut stores = Stores::new().await;
    stores.redis.kill().await;
    let persistence = stores.start(5_000).await;
    let goal = stores.goal().await;
    not_serving(&persistence).await;
    stores.redis.restart().await.unwrap();
    persistence.health.serving().await;
    assert_eq!(stores.take(List::goals(), 1).await, [goal.to_string()]);
}

/// A goal that was delivered, and whose element is gone.
async fn delivered_and_taken(stores: &Stores) -> String {
    let persistence = stores.persistence(5_000).await;
    let goal = stores.goal().await.to_string();
    assert_eq!(stores.take(List::goals(), 1).await, std::slice::from_ref(&goal));
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
    persistence.stop().await;
    goal
}

async fn not_serving(persistence: &Persistence) {
    goalpost_testkit::wait_for("NOT_SERVING", async || {
        let serving = tokio::time::timeout(std::time::Duration::ZERO, persistence.health.serving()).await;
        serving.is_err().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_flushed_redis_is_told_again_which_lanes_things_are_on() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(5_000).await;
    stores.goal_of("one", 2).await;
    stores.goal_of("one", 3).await;
    stores.goal_of("two", 2).await;
    for _ in 0..2 {
        goalpost_testkit::wait_for("three lanes", async || {
            let depths = stores.queue.depths().await.ok()?;
            (*depths.get(&List::goals())? == Depth { elements: 3, lanes: 3 }).then_some(())
        })
        .await;
        stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
        stores.flush_redis().await;
    }
}
