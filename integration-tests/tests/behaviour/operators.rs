//! What operators see: workers, queues, histories and blueprints, and goals by what they are.

use goalpost_client::v1::{
    ConnectedWorker, ListGoalEventsRequest, ListGoalsRequest, ListQueuesRequest, ListWorkersRequest, Queue,
    WorkerState,
};
use goalpost_client::{Client, NewGoal};
use goalpost_testkit::wait_for;
use pbjson_types::Timestamp;
use serde_json::json;
use tonic::Code;

use crate::cluster::{Cluster, ONE, Replicas};
use crate::harness::{blueprint, chain, echo_worker, on_stores, words};
use crate::raw_worker::{attempt, connect, hello, succeed};

async fn workers(client: &Client, capability: &str) -> Vec<ConnectedWorker> {
    let request = ListWorkersRequest { capability: capability.to_owned(), ..ListWorkersRequest::default() };
    client.list_workers(request).await.unwrap().workers
}

async fn queue(client: &Client, name: &str) -> Option<Queue> {
    let queues = client.list_queues(ListQueuesRequest::default()).await.unwrap().queues;
    queues.into_iter().find(|queue| queue.name == name)
}

#[tokio::test]
async fn workers_of_all_engines_are_listed_and_those_of_dead_ones_are_not() {
    let mut cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &["--worker-grace-ms", "60000"]).await;
    let client = cluster.client();
    let one = connect(&cluster.engines[0].url, hello("test.echo")).await.unwrap();
    let mut other = connect(&cluster.engines[1].url, hello("test.other")).await.unwrap();
    let both = wait_for("both workers", async || {
        let workers = workers(&client, "").await;
        (workers.len() == 2 && workers.iter().all(|w| w.state() == WorkerState::Connected)).then_some(workers)
    })
    .await;
    assert!(both[0].session_id < both[1].session_id && both[0].engine_id != both[1].engine_id);
    // A page each.
    let page = |page_token| ListWorkersRequest { page_size: 1, page_token, ..ListWorkersRequest::default() };
    let first = client.list_workers(page(String::new())).await.unwrap();
    let second = client.list_workers(page(first.next_page_token)).await.unwrap();
    assert_eq!([&first.workers[..], &second.workers[..]].concat(), both);
    assert_eq!(second.next_page_token, "");
    // What a worker has counts.
    let task = json!({"name": "sample", "tasks": [{"name": "a", "capability": "test.other"}]});
    let goal = client.submit(NewGoal::blueprint(blueprint(task))).await.unwrap();
    let held = attempt(&mut other).await;
    let [busy] = workers(&client, "test.other").await.try_into().unwrap();
    assert_eq!((busy.in_flight, busy.capabilities), (1, vec!["test.other".to_owned()]));
    assert!(succeed(&mut other, held, json!({})).await.accepted);
    client.wait(&goal.id).await.unwrap();
    assert_eq!(workers(&client, "test.other").await[0].in_flight, 0);
    // One that is gone is away until its grace time is over; those of a dead engine are nowhere.
    drop(one);
    wait_for("a worker that is away", async || {
        (workers(&client, "test.echo").await.first()?.state() == WorkerState::Away).then_some(())
    })
    .await;
    cluster.engines[1].kill().await;
    wait_for("the end of a dead engine", async || {
        workers(&client, "test.other").await.is_empty().then_some(())
    })
    .await;
    drop(other);
}

#[tokio::test]
async fn queues_tell_what_waits_for_whom_and_since_when() {
    let on = on_stores().await;
    let client = on.system.client();
    let goal = |namespace: &str| {
        let task = json!({"name": "sample", "tasks": [{"name": "a", "capability": "test.echo"}]});
        NewGoal::blueprint(blueprint(task)).namespace(namespace)
    };
    for namespace in ["ops", "ops", "dev"] {
        client.submit(goal(namespace)).await.unwrap();
    }
    let waiting = wait_for("three attempts", async || {
        let queue = queue(&client, "ready:test.echo").await?;
        // A delivery that repeats counts twice.
        (queue.waiting >= 3 && queue.oldest_at.is_some()).then_some(queue)
    })
    .await;
    assert_eq!((waiting.capability.as_str(), waiting.workers), ("test.echo", 0));
    let lanes: Vec<&str> = waiting.lanes.iter().map(|lane| lane.namespace.as_str()).collect();
    assert_eq!(lanes, ["dev", "ops"]);
    let oldest = waiting.lanes.iter().map(|lane| lane.oldest_at.map(|at| (at.seconds, at.nanos))).min();
    assert_eq!(oldest, Some(waiting.oldest_at.map(|at| (at.seconds, at.nanos))));
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    wait_for("an empty queue with a worker", async || {
        let queue = queue(&client, "ready:test.echo").await?;
        (queue.waiting == 0 && queue.workers == 1 && queue.lanes.is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_history_comes_in_pages_and_a_goal_has_its_blueprint() {
    let on = on_stores().await;
    let client = on.system.client();
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let (goal, events) = on.system.run(NewGoal::blueprint(chain(2))).await;
    let page = |after| ListGoalEventsRequest { id: goal.id.clone(), after, page_size: 6 };
    let first = client.list_events(page(0)).await.unwrap();
    let second = client.list_events(page(6)).await.unwrap();
    assert_eq!(words(&[first.events, second.events].concat()), words(&events));
    assert_eq!((first.last_number, second.last_number), (11, 11));
    let found = client.blueprint(&goal.id).await.unwrap();
    assert_eq!((found.name.as_str(), found.tasks.len()), ("chain", 2));

    let nobody = uuid::Uuid::now_v7().to_string();
    assert_eq!(client.blueprint(&nobody).await.unwrap_err().code(), Some(Code::NotFound));
    let unknown = ListGoalEventsRequest { id: nobody, ..ListGoalEventsRequest::default() };
    assert_eq!(client.list_events(unknown).await.unwrap_err().code(), Some(Code::NotFound));
    let wrong = ListGoalEventsRequest { id: "x".into(), after: -1, page_size: -1 };
    let violations = client.list_events(wrong).await.unwrap_err().violations();
    let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["after", "page_size", "id"]);
}

#[tokio::test]
async fn goals_are_found_by_type_and_time() {
    let on = on_stores().await;
    let client = on.system.client();
    let submit = async |goal| client.submit(goal).await.unwrap().id;
    let first = submit(NewGoal::of_type("test.brew")).await;
    let second = submit(NewGoal::text("Brew some tea")).await;
    let third = submit(NewGoal::of_type("test.inquire")).await;
    let found = async |wanted| {
        let goals = client.list(wanted).await.unwrap().goals;
        goals.into_iter().map(|goal| goal.id).collect::<Vec<_>>()
    };
    let of_type = |goal_type: &str| ListGoalsRequest { goal_type: goal_type.into(), ..Default::default() };
    assert_eq!(found(of_type("test.brew")).await, std::slice::from_ref(&first));
    assert!(found(of_type("none")).await.is_empty());
    // Ids begin with the millisecond in which they were made.
    let at = |id: &str| {
        let (seconds, nanos) = id.parse::<uuid::Uuid>().unwrap().get_timestamp().unwrap().to_unix();
        Some(Timestamp { seconds: i64::try_from(seconds).unwrap(), nanos: i32::try_from(nanos).unwrap() })
    };
    let since = ListGoalsRequest { created_after: at(&second), ..Default::default() };
    assert!(found(since).await.starts_with(&[third.clone(), second.clone()]));
    let until = ListGoalsRequest { created_before: at(&first), ..Default::default() };
    assert!(found(until).await.is_empty());
}
