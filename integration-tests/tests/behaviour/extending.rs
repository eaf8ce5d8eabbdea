//! Tasks and edges that are added to what a goal runs.

use goalpost_client::v1::{EventType, ExtendGoalRequest, GoalState};
use goalpost_client::{Error, NewGoal};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::by_hand::{ended, seen};
use crate::harness::{OnStores, System, blueprint, on_stores, worker};

/// The first task is done, the second one runs until it is let go.
async fn half_done(on: &OnStores) -> (String, CancellationToken) {
    let go = CancellationToken::new();
    let held = go.clone();
    worker(&on.system.endpoints.graph_engine, move |attempt, input| {
        let held = held.clone();
        async move {
            if attempt.task() == "busy" {
                held.cancelled().await;
            }
            Ok(input)
        }
    });
    let two = blueprint(json!({"name": "two", "tasks": [
        {"name": "done", "capability": "test.echo", "input": {"n": 7}},
        {"name": "busy", "capability": "test.echo", "input": {"n": 8}, "retry": {"max_attempts": 2, "initial_backoff_ms": 1}}]}));
    let id = on.system.client().submit(NewGoal::blueprint(two)).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskSucceeded, "done").await;
    seen(&on.system, &id, EventType::AttemptStarted, "busy").await;
    (id, go)
}

fn added(id: &str, part: Value) -> ExtendGoalRequest {
    ExtendGoalRequest { id: id.to_owned(), task: String::new(), blueprint: Some(blueprint(part)) }
}

fn part() -> Value {
    json!({"name": "more", "tasks": [
        {"name": "each", "for_each": {"body": {"tasks": [
            {"name": "work", "capability": "test.echo", "data_flow": {"n": "item"}}]}}, "input": {"items": [1, 2]}},
        {"name": "after", "capability": "test.echo"},
        {"name": "sum", "capability": "goalpost.transform", "data_flow": {
            "done": "tasks.done.output.n", "busy": "tasks.after.output.n", "items": "size(tasks.each.output.outputs)"}}],
        "edges": [
            {"from": "done", "to": "each"}, {"from": "each", "to": "sum"}, {"from": "after", "to": "sum"},
            {"from": "busy", "to": "after", "data_flow": {"n": "tasks.busy.output.n"}}]})
}

#[tokio::test]
async fn what_is_added_follows_what_is_done_and_what_runs() {
    let on = on_stores().await;
    let (id, go) = half_done(&on).await;
    let client = on.system.client();
    let before = client.get(&id).await.unwrap().blueprint_digest;
    let extended = client.extend(added(&id, part())).await.unwrap();
    assert_ne!(extended.blueprint_digest, before);
    assert_eq!(extended.decisions.last().unwrap().verdict, "extend");
    // Asked again, nothing is added again.
    let again = client.extend(added(&id, part())).await.unwrap();
    assert_eq!(again.blueprint_digest, extended.blueprint_digest);
    seen(&on.system, &id, EventType::TaskSucceeded, "each").await;
    go.cancel();
    let (goal, words) = ended(&on.system, &id).await;
    let result = serde_json::to_value(goal.result.unwrap()).unwrap();
    assert_eq!(result, json!({"sum": {"done": 7.0, "busy": 8.0, "items": 2.0}}));
    assert_eq!(words.iter().filter(|word| *word == "WORKFLOW_EXTENDED").count(), 1, "{words:?}");
    on.system.verify().await;
}

#[tokio::test]
async fn an_extension_survives_the_death_of_the_process() {
    let on = on_stores().await;
    let (id, go) = half_done(&on).await;
    on.system.client().extend(added(&id, part())).await.unwrap();
    seen(&on.system, &id, EventType::TaskSucceeded, "each").await;
    let OnStores { system, database, redis } = on;
    let folder = system.kill().await;
    let redis_url = redis.url();
    let stores = ["--database-url", database.url(), "--redis-url", &redis_url].map(str::to_owned);
    let system = System::start(folder, &stores).await;
    go.cancel();
    worker(&system.endpoints.graph_engine, |_, input| async move { Ok(input) });
    let (goal, _) = ended(&system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    system.verify().await;
}

#[tokio::test]
async fn many_who_extend_one_goal_at_once_all_succeed_or_hear_that_others_came_first() {
    let on = on_stores().await;
    let (id, go) = half_done(&on).await;
    let client = on.system.client();
    let one = |place: usize| {
        added(
            &id,
            json!({"name": "one", "tasks": [{"name": format!("task{place}"), "capability": "test.echo"}],
            "edges": [{"from": "busy", "to": format!("task{place}")}]}),
        )
    };
    let calls = (0..8).map(|place| client.extend(one(place)));
    let answers = futures::future::join_all(calls).await;
    let mut joined = 0;
    for (place, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(_) => joined += 1,
            Err(Error::Refused(refused)) if refused.code() == tonic::Code::Aborted => {
                client.extend(one(place)).await.unwrap();
                joined += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(joined, 8);
    go.cancel();
    let (goal, words) = ended(&on.system, &id).await;
    assert_eq!(serde_json::to_value(goal.result.unwrap()).unwrap().as_object().unwrap().len(), 9);
    assert_eq!(words.iter().filter(|word| *word == "WORKFLOW_EXTENDED").count(), 8, "{words:?}");
    on.system.verify().await;
}

#[tokio::test]
async fn what_cannot_be_added_is_refused_with_what_to_do() {
    let on = on_stores().await;
    let (id, go) = half_done(&on).await;
    let client = on.system.client();
    let refused = async |part: Value| client.extend(added(&id, part)).await.unwrap_err().to_string();
    let task = |name: &str, capability: &str| json!({"name": name, "capability": capability});
    for (part, says) in [
        (json!({"name": "p", "tasks": [task("done", "test.other")]}), "another task is named 'done' already"),
        (json!({"name": "p", "tasks": [task("x", "test.echo")], "deadline_ms": 5}), "deadline_ms"),
        (json!({"name": "p", "tasks": [task("x", "nobody.has_it")]}), "nobody.has_it"),
        (
            json!({"name": "p", "tasks": [task("x", "test.echo")], "edges": [{"from": "x", "to": "busy"}]}),
            "leads to task 'busy', which is not added",
        ),
    ] {
        let said = refused(part).await;
        assert!(said.contains(says), "{said}");
    }
    go.cancel();
    ended(&on.system, &id).await;
    let said = refused(json!({"name": "p", "tasks": [task("x", "test.echo")]})).await;
    assert!(said.contains("SUCCEEDED already"), "{said}");
    on.system.verify().await;
}

#[tokio::test]
async fn the_database_refuses_an_extension_without_its_event() {
    let on = on_stores().await;
    let (id, go) = half_done(&on).await;
    let database = on.database.client().await;
    let by_hand = "UPDATE workflows SET blueprint_digest = '\\x00' WHERE state = 'RUNNING'";
    let refused = database.execute(by_hand, &[]).await.unwrap_err();
    assert!(refused.as_db_error().unwrap().message().contains("takes the next number"), "{refused:?}");
    go.cancel();
    ended(&on.system, &id).await;
    on.system.verify().await;
}
