//! How large values may be that are carried from task to task.

use goalpost_client::NewGoal;
use goalpost_client::v1::{
    Goal, GoalState, SimulateBlueprintRequest, SimulatedOutcome, WorkflowState, simulated_outcome,
};
use goalpost_model::Failure;
use serde_json::{Map, Value, json};

use crate::harness::{blueprint, on_stores_with, worker};
use crate::raw_worker::{connect, hello};

fn failure_of(goal: &Goal) -> &str {
    assert_eq!(goal.state(), GoalState::Failed);
    &goal.failure.as_ref().unwrap().message
}

fn input(fields: Value) -> Map<String, Value> {
    serde_json::from_value(fields).unwrap()
}

/// Input, output and what a data flow puts together, each a little over the limit that was set.
#[tokio::test]
async fn the_limit_of_a_payload_is_a_setting() {
    let on = on_stores_with(&["--max-payload-bytes", "2000"]).await;
    let _worker =
        worker(&on.system.endpoints.graph_engine, |_, _| async { Ok(json!({"x": "x".repeat(3_000)})) });
    let one = |task: Value| NewGoal::blueprint(blueprint(json!({"name": "one", "tasks": [task]})));
    let work = || one(json!({"name": "work", "capability": "test.echo"}));
    let refused =
        on.system.client().submit(work().input(input(json!({"x": "x".repeat(3_000)})))).await.unwrap_err();
    let violation = &refused.violations()[0];
    assert_eq!(violation.field, "input");
    assert!(violation.description.contains("has 3008 bytes as JSON, and 2000 are allowed"), "{violation:?}");
    let (goal, _) = on.system.run(work()).await;
    let says = "PAYLOAD_TOO_LARGE: the output has 3008 bytes as JSON, and 2000 are allowed";
    assert!(failure_of(&goal).contains(says), "{}", failure_of(&goal));
    let flows = json!({"a": "goal.input.x", "b": "goal.input.x"});
    let twice = one(json!({"name": "twice", "capability": "goalpost.transform", "data_flow": flows}));
    let (goal, _) = on.system.run(twice.input(input(json!({"x": "x".repeat(1_500)})))).await;
    let says = "PAYLOAD_TOO_LARGE: the input of task twice has 3015 bytes as JSON, and 2000 are allowed";
    assert!(failure_of(&goal).contains(says), "{}", failure_of(&goal));
    on.system.verify().await;
}

/// What would fail when it is run must not be told to succeed; and what may be run may be simulated.
#[tokio::test]
async fn what_is_simulated_keeps_the_limit_that_was_set() {
    let flows = json!({"a": "tasks.work.output.x", "b": "tasks.work.output.x"});
    let twice = json!({"name": "twice", "tasks": [
        {"name": "work", "capability": "test.echo"},
        {"name": "double", "capability": "goalpost.transform", "data_flow": flows},
    ], "edges": [{"from": "work", "to": "double"}]});
    let request = |bytes: usize| {
        let output = goalpost_proto::value_from_json(json!({"x": "x".repeat(bytes)}));
        let outcome = SimulatedOutcome { outcome: Some(simulated_outcome::Outcome::Output(output)) };
        SimulateBlueprintRequest {
            blueprint: Some(blueprint(twice.clone())),
            outcomes: [("work".to_owned(), outcome)].into(),
            ..SimulateBlueprintRequest::default()
        }
    };
    let on = on_stores_with(&["--max-payload-bytes", "2000"]).await;
    let client = on.system.client();
    let refused = client.simulate(request(3_000)).await.unwrap_err();
    let violation = &refused.violations()[0];
    assert_eq!(violation.field, "outcomes[work]");
    assert!(violation.description.contains("and 2000 are allowed"), "{violation:?}");
    let simulated = client.simulate(request(1_500)).await.unwrap();
    assert_eq!(simulated.state(), WorkflowState::Failed);
    let failure = simulated.failure.unwrap();
    assert!(failure.message.contains("PAYLOAD_TOO_LARGE: the input of task double"), "{failure:?}");

    let on = on_stores_with(&["--max-payload-bytes", "2000000"]).await;
    let client = on.system.client();
    let simulated = client.simulate(request(600_000)).await.unwrap();
    assert_eq!(simulated.state(), WorkflowState::Succeeded, "{:?}", simulated.failure);
    // The outcome itself may be that large, twice of it may not.
    let simulated = client.simulate(request(1_200_000)).await.unwrap();
    assert_eq!(simulated.state(), WorkflowState::Failed);
}

/// Small numbers take six times as much room in a message as in JSON: more than gRPC libraries take by themselves.
/// A worker that is busy with them answers nobody for a while, and is not lost by that.
#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_is_large_in_a_message_breaks_no_stream() {
    let on = on_stores_with(&["--worker-grace-ms", "20000"]).await;
    let goal = || {
        let flows = json!({"a": "goal.input.list", "b": "goal.input.list"});
        let task = json!({"name": "work", "capability": "test.echo", "data_flow": flows});
        NewGoal::blueprint(blueprint(json!({"name": "numbers", "tasks": [task]})))
            .input(input(json!({"list": vec![1; 250_000]})))
    };
    let raw = connect(&on.system.endpoints.graph_engine, hello("test.echo")).await.unwrap();
    let (failed, _) = on.system.run(goal()).await;
    let why = failure_of(&failed);
    assert!(
        why.contains(Failure::PAYLOAD_TOO_LARGE) && why.contains("and worker raw takes 4194304"),
        "{why}"
    );
    drop(raw);
    // It says that it takes more, and so does what comes back.
    let _worker = worker(&on.system.endpoints.graph_engine, |_, input| async { Ok(input) });
    let (done, _) = on.system.run(goal()).await;
    assert_eq!(done.state(), GoalState::Succeeded, "{:?}", done.failure);
    on.system.verify().await;
}
