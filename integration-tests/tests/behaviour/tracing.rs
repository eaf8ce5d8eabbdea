//! One goal is one trace, across all services and workers.

use std::sync::{Arc, Mutex};

use goalpost_client::Client;
use goalpost_client::v1::{Goal, GoalState, SubmitGoalRequest, WatchGoalRequest};
use goalpost_service::trace_context;
use goalpost_testkit::{database, redis};

use crate::collector::{Collector, Span, tree};
use crate::harness::{System, chain, echo_worker, folder, on_stores, worker};
use crate::processes::{Process, Services, Settings};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
/// The span of the client.
const CLIENT: &str = "b7ad6b7169203331";

fn traceparent() -> String {
    format!("00-{TRACE}-{CLIENT}-01")
}

/// Submits a goal as part of the client's trace and follows it to its end.
async fn run(endpoint: &str, goal: SubmitGoalRequest) -> Goal {
    let client = Client::connect(endpoint).unwrap();
    let traceparent = traceparent();
    let submit = trace_context::request(goal, Some(&traceparent));
    let goal = client.raw().submit_goal(submit).await.unwrap().into_inner();
    let watch = WatchGoalRequest { id: goal.id.clone(), after: 0 };
    let watch = trace_context::request(watch, Some(&traceparent));
    let mut events = client.raw().watch_goal(watch).await.unwrap().into_inner();
    while events.message().await.unwrap().is_some() {}
    goal
}

/// Checks that the spans are these and that each hangs on the client's span, over others that
/// were received.
fn assert_one_tree(spans: &[Span], expected: &[&str]) {
    assert_eq!(tree(spans, CLIENT), expected);
    assert_eq!(spans.len(), expected.len(), "a span hangs on none that was received: {spans:#?}");
    assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:#?}");
}

#[tokio::test]
async fn one_goal_is_one_trace_across_all_processes() {
    let (database, redis, folder) = (database().await, redis().await, folder());
    let (collector, otlp_endpoint) = Collector::start().await;
    let services = Services::start(&Settings {
        folder: folder.path(),
        database_url: database.url(),
        redis_url: &redis.url(),
        catalog: concat!(env!("CARGO_MANIFEST_DIR"), "/../catalogs/weather.yaml"),
        otlp_endpoint: &otlp_endpoint,
    })
    .await;
    let reports = folder.path().join("reports");
    // Nobody listens there: the live data fails, and the plan falls back to the record.
    let offline = ["--geocoding-url", "http://127.0.0.1:1/", "--report-dir", reports.to_str().unwrap()];
    let connection = ["--engine", &services.graph_engine, "--otlp-endpoint", &otlp_endpoint];
    let worker = Process::start("goalpost-example-weather", folder.path(), &[connection, offline].concat());
    let text = "Research weather in Seattle and write report".to_owned();
    run(&services.decision_group, SubmitGoalRequest { goal: text, ..SubmitGoalRequest::default() }).await;
    // Whoever stops sends what it still has.
    worker.stop().await;
    services.stop().await;
    assert_one_tree(
        &collector.spans(),
        &[
            "decision-group goalpost.v1.CentralDecisionGroup/SubmitGoal",
            "  decision-group plan",
            "    planner goalpost.v1.Planner/Plan",
            "  decision-group begin",
            "    graph-engine goalpost.v1.GraphEngine/CreateWorkflow",
            "      graph-engine attempt fetch 1",
            "        weather-worker attempt fetch 1 failed",
            "      graph-engine attempt fetch 2",
            "        weather-worker attempt fetch 2 failed",
            "      graph-engine attempt climatology 1",
            "        weather-worker attempt climatology 1",
            "      graph-engine attempt write_report 1",
            "        weather-worker attempt write_report 1",
            "decision-group goalpost.v1.CentralDecisionGroup/WatchGoal",
            "  persistence goalpost.v1.Persistence/WatchEvents",
        ],
    );
}

#[tokio::test]
async fn services_in_one_process_keep_their_names() {
    let (collector, otlp_endpoint) = Collector::start().await;
    let system = System::start(folder(), &["--otlp-endpoint".to_owned(), otlp_endpoint]).await;
    let _worker = echo_worker(&system.endpoints.graph_engine);
    let goal = SubmitGoalRequest { blueprint: Some(chain(2)), ..SubmitGoalRequest::default() };
    run(&system.endpoints.decision_group, goal).await;
    system.stop().await;
    assert_one_tree(
        &collector.spans(),
        &[
            "decision-group goalpost.v1.CentralDecisionGroup/SubmitGoal",
            "  planner goalpost.v1.Planner/CheckBlueprint",
            "  decision-group begin",
            "    graph-engine goalpost.v1.GraphEngine/CreateWorkflow",
            "      graph-engine attempt step0 1",
            "      graph-engine attempt step1 1",
            "decision-group goalpost.v1.CentralDecisionGroup/WatchGoal",
            "  persistence goalpost.v1.Persistence/WatchEvents",
        ],
    );
}

#[tokio::test]
async fn without_a_collector_workers_get_the_callers_trace_as_it_came() {
    let on = on_stores().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sight = Arc::clone(&seen);
    let _worker = worker(&on.system.endpoints.graph_engine, move |attempt, input| {
        sight.lock().unwrap().push(attempt.traceparent().map(str::to_owned));
        async move { Ok(input) }
    });
    let goal = SubmitGoalRequest { blueprint: Some(chain(2)), ..SubmitGoalRequest::default() };
    let goal = run(&on.system.endpoints.decision_group, goal).await;
    assert_eq!(on.system.client().get(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    assert_eq!(*seen.lock().unwrap(), [Some(traceparent()), Some(traceparent())]);
}
