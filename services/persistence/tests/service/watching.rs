//! Following a history.

use goalpost_proto::v1::{Event, WatchEventsRequest};
use tonic::{Code, Streaming};
use uuid::Uuid;

use crate::{Persistence, Stores};

async fn watch(persistence: &Persistence, id: Uuid, after: i64) -> Streaming<Event> {
    let request = WatchEventsRequest { workflow_id: id.to_string(), after };
    persistence.client.clone().watch_events(request).await.unwrap().into_inner()
}

async fn next(events: &mut Streaming<Event>) -> i64 {
    events.message().await.unwrap().unwrap().number
}

#[tokio::test]
async fn a_watch_brings_what_was_and_what_comes_and_ends_with_the_goal() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = stores.goal().await;
    let mut events = watch(&persistence, id, 0).await;
    assert_eq!(next(&mut events).await, 1);
    stores.set_goal(id, "RUNNING").await;
    assert_eq!(next(&mut events).await, 2);
    stores.workflow(id).await;
    stores.set_workflow(id, "SUCCEEDED").await;
    assert_eq!((next(&mut events).await, next(&mut events).await), (3, 4));
    // The goal is not settled: more will come.
    stores.set_goal(id, "SUCCEEDED").await;
    assert_eq!(next(&mut events).await, 5);
    assert!(events.message().await.unwrap().is_none());
    // Taken up again in the middle.
    let mut events = watch(&persistence, id, 3).await;
    assert_eq!((next(&mut events).await, next(&mut events).await), (4, 5));
    assert!(events.message().await.unwrap().is_none());
}

#[tokio::test]
async fn a_workflow_without_a_goal_ends_its_watch() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = Uuid::now_v7();
    stores.workflow(id).await;
    let mut events = watch(&persistence, id, 0).await;
    assert_eq!(next(&mut events).await, 1);
    stores.set_workflow(id, "FAILED").await;
    assert_eq!(next(&mut events).await, 2);
    assert!(events.message().await.unwrap().is_none());
}

#[tokio::test]
async fn what_happens_on_one_replica_is_seen_on_another() {
    let stores = Stores::new().await;
    let _first = stores.persistence(5_000).await;
    let second = stores.persistence(5_000).await;
    let id = stores.goal().await;
    let mut events = watch(&second, id, 1).await;
    stores.set_goal(id, "CANCELLED").await;
    assert_eq!(next(&mut events).await, 2);
    assert!(events.message().await.unwrap().is_none());
}

#[tokio::test]
async fn a_missing_event_is_told_and_not_waited_for() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = stores.goal().await;
    stores.set_goal(id, "RUNNING").await;
    stores.break_rule("DELETE FROM events WHERE number = 2").await;
    let mut events = watch(&persistence, id, 0).await;
    assert_eq!(next(&mut events).await, 1);
    assert_eq!(events.message().await.unwrap_err().code(), Code::DataLoss);
}

#[tokio::test]
async fn a_service_that_stops_says_so_to_those_who_watch() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = stores.goal().await;
    let mut events = watch(&persistence, id, 1).await;
    persistence.stop.cancel();
    assert_eq!(events.message().await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn nobody_watches_what_does_not_exist() {
    let stores = Stores::new().await;
    let mut client = stores.persistence(5_000).await.client;
    let request = WatchEventsRequest { workflow_id: Uuid::now_v7().to_string(), after: 0 };
    assert_eq!(client.watch_events(request).await.unwrap_err().code(), Code::NotFound);
}
