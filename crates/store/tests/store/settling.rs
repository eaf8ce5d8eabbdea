//! Goals and their workflows: whatever comes late or at the same time, they end alike.

use goalpost_model::GoalId;
use goalpost_store::{Store, goals, outbox};
use goalpost_testkit::wait_for;
use tokio_postgres::{Client, GenericClient};
use uuid::Uuid;

/// A goal that runs, and its workflow.
async fn running(client: &Client) -> Uuid {
    let id = Uuid::now_v7();
    let submit =
        "INSERT INTO goals (id, goal, goal_type, input, state) VALUES ($1, 'a goal', '', '{}', 'SUBMITTED')";
    client.execute(submit, &[&id]).await.unwrap();
    client
        .execute("UPDATE goals SET state = 'RUNNING', blueprint_digest = '' WHERE id = $1", &[&id])
        .await
        .unwrap();
    let begin = "WITH d AS (UPDATE histories SET last_number = last_number + 1, begun = true WHERE id = $1 RETURNING last_number) \
                 INSERT INTO workflows (id, blueprint_digest, goal_text, goal_input, state, event) \
                 SELECT $1, '', '', '{}', 'RUNNING', last_number FROM d";
    client.execute(begin, &[&id]).await.unwrap();
    id
}

async fn moves(client: &impl GenericClient, id: Uuid, states: &[&str]) {
    let sql = "WITH d AS (UPDATE histories SET last_number = last_number + 1 WHERE id = $1 RETURNING last_number) \
               UPDATE workflows w SET state = $2, event = d.last_number FROM d WHERE w.id = $1";
    for state in states {
        client.execute(sql, &[&id, state]).await.unwrap();
    }
}

/// What the history says of the goal since it runs.
async fn told(client: &Client, id: Uuid) -> Vec<String> {
    let sql = "SELECT type FROM events WHERE workflow_id = $1 AND type LIKE 'GOAL%' ORDER BY number OFFSET 2";
    client.query(sql, &[&id]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_goal_whose_workflow_was_retried_and_ended_before_anybody_told_it_ends_like_it() {
    let database = goalpost_testkit::database().await;
    let (store, client) = (Store::new(database.url(), 2).unwrap(), database.client().await);
    let id = running(&client).await;
    let settle = async || goals::settle(&store, &[GoalId(id)]).await.unwrap();
    moves(&client, id, &["FAILED"]).await;
    assert_eq!(settle().await, 1);
    moves(&client, id, &["RUNNING", "FAILED"]).await;
    let unsettled = async || outbox::unsettled_goals(&client, None, 10).await.unwrap().len();
    assert_eq!((unsettled().await, settle().await, unsettled().await), (1, 2, 0));
    // Told again, it stays as it is.
    assert_eq!(settle().await, 0);
    moves(&client, id, &["RUNNING", "SUCCEEDED"]).await;
    assert_eq!((unsettled().await, settle().await, unsettled().await), (1, 2, 0));
    assert_eq!(settle().await, 0);
    let twice = ["GOAL_FAILED", "GOAL_RETRIED", "GOAL_FAILED", "GOAL_RETRIED", "GOAL_SUCCEEDED"];
    assert_eq!(told(&client, id).await, twice);
}

#[tokio::test]
async fn an_end_that_is_told_while_the_workflow_is_retried_is_taken_back() {
    let database = goalpost_testkit::database().await;
    let (store, client) = (Store::new(database.url(), 2).unwrap(), database.client().await);
    let (mut engine, id) = (database.client().await, running(&client).await);
    moves(&client, id, &["FAILED"]).await;
    // Whoever settles has seen the workflow's end, and has to wait for its history.
    let retry = engine.transaction().await.unwrap();
    moves(&retry, id, &["RUNNING"]).await;
    let late = {
        let store = store.clone();
        tokio::spawn(async move { goals::settle(&store, &[GoalId(id)]).await.unwrap() })
    };
    let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock')";
    let waiting = async || client.query_one(waits, &[]).await.unwrap().get::<_, bool>(0).then_some(());
    wait_for("somebody who waits for the history", waiting).await;
    retry.commit().await.unwrap();
    assert_eq!(late.await.unwrap(), 1);
    assert_eq!(goals::settle(&store, &[GoalId(id)]).await.unwrap(), 1);
    assert_eq!(told(&client, id).await, ["GOAL_FAILED", "GOAL_RETRIED"]);
}

#[tokio::test]
async fn a_goal_whose_workflow_was_cancelled_and_retried_before_anybody_told_it_is_wanted_again() {
    let database = goalpost_testkit::database().await;
    let (store, client) = (Store::new(database.url(), 2).unwrap(), database.client().await);
    let id = running(&client).await;
    let cancel = async || goals::request_cancel(&store, GoalId(id), "no longer").await.unwrap();
    let settle = async || goals::settle(&store, &[GoalId(id)]).await.unwrap();
    let unwanted = async || goals::unwanted(&store, &[GoalId(id)]).await.unwrap().len();
    cancel().await;
    // Told of something else: its workflow has still to be cancelled.
    assert_eq!((settle().await, unwanted().await), (0, 1));
    moves(&client, id, &["CANCELLED", "RUNNING"]).await;
    assert_eq!((settle().await, unwanted().await), (0, 0));
    assert!(told(&client, id).await.is_empty());
    cancel().await;
    moves(&client, id, &["CANCELLED"]).await;
    assert_eq!(settle().await, 1);
    moves(&client, id, &["RUNNING"]).await;
    assert_eq!((settle().await, unwanted().await), (1, 0));
    // A new wish after the goal was opened again holds, and is one more decision, however often it is made.
    cancel().await;
    cancel().await;
    assert_eq!((settle().await, unwanted().await), (0, 1));
    let decisions = "SELECT count(*) FROM decisions WHERE goal_id = $1 AND verdict = 'cancel'";
    assert_eq!(client.query_one(decisions, &[&id]).await.unwrap().get::<_, i64>(0), 3);
}
