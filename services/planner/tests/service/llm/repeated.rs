//! Calls that come again while a model plans for them.

use std::sync::Arc;

use goalpost_proto::v1::PlanRequest;
use goalpost_testkit::llm::{Line, Server};
use goalpost_testkit::wait_for;
use tokio::sync::Semaphore;

use super::{answer, goal, plan, settings, used, valid};
use crate::{Planner, demo, start_with};

fn named(id: &str) -> PlanRequest {
    PlanRequest { request_id: id.to_owned(), ..goal() }
}

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

#[tokio::test]
async fn a_call_that_breaks_off_is_not_paid_for_twice() {
    let (mut planner, server, permits) = holding().await;
    let mut client = planner.client.clone();
    let first = tokio::spawn(async move { client.plan(named("goal-1")).await });
    asked(&server, 1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    permits.add_permits(1);
    let answer = plan(&mut planner, named("goal-1")).await;
    assert_eq!((answer.failure, answer.usage), (None, used(1, 1)));
    assert_eq!(server.recorded().len(), 1);
}

#[tokio::test]
async fn calls_of_other_requests_do_not_wait_for_it() {
    let (mut planner, server, permits) = holding().await;
    let mut client = planner.client.clone();
    let first = tokio::spawn(async move { client.plan(named("goal-1")).await.unwrap().into_inner() });
    asked(&server, 1).await;
    assert_eq!(plan(&mut planner, named("goal-2")).await.failure, None);
    assert_eq!(plan(&mut planner, goal()).await.failure, None);
    permits.add_permits(1);
    assert_eq!((first.await.unwrap().failure, server.recorded().len()), (None, 3));
}

#[tokio::test]
async fn an_answer_that_was_heard_is_forgotten() {
    let (mut planner, server, permits) = holding().await;
    permits.add_permits(1);
    for times in [1, 2] {
        assert_eq!(plan(&mut planner, named("goal-1")).await.usage, used(1, 1));
        assert_eq!(server.recorded().len(), times);
    }
}
