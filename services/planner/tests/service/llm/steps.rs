//! What the model has said before: whoever comes with it goes on from there.

use goalpost_model::limits::{MAX_MODEL_ANSWER_BYTES, MAX_PLANNING_STEPS};
use goalpost_planner::LlmArgs;
use goalpost_proto::v1::draft_response::Next;
use goalpost_proto::v1::planning_step::Answer;
use goalpost_proto::v1::{DraftRequest, PlanResponse, PlanningStep};
use goalpost_testkit::llm::{Line, Server};

use super::{failure, goal, invalid, next, settings, used, valid, wanted, with_lines};
use crate::{Planner, demo, start, start_with, violations};

async fn step(planner: &mut Planner, steps: &[PlanningStep]) -> PlanningStep {
    match next(&mut planner.client, goal(), "goal-1", steps).await {
        Next::Step(step) => step,
        Next::Plan(planned) => panic!("{planned:?}"),
    }
}

async fn planned(planner: &mut Planner, steps: &[PlanningStep]) -> PlanResponse {
    match next(&mut planner.client, goal(), "goal-1", steps).await {
        Next::Plan(planned) => planned,
        Next::Step(step) => panic!("{step:?}"),
    }
}

#[tokio::test]
async fn every_answer_is_a_step_and_any_planner_goes_on_with_them() {
    let server = Server::start([invalid(), valid()]).await;
    let mut first = start_with(vec![demo()], settings(&server)).await;
    let mut second = start_with(vec![demo()], settings(&server)).await;
    let by_catalog = first.client.plan(goal()).await.unwrap().into_inner();
    assert!(by_catalog.may_draft && by_catalog.failure.is_some() && server.recorded().is_empty());
    let mut steps = vec![step(&mut first, &[]).await];
    steps.push(step(&mut second, &steps).await);
    assert_eq!((server.recorded()[1].turns(), &steps[1].usage), (3, &used(1, 1)));
    let both = [planned(&mut first, &steps).await, planned(&mut second, &steps).await];
    assert_eq!(both[0].blueprint_digest, both[1].blueprint_digest);
    assert_eq!(both[0].planned_by, "llm scripted, prompt plan.v1, repaired once");
    assert_eq!((&both[0].usage, server.recorded().len()), (&used(2, 2), 2));
}

#[tokio::test]
async fn an_answer_to_another_question_only_counts() {
    let server = Server::start([invalid(), valid()]).await;
    let mut before = start_with(vec![demo()], settings(&server)).await;
    let of_old = step(&mut before, &[]).await;
    let other = LlmArgs { llm_max_output_tokens: 1_000, ..settings(&server) };
    let mut after = start_with(vec![demo()], other).await;
    let of_new = step(&mut after, std::slice::from_ref(&of_old)).await;
    assert_ne!(of_old.request_digest, of_new.request_digest);
    let planned = planned(&mut after, &[of_old, of_new]).await;
    assert_eq!(planned.planned_by, "llm scripted, prompt plan.v1");
    assert_eq!((planned.usage, server.recorded().len()), (used(2, 2), 2));
}

#[tokio::test]
async fn a_model_is_not_asked_without_end() {
    let (mut planner, server) = with_lines([valid()]).await;
    let other = PlanningStep {
        request_digest: "00".repeat(32),
        answer: Some(Answer::Truncated(true)),
        usage: used(1, 1),
    };
    let steps = vec![other; MAX_PLANNING_STEPS];
    let planned = planned(&mut planner, &steps).await;
    let (kind, message) = failure(&planned);
    assert!(kind == "NO_PLAN" && message.contains("was asked 16 times"), "{message}");
    assert_eq!((planned.usage, server.recorded().len()), (used(16, 16), 0));
    let steps = [steps.as_slice(), &steps[..1]].concat();
    let request = DraftRequest { goal: Some(goal()), request_id: String::new(), steps, running: None };
    assert_eq!(violations(&planner.client.draft(request).await.unwrap_err()), ["steps"]);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_cut_off_and_made_anew() {
    let endless = Line::Text(format!("{{\"name\":  \"{}", "é".repeat(MAX_MODEL_ANSWER_BYTES)));
    let (mut planner, server) = with_lines([endless, valid()]).await;
    let mut steps = vec![step(&mut planner, &[]).await];
    let Some(Answer::Text(text)) = &steps[0].answer else { panic!("{:?}", steps[0].answer) };
    assert_eq!(text.len(), MAX_MODEL_ANSWER_BYTES - 1);
    steps.push(step(&mut planner, &steps).await);
    assert_eq!(planned(&mut planner, &steps).await.failure, None);
    assert_eq!(server.recorded().len(), 2);
}

#[tokio::test]
async fn what_was_paid_for_counts_where_no_model_is_asked_any_more() {
    let (mut planner, _server) = with_lines([invalid()]).await;
    let steps = vec![step(&mut planner, &[]).await];
    let mut without = start(vec![demo()]).await;
    assert!(!without.client.plan(goal()).await.unwrap().into_inner().may_draft);
    let planned = planned(&mut without, &steps).await;
    assert_eq!((failure(&planned).0, planned.usage.clone()), ("NO_PLAN", used(1, 1)));
    let by_catalog = wanted("Research weather in Seattle and write report");
    match next(&mut planner.client, by_catalog, "goal-1", &steps).await {
        Next::Plan(planned) => assert_eq!((planned.failure, planned.usage), (None, used(1, 1))),
        Next::Step(step) => panic!("{step:?}"),
    }
}
