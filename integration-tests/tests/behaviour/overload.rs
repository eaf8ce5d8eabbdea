//! Too much is refused at once, with a hint when to come back; what was taken on is done.

use futures::future::join_all;
use goalpost_client::v1::{Goal, SubmitGoalRequest, WatchGoalRequest};
use goalpost_client::{Client, NewGoal};
use goalpost_testkit::{Pulse, wait_for};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::harness::{OnStores, chain, on_stores_with};

const CALLS: usize = 3_000;

async fn system(flags: &[&str]) -> (OnStores, Client) {
    let on = on_stores_with(flags).await;
    let client = on.system.client();
    (on, client)
}

fn request(namespace: &str, request_id: &str) -> SubmitGoalRequest {
    SubmitGoalRequest {
        goal: "Bake a cake".to_owned(),
        namespace: namespace.to_owned(),
        request_id: request_id.to_owned(),
        ..SubmitGoalRequest::default()
    }
}

/// One submission, as the service answers it.
async fn submit(client: &Client) -> Result<Goal, Status> {
    Ok(client.raw().submit_goal(request("", "")).await?.into_inner())
}

/// The reason of a refusal that says when to come back.
fn reason(status: &Status) -> String {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.get_details_retry_info().unwrap().retry_delay.is_some());
    status.get_details_error_info().unwrap().reason
}

/// A flood while the store takes no goals, of which at most `room` wait; the others are refused for
/// this reason. Answers with how many goals were accepted in the end.
async fn flood(on: &OnStores, client: &Client, room: usize, expected: &str) -> usize {
    let lock = on.database.client().await;
    lock.batch_execute("BEGIN; LOCK TABLE goals IN EXCLUSIVE MODE").await.unwrap();
    let refused = Pulse::default();
    let submissions: Vec<_> = (0..CALLS)
        .map(|_| {
            let (client, refused) = (client.clone(), refused.clone());
            tokio::spawn(async move { submit(&client).await.inspect_err(|_| refused.beat()) })
        })
        .collect();
    wait_for("refusals", async || (refused.count() >= CALLS - room).then_some(())).await;
    // The client comes back until there is room.
    let patient = client.clone();
    let patient = tokio::spawn(async move { patient.submit(NewGoal::text("Bake a cake")).await });
    lock.batch_execute("COMMIT").await.unwrap();
    patient.await.unwrap().unwrap();
    let outcomes = join_all(submissions).await.into_iter().map(Result::unwrap);
    let (accepted, refused): (Vec<_>, Vec<_>) = outcomes.partition(Result::is_ok);
    for status in refused.into_iter().filter_map(Result::err) {
        assert_eq!(reason(&status), expected);
    }
    accepted.len()
}

#[tokio::test]
async fn goals_beyond_the_line_to_the_store_are_refused_and_the_others_are_stored() {
    let (on, client) = system(&["--max-calls", "10000"]).await;
    // Those on their way, and those that wait for the next write.
    let accepted = flood(&on, &client, 256 + 1_024, "SUBMIT_QUEUE_FULL").await;
    let count = "SELECT count(*) FROM goals";
    let count: i64 = on.database.client().await.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(count, i64::try_from(accepted).unwrap() + 1, "with that of the patient client");
}

#[tokio::test]
async fn calls_beyond_the_limit_are_refused() {
    let (on, client) = system(&["--max-calls", "50"]).await;
    flood(&on, &client, 50, "TOO_MANY_CALLS").await;
}

#[tokio::test]
async fn a_namespace_has_so_many_open_goals_and_no_more() {
    let (on, client) = system(&["--max-open-goals", "3"]).await;
    let goal = || NewGoal::blueprint(chain(1)).namespace("small");
    let first = client.submit(goal().request_id("first")).await.unwrap();
    for _ in 0..2 {
        client.submit(goal()).await.unwrap();
    }
    let refused = client.raw().submit_goal(request("small", "")).await.unwrap_err();
    assert_eq!(reason(&refused), "TOO_MANY_OPEN_GOALS");
    // What was submitted before is known; others have their own room.
    assert_eq!(client.submit(goal().request_id("first")).await.unwrap().id, first.id);
    client.submit(NewGoal::blueprint(chain(1)).namespace("other")).await.unwrap();
    client.cancel(&first.id, "room").await.unwrap();
    client.submit(goal()).await.unwrap();
    let open = "SELECT sum(open_goals)::bigint - (SELECT count(*) FROM goals \
                WHERE is_open_goal(state)) FROM namespaces";
    let database = on.database.client().await;
    assert_eq!(database.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn watches_beyond_the_limit_are_refused_until_one_ends() {
    let (_on, client) = system(&["--max-streams", "3"]).await;
    let goal = client.submit(NewGoal::blueprint(chain(1))).await.unwrap();
    let watch = async || {
        let request = WatchGoalRequest { id: goal.id.clone(), after: 0 };
        client.raw().watch_goal(request).await.map(tonic::Response::into_inner)
    };
    let mut watches = Vec::new();
    for _ in 0..3 {
        watches.push(watch().await.unwrap());
    }
    assert_eq!(reason(&watch().await.unwrap_err()), "TOO_MANY_STREAMS");
    watches.pop();
    wait_for("a place", async || watch().await.ok()).await;
}
