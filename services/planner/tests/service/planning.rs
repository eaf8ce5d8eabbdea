use goalpost_proto::v1::{EdgeOn, PlanRequest, RungOutcome};
use goalpost_proto::{Violations, read_blueprint};
use pbjson_types::value::Kind;
use pbjson_types::{Struct, Value};
use serde_json::json;

use crate::{demo, fields, start, violations};

fn goal(text: &str) -> PlanRequest {
    PlanRequest { goal: text.to_owned(), ..PlanRequest::default() }
}

#[tokio::test]
async fn the_demo_goal_gets_a_blueprint_with_a_conditional_edge() {
    let mut planner = start(vec![demo()]).await;
    let request = goal("Research weather in Seattle and write report");
    let answer = planner.client.plan(request).await.unwrap().into_inner();
    assert_eq!(answer.failure, None);
    assert_eq!(answer.planned_by, "method weather.report");
    let blueprint = answer.blueprint.unwrap();
    assert!(blueprint.tasks.len() >= 2);
    assert!(blueprint.edges.iter().any(|edge| !edge.condition.is_empty()));
    assert!(blueprint.edges.iter().any(|edge| edge.on() == EdgeOn::Failure));
    assert_eq!(blueprint.capabilities.len(), 3);
}

#[tokio::test]
async fn the_digest_is_that_of_the_blueprint_as_it_arrives() {
    let mut planner = start(vec![demo()]).await;
    let request = goal("Write a weather report for Oslo");
    let answer = planner.client.plan(request.clone()).await.unwrap().into_inner();
    let mut violations = Violations::default();
    let blueprint = read_blueprint(answer.blueprint.unwrap(), "blueprint", &mut violations).unwrap();
    assert_eq!(blueprint.digest().to_string(), answer.blueprint_digest);
    let again = planner.client.plan(request).await.unwrap().into_inner();
    assert_eq!(again.blueprint_digest, answer.blueprint_digest);
}

#[tokio::test]
async fn a_structured_goal_is_planned_by_its_type() {
    let mut planner = start(vec![demo()]).await;
    let request = PlanRequest {
        goal_type: "weather.report".to_owned(),
        input: Some(fields(json!({"city": "Seattle"}))),
        ..PlanRequest::default()
    };
    let answer = planner.client.plan(request).await.unwrap().into_inner();
    assert!(answer.failure.is_none() && answer.blueprint.is_some());
}

#[tokio::test]
async fn a_goal_without_a_plan_is_an_answer_that_lists_what_can_be_done() {
    let mut planner = start(vec![demo()]).await;
    let answer = planner.client.plan(goal("Bake a cake")).await.unwrap().into_inner();
    let failure = answer.failure.unwrap();
    assert_eq!(failure.kind, "NO_PLAN");
    assert!(failure.message.contains("Research weather in {city} and write report"), "{}", failure.message);
    assert!(answer.blueprint.is_none() && answer.blueprint_digest.is_empty());
}

#[tokio::test]
async fn input_that_breaks_a_schema_is_answered_with_findings() {
    let mut planner = start(vec![demo()]).await;
    let request = PlanRequest {
        goal_type: "weather.report".to_owned(),
        input: Some(fields(json!({"city": 7}))),
        ..PlanRequest::default()
    };
    let answer = planner.client.plan(request).await.unwrap().into_inner();
    assert_eq!(answer.failure.unwrap().kind, "NO_PLAN");
    assert!(answer.findings.iter().any(|finding| finding.node == "task fetch"));
}

#[tokio::test]
async fn a_bad_request_names_every_wrong_field() {
    let mut planner = start(vec![]).await;
    let both = PlanRequest { goal: "x".to_owned(), goal_type: "y".to_owned(), ..PlanRequest::default() };
    assert_eq!(violations(&planner.client.plan(both).await.unwrap_err()), ["goal_type"]);
    let empty = planner.client.plan(PlanRequest::default()).await.unwrap_err();
    assert_eq!(violations(&empty), ["goal"]);
    let nan = Value { kind: Some(Kind::NumberValue(f64::NAN)) };
    let input = Struct { fields: [("size".to_owned(), nan)].into() };
    let long = PlanRequest { input: Some(input), ..goal(&"x".repeat(5_000)) };
    assert_eq!(violations(&planner.client.plan(long).await.unwrap_err()), ["goal", "input"]);
}

#[tokio::test]
async fn the_rungs_that_were_tried_are_told_and_a_plan_is_made_once() {
    let mut planner = start(vec![demo()]).await;
    let mut rungs = Vec::new();
    for _ in 0..2 {
        let answer = planner.client.plan(goal("Write a weather report for Oslo")).await.unwrap().into_inner();
        let told = answer.attempts.iter().map(|attempt| (attempt.rung.clone(), attempt.outcome()));
        rungs.push(told.collect::<Vec<_>>());
        assert_eq!(answer.estimate.unwrap().tasks, 3);
    }
    let rung = |name: &str, outcome| (name.to_owned(), outcome);
    let (skipped, planned) = (RungOutcome::Skipped, RungOutcome::Planned);
    assert_eq!(rungs[0], [rung("template", skipped), rung("cached", skipped), rung("htn", planned)]);
    assert_eq!(rungs[1], [rung("template", skipped), rung("cached", planned)]);
}

#[tokio::test]
async fn what_a_namespace_may_not_use_is_not_there_for_its_goals() {
    let incident = demo().with_file_name("incident.yaml");
    let mut planner = start(vec![incident]).await;
    let request =
        |namespace: &str| PlanRequest { namespace: namespace.to_owned(), ..goal("Restart checkout") };
    assert!(planner.client.plan(request("ops")).await.unwrap().into_inner().blueprint.is_some());
    assert!(planner.client.plan(request("")).await.unwrap().into_inner().blueprint.is_some());
    let failure = planner.client.plan(request("other")).await.unwrap().into_inner().failure.unwrap();
    assert_eq!(failure.kind, "NO_PLAN");
}
