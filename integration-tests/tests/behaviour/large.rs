//! One workflow of thousands of tasks, wide and long, at one engine and handed to and fro between two.

use goalpost_client::NewGoal;
use goalpost_client::v1::{Blueprint, Edge, GoalState, Task};
use serde_json::json;

use crate::cluster::{Cluster, ONE, Replicas, Service};
use crate::harness::{System, TestWorker, chain, echo_worker, folder, worker};

const WIDTH: usize = 3_000;
const LENGTH: usize = 1_000;

/// A task, many side by side after it, and one after all of them.
fn fan_out(width: usize) -> Blueprint {
    let name = |place: usize| format!("part{place}");
    let task = |name: String| Task { name, capability: "test.echo".to_owned(), ..Task::default() };
    let edge = |source: &str, target: &str| Edge {
        source: source.to_owned(),
        target: target.to_owned(),
        ..Edge::default()
    };
    let ends = ["start", "end"].map(|name| task(name.to_owned()));
    Blueprint {
        name: "fan-out".to_owned(),
        tasks: ends.into_iter().chain((0..width).map(|place| task(name(place)))).collect(),
        edges: (0..width)
            .flat_map(|place| [edge("start", &name(place)), edge(&name(place), "end")])
            .collect(),
        ..Blueprint::default()
    }
}

/// Three events of each task, and those of the goal and of its workflow.
fn events_of(tasks: usize) -> usize {
    3 * tasks + 5
}

#[tokio::test]
async fn thousands_of_tasks_spread_and_join() {
    let system = System::start(folder(), &[]).await;
    let worker = echo_worker(&system.endpoints.graph_engine);
    let (goal, events) = system.run(NewGoal::blueprint(fan_out(WIDTH))).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    assert_eq!(events.len(), events_of(WIDTH + 2));
    worker.assert_nothing_ran_twice();
    system.verify().await;
}

#[tokio::test]
async fn a_chain_of_a_thousand_tasks_is_handed_to_and_fro_between_two_engines() {
    let cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &[]).await;
    // Each of them takes from the list what the other one has made ready.
    let begin = |engine: &Service| worker(&engine.url, |_, _| async { Ok(json!({})) });
    let workers: Vec<TestWorker> = cluster.engines.iter().map(begin).collect();
    let client = cluster.client();
    let goal = client.submit(NewGoal::blueprint(chain(LENGTH))).await.unwrap();
    let goal = client.wait(&goal.id).await.unwrap();
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    let begun: Vec<usize> = workers.iter().map(|worker| worker.begun.lock().unwrap().len()).collect();
    assert_eq!(begun.iter().sum::<usize>(), LENGTH);
    assert!(begun.iter().all(|begun| *begun > 0), "one engine did it all: {begun:?}");
    cluster.verify().await;
}
