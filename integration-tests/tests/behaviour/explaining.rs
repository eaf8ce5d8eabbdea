//! Why a goal does not go on, whichever engine is asked.

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_proto::v1::ExplainWorkflowRequest;
use goalpost_proto::v1::graph_engine_client::GraphEngineClient;
use goalpost_testkit::wait_for;
use serde_json::json;

use crate::cluster::{Cluster, ONE, Replicas};
use crate::harness::blueprint;
use crate::raw_worker::{attempt, connect, hello, succeed};

/// Waits until the engine says this of the task, and how many attempts wait: what is delivered twice counts twice.
async fn says(engine: &str, id: &str, task: &str, reason: &str) {
    let engine = GraphEngineClient::connect(engine.to_owned()).await.unwrap();
    wait_for(reason, async || {
        let request = ExplainWorkflowRequest { id: id.to_owned() };
        let explained = engine.clone().explain_workflow(request).await.unwrap().into_inner();
        let told = explained.tasks.iter().find(|told| told.task == task)?;
        let (why, how_many) = told.reason.split_once("; ")?;
        (why == reason && how_many.contains(" for one")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_engine_tells_of_workers_that_are_at_others() {
    let mut cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &["--worker-grace-ms", "200"]).await;
    let here = cluster.engines[0].url.clone();
    let mut stream = connect(&cluster.engines[1].url, hello("test.other")).await.unwrap();
    let client = cluster.client();
    let task = |name: &str| json!({"name": name, "capability": "test.other", "retry": {"max_attempts": 2, "initial_backoff_ms": 0}});
    let both = json!({"name": "both", "tasks": [task("one"), task("two")]});
    let id = client.submit(NewGoal::blueprint(blueprint(both))).await.unwrap().id;
    // It has one place, and only the other engine knows it.
    let waits = if attempt(&mut stream).await.task == "one" { "two" } else { "one" };
    let busy = "it waits for a free place at a worker that offers test.other";
    says(&here, &id, waits, busy).await;
    // Whoever is dead offers nothing.
    drop(stream);
    cluster.engines[1].kill().await;
    let nobody = "no worker that offers test.other is connected to any engine";
    says(&here, &id, waits, nobody).await;
    // A worker that comes and goes.
    let mut stream = connect(&here, hello("test.other")).await.unwrap();
    let again = attempt(&mut stream).await;
    assert!(succeed(&mut stream, again, json!({})).await.accepted);
    let last = attempt(&mut stream).await;
    assert!(succeed(&mut stream, last, json!({})).await.accepted);
    assert_eq!(client.wait(&id).await.unwrap().state(), GoalState::Succeeded);
    drop(stream);
    let database = cluster.database.client().await;
    let offers = "SELECT FROM takers WHERE dead_at IS NULL AND offers <> '{}'";
    wait_for("nobody who offers anything", async || {
        database.query_opt(offers, &[]).await.unwrap().is_none().then_some(())
    })
    .await;
    cluster.verify().await;
}
