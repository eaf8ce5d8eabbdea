//! Namespaces take turns and priorities weigh, whatever waits.

use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use goalpost_client::v1::{Goal, GoalState, ListGoalsRequest, Priority};
use goalpost_client::{Client, NewGoal};
use goalpost_queue::{List, Queue};
use goalpost_testkit::wait_for;
use tokio::sync::Semaphore;

use crate::harness::{OnStores, TestWorker, chain, on_stores, worker};

/// Attempts that the tests' worker runs at once.
const CREDIT: usize = 100;

/// A system whose worker ends as many attempts as the gate lets pass, in the order in which they began.
async fn gated() -> (OnStores, TestWorker, Arc<Semaphore>) {
    let on = on_stores().await;
    let gate = Arc::new(Semaphore::new(0));
    let at = Arc::clone(&gate);
    let worker = worker(&on.system.endpoints.graph_engine, move |_, input| {
        let gate = Arc::clone(&at);
        async move {
            gate.acquire_owned().await.unwrap().forget();
            Ok(input)
        }
    });
    (on, worker, gate)
}

fn goal(namespace: &str, priority: Priority) -> NewGoal {
    NewGoal::blueprint(chain(1)).namespace(namespace).priority(priority)
}

async fn submit_many(client: &Client, count: usize, goal: NewGoal) -> Vec<Goal> {
    let submissions = stream::iter(0..count).map(|_| client.submit(goal.clone()));
    submissions.buffer_unordered(64).map(Result::unwrap).collect().await
}

/// Waits until so many tasks wait for a worker, at least, on so many lanes. Answers with how many do.
async fn wait_for_backlog(on: &OnStores, elements: u64, lanes: u64) -> u64 {
    let (queue, list) = (Queue::new(&on.redis.url()).unwrap(), List::ready("test.echo"));
    wait_for(format!("{elements} on {list}"), async || {
        let depth = queue.depths().await.ok()?.remove(&list)?;
        (depth.elements >= elements && depth.lanes == lanes).then_some(depth.elements)
    })
    .await
}

async fn wait_for_success(client: &Client, goal: &Goal) {
    wait_for("the goal's success", async || {
        let goal = client.get(&goal.id).await.unwrap();
        (goal.state() == GoalState::Succeeded).then_some(())
    })
    .await;
}

async fn still_running(client: &Client, namespace: &str) -> usize {
    let request = ListGoalsRequest {
        page_size: 1_000,
        state: GoalState::Running.into(),
        namespace: namespace.to_owned(),
        ..ListGoalsRequest::default()
    };
    client.list(request).await.unwrap().goals.len()
}

#[tokio::test]
async fn a_goal_does_not_wait_for_the_backlog_of_another_namespace() {
    let (on, worker, gate) = gated().await;
    let client = on.system.client();
    submit_many(&client, 2_000, goal("flood", Priority::Normal)).await;
    // Deliveries may repeat; nothing is taken while the gate is shut.
    wait_for_backlog(&on, 1_500, 1).await;
    let drop = client.submit(goal("drop", Priority::Normal)).await.unwrap();
    assert_eq!((drop.namespace.as_str(), drop.priority()), ("drop", Priority::Normal));
    wait_for_backlog(&on, 1_500, 2).await;
    gate.add_permits(200);
    wait_for_success(&client, &drop).await;
    assert_eq!(still_running(&client, "drop").await, 0);
    assert_eq!(still_running(&client, "flood").await, 1_000, "a full page");
    gate.add_permits(2_000);
    wait_for("the end of the flood", async || (still_running(&client, "flood").await == 0).then_some(()))
        .await;
    worker.assert_nothing_ran_twice();
    on.system.verify().await;
}

#[tokio::test]
async fn what_is_urgent_overtakes_what_may_wait() {
    let (on, worker, gate) = gated().await;
    let client = on.system.client();
    submit_many(&client, 400, goal("one", Priority::Low)).await;
    let waiting = wait_for_backlog(&on, 300, 1).await;
    let urgent = submit_many(&client, 30, goal("one", Priority::High)).await;
    wait_for_backlog(&on, waiting + 30, 2).await;
    gate.add_permits(CREDIT + 60);
    for goal in &urgent {
        wait_for_success(&client, goal).await;
    }
    assert!(still_running(&client, "one").await >= 270, "no more than the gate let pass");
    worker.assert_nothing_ran_twice();
}
