//! Calls that come again while the model answers, or before anybody has kept its answer.

use std::sync::Arc;

use goalpost_proto::v1::PlanningStep;
use goalpost_proto::v1::draft_response::Next;
use goalpost_testkit::llm::{Line, Server};
use goalpost_testkit::wait_for;
use tokio::sync::Semaphore;

use super::{answer, drafted, goal, next, plan, settings, used, valid};
use crate::{Planner, demo, start_with};

/// A model that holds its first answer until there is a permit.
async fn holding() -> (Planner, Server, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let held = Line::Held(answer("weather.fetch", "Weather").to_string(), Arc::clone(&permits));
    let server = Server::start([held, valid(), valid()]).await;
    let planner = start_with(vec![demo()], settings(&server)).await;
    (planner, server, permits)
}

async fn asked(server: &Server, times: usize) {
    wait_for("requests", async || (server.recorded().len() == times).then_some(())).await;
}

async fn step(planner: &mut Planner, request_id: &str) -> PlanningStep {
    match next(&mut planner.client, goal(), request_id, &[]).await {
        Next::Step(step) => step,
        Next::Plan(planned) => panic!("{planned:?}"),
    }
}

#[tokio::test]
async fn a_call_that_breaks_off_is_not_paid_for_twice() {
    let (mut planner, server, permits) = holding().await;
    let mut client = planner.client.clone();
    let first = tokio::spawn(async move { next(&mut client, goal(), "goal-1", &[]).await });
    asked(&server, 1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    permits.add_permits(1);
    assert_eq!(step(&mut planner, "goal-1").await.usage, used(1, 1));
    assert_eq!(server.recorded().len(), 1);
}

#[tokio::test]
async fn calls_of_other_requests_do_not_wait_for_it() {
    let (mut planner, server, permits) = holding().await;
    let first = tokio::spawn(drafted(planner.client.clone(), goal(), "goal-1"));
    asked(&server, 1).await;
    assert_eq!(drafted(planner.client.clone(), goal(), "goal-2").await.failure, None);
    assert_eq!(plan(&mut planner, goal()).await.failure, None);
    permits.add_permits(1);
    assert_eq!((first.await.unwrap().failure, server.recorded().len()), (None, 3));
}

#[tokio::test]
async fn an_answer_is_kept_until_somebody_comes_with_it() {
    let (mut planner, server, permits) = holding().await;
    permits.add_permits(1);
    let heard = step(&mut planner, "goal-1").await;
    // Whoever heard it died before it was durable.
    assert_eq!(step(&mut planner, "goal-1").await, heard);
    assert_eq!(server.recorded().len(), 1);
    let planned = next(&mut planner.client, goal(), "goal-1", &[heard]).await;
    assert!(matches!(planned, Next::Plan(planned) if planned.usage == used(1, 1)));
    // Now it is forgotten.
    step(&mut planner, "goal-1").await;
    assert_eq!(server.recorded().len(), 2);
}
