//! Other plans for goals that run and that the catalog has no other plan for.

use goalpost_proto::v1::draft_response::Next;
use goalpost_proto::v1::{DraftRequest, ReplanRequest, RunningPlan};
use goalpost_testkit::llm::Line;
use serde_json::json;

use super::{used, wanted, with_lines};
use crate::fields;

#[tokio::test]
async fn a_model_is_asked_for_another_plan_and_told_what_failed() {
    let flow = |path: &str, expression: &str| json!([{"path": path, "expression": expression}]);
    let answer = json!({
        "impossible": "", "name": "weather", "output": [],
        "tasks": [
            {"name": "fetch"},
            {"name": "say", "capability": "report.write", "input_json": "{\"title\": \"Other words\"}",
             "data_flow": [flow("city", "goal.input.city")[0], flow("weather", "tasks.fetch.output")[0]]},
        ],
        "edges": [{"from": "fetch", "to": "say"}],
    });
    let (planner, server) = with_lines([Line::json(&answer)]).await;
    let mut client = planner.client.clone();
    let goal = wanted("Research weather in Oslo and write report");
    let present = client.plan(goal.clone()).await.unwrap().into_inner().blueprint.unwrap();
    let names: Vec<String> = present.tasks.iter().map(|task| task.name.clone()).collect();
    let asked = ReplanRequest {
        goal: goal.goal.clone(),
        input: goal.input.clone(),
        blueprint: Some(present.clone()),
        failed: names.clone(),
        ..ReplanRequest::default()
    };
    let answer = client.replan(asked).await.unwrap().into_inner();
    assert!(answer.may_draft && answer.blueprint.is_none() && answer.failure.is_some(), "{answer:?}");
    let failed: Vec<String> = names.iter().filter(|name| *name != "fetch").cloned().collect();
    let mut request = DraftRequest {
        goal: Some(goal),
        running: Some(RunningPlan {
            blueprint: Some(present),
            failed,
            ended: names,
            outputs: Some(fields(json!({"fetch": {"celsius": 7}}))),
            reason: "the printer is on fire".to_owned(),
            ..RunningPlan::default()
        }),
        ..DraftRequest::default()
    };
    let Next::Step(step) = client.draft(request.clone()).await.unwrap().into_inner().next.unwrap() else {
        panic!("there is a plan without a model")
    };
    request.steps.push(step);
    let Next::Plan(planned) = client.draft(request).await.unwrap().into_inner().next.unwrap() else {
        panic!("it is asked again")
    };
    assert_eq!((planned.failure, planned.planned_by.as_str()), (None, "llm scripted, prompt replan.v1"));
    let names: Vec<String> = planned.blueprint.unwrap().tasks.into_iter().map(|task| task.name).collect();
    assert_eq!((names, planned.usage), (vec!["fetch".to_owned(), "say".to_owned()], used(1, 1)));
    let told = server.recorded()[0].body.to_string();
    for part in ["the printer is on fire", "celsius", "Another plan for a goal that runs"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
