//! The death of takers.

use goalpost_model::EngineId;
use goalpost_queue::List;
use goalpost_store::takers::{Death, Lease};
use goalpost_testkit::wait_for;
use uuid::Uuid;

use crate::Stores;

/// Sessions of this database that wait for an advisory lock.
const WAITING: &str = "\
    SELECT count(*) FROM pg_stat_activity \
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'";

const DEAD: &str = "SELECT count(*) FROM takers WHERE dead_at IS NOT NULL";

/// A session that waits for the lock of a living taker must not keep its snapshot: no table could be
/// vacuumed for as long as the taker lives.
#[tokio::test]
async fn the_watch_over_a_living_taker_does_not_hold_vacuum_back() {
    let stores = Stores::new().await;
    let _active = stores.persistence(5_000).await;
    let _standby = stores.start(5_000).await;
    let _lease = Lease::acquire(&stores.store, Uuid::now_v7(), "graph-engine").await.unwrap();
    let client = stores.database.client().await;
    let waits = "SELECT backend_xmin::text FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event = 'advisory'";
    let snapshots = async || -> Vec<String> {
        client.query(waits, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    let before =
        wait_for("both waits", async || Some(snapshots().await).filter(|waits| waits.len() == 2)).await;
    wait_for("waits with new snapshots", async || {
        // Something happens.
        stores.goal().await;
        let now = snapshots().await;
        (now.len() >= 2 && now.iter().all(|snapshot| !before.contains(snapshot))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_a_dead_taker_had_taken_goes_back_and_its_attempts_are_lost_after_the_grace() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(50).await;
    let engine = Uuid::now_v7();
    let lease = Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap();
    let workflow = Uuid::now_v7();
    stores.workflow(workflow).await;
    let (claimed, taken) = (stores.ready_task(workflow, 0).await, stores.ready_task(workflow, 1).await);
    let mut line = stores.queue.taker(engine, List::ready("weather.fetch")).await.unwrap();
    assert_eq!(line.take(1).await.unwrap(), [claimed.to_string()]);
    stores.run_task(claimed, engine).await;
    line.done().await.unwrap();
    assert_eq!(line.take(1).await.unwrap(), [taken.to_string()]);
    drop((line, lease));
    assert_eq!(stores.take(List::ready("weather.fetch"), 1).await, [taken.to_string()]);
    assert_eq!(stores.take(List::lost(), 1).await, [claimed.to_string()]);
    assert_eq!(stores.count(DEAD).await, 1);
}

#[tokio::test]
async fn a_take_that_waits_for_a_dead_taker_takes_nothing_any_more() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(5_000).await;
    let engine = Uuid::now_v7();
    let lease = Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap();
    let mut line = stores.queue.taker(engine, List::goals()).await.unwrap();
    // Like a machine that is cut off: its connection to Redis stays open at the other end.
    let waiting = tokio::spawn(async move { line.take(1).await });
    drop(lease);
    stores.wait_for_count(DEAD, 1).await;
    assert!(waiting.await.unwrap().is_err());
}

#[tokio::test]
async fn an_engine_that_comes_back_keeps_its_attempts_and_is_watched_again() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(0).await;
    let engine = Uuid::now_v7();
    let workflow = Uuid::now_v7();
    stores.workflow(workflow).await;
    let attempt = stores.ready_task(workflow, 0).await;
    // Many times, because what is looked for is a race.
    for _ in 0..50 {
        drop(Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap());
    }
    let lease = Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap();
    stores.run_task(attempt, engine).await;
    // The watch over the one that lives waits; nobody calls it dead.
    stores.wait_for_count(WAITING, 1).await;
    assert_eq!(stores.count(DEAD).await, 0);
    drop(lease);
    assert_eq!(stores.take(List::lost(), 1).await, [attempt.to_string()]);
}

#[tokio::test]
async fn an_engine_cannot_come_back_before_its_death_is_dealt_with() {
    let stores = Stores::new().await;
    let engine = Uuid::now_v7();
    drop(Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap());
    let death = Death::of(&stores.store, engine).await.unwrap();
    let store = stores.store.clone();
    let back = tokio::spawn(async move { Lease::acquire(&store, engine, "graph-engine").await });
    stores.wait_for_count(WAITING, 1).await;
    death.bury().await.unwrap();
    let _lease = back.await.unwrap().unwrap();
    assert_eq!(stores.count(DEAD).await, 0);
}

#[tokio::test]
async fn attempts_of_an_engine_that_died_while_nobody_watched_are_lost_too() {
    let stores = Stores::new().await;
    let engine = Uuid::now_v7();
    let workflow = Uuid::now_v7();
    stores.workflow(workflow).await;
    let attempt = stores.ready_task(workflow, 0).await;
    let lease = Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap();
    stores.run_task(attempt, engine).await;
    let first = stores.persistence(3_600_000).await;
    drop(lease);
    stores.wait_for_count(DEAD, 1).await;
    // The first one dies within the grace time.
    first.stop().await;
    let _second = stores.persistence(0).await;
    assert_eq!(stores.take(List::lost(), 1).await, [attempt.to_string()]);
}

#[tokio::test]
async fn orders_for_a_dead_engine_are_removed_also_if_the_service_that_saw_it_die_is_gone() {
    let stores = Stores::new().await;
    let engine = Uuid::now_v7();
    let workflow = Uuid::now_v7();
    stores.workflow(workflow).await;
    let (stopped, later) = (stores.ready_task(workflow, 0).await, stores.ready_task(workflow, 1).await);
    let first = stores.persistence(3_600_000).await;
    let lease = Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap();
    for attempt in [stopped, later] {
        stores.run_task(attempt, engine).await;
    }
    stores.cancel_task(stopped).await;
    let orders = List::engine(EngineId(engine));
    // A busy machine may not answer in time.
    let depth = async || {
        let depths = stores.queue.depths().await.ok()?;
        Some(depths.get(&orders).map_or(0, |depth| depth.elements))
    };
    wait_for("the order", async || (depth().await == Some(1)).then_some(())).await;
    drop(lease);
    stores.wait_for_count(DEAD, 1).await;
    first.stop().await;
    stores.cancel_task(later).await;
    let second = stores.persistence(0).await;
    wait_for("no order", async || (depth().await == Some(0)).then_some(())).await;
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
    let orders = wait_for("the order's list", depth).await;
    assert_eq!(orders, 0, "an engine that is dead gets no orders");
    second.stop().await;
}

#[tokio::test]
async fn a_service_that_stops_leaves_no_session_waiting_in_the_database() {
    let stores = Stores::new().await;
    let _lease = Lease::acquire(&stores.store, Uuid::now_v7(), "graph-engine").await.unwrap();
    let persistence = stores.persistence(5_000).await;
    stores.wait_for_count(WAITING, 1).await;
    persistence.stop().await;
    stores.wait_for_count(WAITING, 0).await;
}

#[tokio::test]
async fn an_engine_that_lost_the_database_with_everybody_else_keeps_its_attempts() {
    let stores = Stores::new().await;
    let _persistence = stores.persistence(0).await;
    let engine = Uuid::now_v7();
    let workflow = Uuid::now_v7();
    stores.workflow(workflow).await;
    let attempt = stores.ready_task(workflow, 0).await;
    let cut_off = Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap();
    stores.run_task(attempt, engine).await;
    let everybody = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                     WHERE datname = current_database() AND application_name = 'goalpost'";
    assert!(stores.count(everybody).await > 1);
    stores.wait_for_count(DEAD, 1).await;
    // It notices later than the replica that watches it, and is not too late.
    drop(cut_off);
    let _lease = Lease::acquire(&stores.store, engine, "graph-engine").await.unwrap();
    stores.wait_for_count(WAITING, 1).await;
    assert_eq!(stores.count("SELECT count(*) FROM outbox WHERE list = 'lost'").await, 0);
    let depths = stores.queue.depths().await.unwrap();
    assert!(!depths.contains_key(&List::lost()), "{depths:?}");
}
