//! What would happen with another blueprint, or other outcomes.

use goalpost_client::NewGoal;
use goalpost_client::v1::simulated_outcome::Outcome;
use goalpost_client::v1::{
    Failure, GoalState, SimulateBlueprintRequest, SimulateBlueprintResponse, SimulatedOutcome, TaskState,
    WorkflowState,
};
use serde_json::{Value, json};

use crate::harness::{blueprint, on_stores, worker};

/// Looks, and mends what is worse than `least`.
fn mending(least: i64) -> Value {
    json!({"name": "mending", "tasks": [
        {"name": "look", "capability": "test.number", "branch": "exclusive"},
        {"name": "mend", "capability": "test.echo"},
        {"name": "leave", "capability": "goalpost.transform", "data_flow": {"n": "tasks.look.output.n"}}],
        "edges": [
            {"from": "look", "to": "mend", "condition": format!("tasks.look.output.n >= {least}")},
            {"from": "look", "to": "leave", "otherwise": true}]})
}

fn state(simulated: &SimulateBlueprintResponse, name: &str) -> (TaskState, TaskState, bool) {
    let task = simulated.tasks.iter().find(|task| task.task == name).unwrap();
    (task.state(), task.recorded_state(), task.differs)
}

#[tokio::test]
async fn a_goal_that_has_ended_is_played_again_with_what_is_changed() {
    let on = on_stores().await;
    let worker = worker(&on.system.endpoints.graph_engine, |_, _| async move { Ok(json!({"n": 5})) });
    let (goal, _) = on.system.run(NewGoal::blueprint(blueprint(mending(3)))).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let ran = worker.begun.lock().unwrap().len();
    let client = on.system.client();
    let request = |blueprint, outcomes: Vec<(&str, Outcome)>| SimulateBlueprintRequest {
        goal_id: goal.id.clone(),
        blueprint,
        outcomes: outcomes
            .into_iter()
            .map(|(task, outcome)| (task.to_owned(), SimulatedOutcome { outcome: Some(outcome) }))
            .collect(),
        ..SimulateBlueprintRequest::default()
    };
    let (good, skipped) = (TaskState::Succeeded, TaskState::Skipped);
    // As it was.
    let same = client.simulate(request(None, vec![])).await.unwrap();
    assert_eq!((same.state(), same.recorded_state()), (WorkflowState::Succeeded, WorkflowState::Succeeded));
    assert!(same.tasks.iter().all(|task| !task.differs), "{:?}", same.tasks);
    assert_eq!(same.result, goal.result);
    // With another condition.
    let other = client.simulate(request(Some(blueprint(mending(6))), vec![])).await.unwrap();
    assert_eq!(state(&other, "mend"), (skipped, good, true));
    assert_eq!(state(&other, "leave"), (good, skipped, true));
    assert_eq!(other.state(), WorkflowState::Succeeded);
    // With another outcome, and one that nobody knows.
    let fails = Outcome::Failure(Failure { kind: "GONE".to_owned(), message: "it is gone".to_owned() });
    let failed = client.simulate(request(None, vec![("look", fails)])).await.unwrap();
    assert_eq!(failed.state(), WorkflowState::Failed);
    assert_eq!(failed.failure.unwrap().kind, "UNHANDLED_FAILURE");
    let mut longer = mending(3);
    longer["tasks"].as_array_mut().unwrap().push(json!({"name": "tell", "capability": "test.other"}));
    longer["edges"].as_array_mut().unwrap().push(json!({"from": "mend", "to": "tell"}));
    let longer = client.simulate(request(Some(blueprint(longer)), vec![])).await.unwrap();
    assert_eq!((longer.state(), longer.unknown), (WorkflowState::Running, vec!["tell".to_owned()]));
    assert_eq!(worker.begun.lock().unwrap().len(), ran, "nothing was run");
    assert_eq!(state(&same, "look"), (good, good, false));
}

#[tokio::test]
async fn a_blueprint_that_nobody_has_run_is_simulated_with_what_is_given() {
    let on = on_stores().await;
    let client = on.system.client();
    let output = Outcome::Output(goalpost_proto::value_from_json(json!({"n": 1})));
    let request = SimulateBlueprintRequest {
        blueprint: Some(blueprint(mending(3))),
        outcomes: [("look".to_owned(), SimulatedOutcome { outcome: Some(output) })].into(),
        ..SimulateBlueprintRequest::default()
    };
    let simulated = client.simulate(request).await.unwrap();
    assert_eq!(serde_json::to_value(simulated.result.unwrap()).unwrap(), json!({"leave": {"n": 1.0}}));
    let nothing = client.simulate(SimulateBlueprintRequest::default()).await.unwrap_err();
    assert_eq!(nothing.violations()[0].field, "blueprint");
    let unknown = SimulateBlueprintRequest {
        goal_id: "01890000-0000-7000-8000-000000000000".to_owned(),
        ..SimulateBlueprintRequest::default()
    };
    assert_eq!(client.simulate(unknown).await.unwrap_err().code(), Some(tonic::Code::NotFound));
}
