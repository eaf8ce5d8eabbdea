//! Bad input is refused with the fields that are wrong, and stores nothing.

use goalpost_client::v1::ListGoalsRequest;
use goalpost_client::{Client, NewGoal};
use goalpost_model::limits::MAX_PAYLOAD_DEPTH;
use serde_json::json;
use tonic::Code;

use crate::harness::{blueprint, on_stores};

async fn refused(client: &Client, goal: NewGoal) -> Vec<String> {
    let error = client.submit(goal).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::InvalidArgument), "{error}");
    error.violations().into_iter().map(|violation| violation.field).collect()
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_stored() {
    let on = on_stores().await;
    let client = on.system.client();
    assert_eq!(refused(&client, NewGoal::text("")).await, ["goal"]);
    assert_eq!(refused(&client, NewGoal::text("x".repeat(5_000))).await, ["goal"]);
    assert_eq!(refused(&client, NewGoal::text("a\0b")).await, ["goal"]);
    let large = json!({"text": "x".repeat(2 << 20)}).as_object().unwrap().clone();
    assert_eq!(refused(&client, NewGoal::text("a").input(large)).await, ["input"]);
    let nested = |levels: usize| {
        let value = (0..levels).fold(json!({"x": 1}), |inner, _| json!({"x": inner}));
        value.as_object().unwrap().clone()
    };
    assert_eq!(refused(&client, NewGoal::text("a").input(nested(MAX_PAYLOAD_DEPTH))).await, ["input"]);
    // More than protobuf carries: refused before anybody has read a field.
    assert_eq!(refused(&client, NewGoal::text("a").input(nested(200))).await, ["message"]);
    let broken = blueprint(json!({
        "name": "broken",
        "tasks": [{"name": "a", "capability": "test.ecoh"}, {"name": "b", "capability": "test.echo"}],
        "edges": [{"from": "a", "to": "c"}, {"from": "a", "to": "b", "condition": "tasks.a.outptu > 1"}],
    }));
    let error = client.submit(NewGoal::blueprint(broken)).await.unwrap_err();
    let found: Vec<String> = error.violations().into_iter().map(|violation| violation.description).collect();
    for code in ["GP009", "GP010", "GP034"] {
        assert!(found.iter().any(|description| description.starts_with(code)), "{code} in {found:?}");
    }
    assert!(found.iter().any(|description| description.contains("did you mean 'test.echo'?")), "{found:?}");
    assert_eq!(client.list(ListGoalsRequest::default()).await.unwrap().goals, []);
}

#[tokio::test]
async fn unknown_ids_are_not_found_and_malformed_ones_invalid() {
    let on = on_stores().await;
    let client = on.system.client();
    let unknown = "018f4d3a-0000-7000-8000-000000000001";
    assert_eq!(client.get(unknown).await.unwrap_err().code(), Some(Code::NotFound));
    assert_eq!(client.cancel(unknown, "").await.unwrap_err().code(), Some(Code::NotFound));
    assert_eq!(client.watch(unknown, 0).next().await.unwrap_err().code(), Some(Code::NotFound));
    assert_eq!(client.get("x").await.unwrap_err().code(), Some(Code::InvalidArgument));
}
