//! A goal becomes a plan and runs to its end.

use goalpost_client::NewGoal;
use goalpost_client::v1::{GoalState, ListGoalsRequest};
use goalpost_testkit::wait_for;
use serde_json::json;

use crate::harness::{blueprint, chain, echo_worker, events, on_stores, words, worker};

#[tokio::test]
async fn a_goal_runs_to_its_end_and_its_history_is_complete() {
    let on = on_stores().await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let (goal, events) = on.system.run(NewGoal::blueprint(chain(2))).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    assert_eq!(goal.workflow_id, goal.id);
    assert_eq!(goal.decisions[0].verdict, "plan");
    assert_eq!(
        words(&events),
        [
            "GOAL_SUBMITTED",
            "GOAL_PLANNED",
            "WORKFLOW_STARTED",
            "TASK_READY step0",
            "ATTEMPT_STARTED step0",
            "TASK_SUCCEEDED step0",
            "TASK_READY step1",
            "ATTEMPT_STARTED step1",
            "TASK_SUCCEEDED step1",
            "WORKFLOW_SUCCEEDED",
            "GOAL_SUCCEEDED"
        ]
    );
    let result = serde_json::to_value(goal.result.unwrap()).unwrap();
    assert_eq!(result, json!({"step1": {"before": {}}}));
    on.system.verify().await;
}

#[tokio::test]
async fn conditions_choose_and_what_is_not_chosen_is_skipped() {
    let on = on_stores().await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let choice = blueprint(json!({
        "name": "choice",
        "tasks": [
            {"name": "start", "capability": "test.echo", "data_flow": {"n": "goal.input.n"}},
            {"name": "big", "capability": "test.echo"},
            {"name": "small", "capability": "test.echo"},
            {"name": "end", "capability": "test.echo", "join": "any"},
        ],
        "edges": [
            {"from": "start", "to": "big", "condition": "tasks.start.output.n > 10"},
            {"from": "start", "to": "small", "condition": "tasks.start.output.n <= 10"},
            {"from": "big", "to": "end", "data_flow": {"size": "'big'"}},
            {"from": "small", "to": "end", "data_flow": {"size": "'small'"}},
        ],
    }));
    let input = json!({"n": 11}).as_object().unwrap().clone();
    let (goal, events) = on.system.run(NewGoal::blueprint(choice).input(input)).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    assert!(words(&events).contains(&"TASK_SKIPPED small".to_owned()));
    assert_eq!(serde_json::to_value(goal.result.unwrap()).unwrap(), json!({"end": {"size": "big"}}));
    on.system.verify().await;
}

#[tokio::test]
async fn a_request_id_makes_a_submission_idempotent() {
    let on = on_stores().await;
    let client = on.system.client();
    let goal = || NewGoal::blueprint(chain(1)).request_id("r1");
    let first = client.submit(goal()).await.unwrap();
    assert_eq!(client.submit(goal()).await.unwrap().id, first.id);
    let other = client.submit(NewGoal::blueprint(chain(2)).request_id("r1")).await.unwrap_err();
    assert_eq!(other.reason().as_deref(), Some("REQUEST_ID_REUSED"));
    assert_eq!(client.list(ListGoalsRequest::default()).await.unwrap().goals.len(), 1);
}

#[tokio::test]
async fn a_goal_without_a_plan_fails_with_what_the_catalog_can_do() {
    let on = on_stores().await;
    let (goal, events) = on.system.run(NewGoal::text("Bake a cake")).await;
    assert_eq!(goal.state(), GoalState::Failed);
    assert_eq!(goal.failure.unwrap().kind, "NO_PLAN");
    assert_eq!(words(&events), ["GOAL_SUBMITTED", "GOAL_FAILED"]);
}

#[tokio::test]
async fn a_cancelled_goal_ends_and_its_worker_is_told() {
    let on = on_stores().await;
    let worker = worker(&on.system.endpoints.graph_engine, |attempt, _| async move {
        attempt.cancelled().await;
        std::future::pending().await
    });
    let client = on.system.client();
    let goal = client.submit(NewGoal::blueprint(chain(3))).await.unwrap();
    wait_for("the attempt", async || (worker.begun.lock().unwrap().len() == 1).then_some(())).await;
    let cancelled = client.cancel(&goal.id, "enough").await.unwrap();
    assert_eq!(cancelled.state(), GoalState::Cancelled);
    assert_eq!(cancelled.failure.unwrap().message, "enough");
    let words = words(&events(&client, &goal.id).await);
    assert_eq!(words.iter().filter(|word| word.starts_with("TASK_CANCELLED")).count(), 3);
    // The worker stopped it: it can drain.
    worker.stop.cancel();
    assert_eq!(client.cancel(&goal.id, "again").await.unwrap().state(), GoalState::Cancelled);
    on.system.verify().await;
}

#[tokio::test]
async fn lists_are_paged_newest_first() {
    let on = on_stores().await;
    let client = on.system.client();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(client.submit(NewGoal::text("Bake a cake")).await.unwrap().id);
    }
    ids.reverse();
    let first = client.list(ListGoalsRequest { page_size: 3, ..Default::default() }).await.unwrap();
    let second = client
        .list(ListGoalsRequest { page_size: 3, page_token: first.next_page_token, ..Default::default() })
        .await
        .unwrap();
    let listed: Vec<String> = first.goals.into_iter().chain(second.goals).map(|goal| goal.id).collect();
    assert_eq!(listed, ids);
    assert_eq!(second.next_page_token, "");
}
