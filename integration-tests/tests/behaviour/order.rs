//! No event comes before its cause, also among those of one commit.

use goalpost_client::NewGoal;
use goalpost_client::v1::{Event, GoalState};
use serde_json::json;

use crate::harness::{OnStores, blueprint, events, on_stores, words, worker};

async fn history(on: &OnStores, value: serde_json::Value) -> (GoalState, Vec<Event>) {
    let _worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        if attempt.task() == "slow" { std::future::pending().await } else { Ok(input) }
    });
    let (goal, events) = on.system.run(NewGoal::blueprint(blueprint(value))).await;
    on.system.verify().await;
    (goal.state(), events)
}

/// These come in this order, whatever is between them.
fn assert_in_order(words: &[String], told: &[&str]) {
    let place = |word: &&str| {
        words.iter().position(|other| other == word).unwrap_or_else(|| panic!("{word}: {words:?}"))
    };
    assert!(told.iter().map(place).is_sorted(), "{words:?}");
}

#[tokio::test]
async fn what_begins_and_ends_at_once_is_told_before_what_follows_from_it() {
    let on = on_stores().await;
    let body = json!({"tasks": [{"name": "work", "capability": "test.echo"}, {"name": "last", "capability": "goalpost.transform"}],
                      "edges": [{"from": "work", "to": "last"}]});
    let (state, events) = history(
        &on,
        json!({
            "name": "inside",
            "tasks": [{"name": "part", "run": {"body": body}}, {"name": "slow", "capability": "test.other"},
                      {"name": "first", "capability": "goalpost.transform", "join": "any", "rest": "cancel"}],
            "edges": [{"from": "part", "to": "first"}, {"from": "slow", "to": "first"}],
        }),
    )
    .await;
    assert_eq!(state, GoalState::Succeeded);
    let told = [
        "TASK_SUCCEEDED part[0].work",
        "TASK_SUCCEEDED part[0].last",
        "TASK_SUCCEEDED part",
        "TASK_SUCCEEDED first",
        "WORKFLOW_SUCCEEDED",
    ];
    assert_in_order(&words(&events), &told);
    assert_in_order(&words(&events), &["TASK_SUCCEEDED part", "TASK_CANCELLED slow", "WORKFLOW_SUCCEEDED"]);
}

#[tokio::test]
async fn the_failure_that_has_everything_undone_is_told_before_that() {
    let on = on_stores().await;
    let (state, events) = history(&on, json!({
        "name": "undone",
        "tasks": [{"name": "work", "capability": "test.echo", "compensate_with": {"capability": "test.other"}},
                  {"name": "bad", "capability": "goalpost.transform", "data_flow": {"n": "tasks.work.output.nothing"}}],
        "edges": [{"from": "work", "to": "bad"}],
    }))
    .await;
    assert_eq!(state, GoalState::Failed);
    let told = ["TASK_SUCCEEDED work", "TASK_FAILED bad", "WORKFLOW_COMPENSATING", "TASK_READY work.undo"];
    assert_in_order(&words(&events), &told);
}

#[tokio::test]
async fn a_retry_that_ends_at_once_is_told_as_a_retry_and_an_end() {
    let on = on_stores().await;
    let (state, before) = history(&on, json!({
        "name": "bad",
        "tasks": [{"name": "bad", "capability": "goalpost.transform", "data_flow": {"n": "goal.input.nothing"}}],
    }))
    .await;
    assert_eq!(state, GoalState::Failed);
    let client = on.system.client();
    let id = before[0].workflow_id.clone();
    client.retry(&id, false).await.unwrap();
    assert_eq!(client.wait(&id).await.unwrap().state(), GoalState::Failed);
    let words = words(&events(&client, &id).await.split_off(before.len()));
    assert_in_order(&words, &["WORKFLOW_RUNNING", "TASK_FAILED bad", "WORKFLOW_FAILED"]);
    assert_in_order(&words, &["GOAL_RETRIED", "GOAL_FAILED"]);
    on.system.verify().await;
}
