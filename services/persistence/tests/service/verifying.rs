//! Finding what breaks a promise.

use goalpost_proto::v1::VerifyRequest;
use tonic::Code;
use uuid::Uuid;

use crate::{Persistence, Stores};

async fn kinds(persistence: &Persistence, id: &str) -> Vec<String> {
    let request = VerifyRequest { workflow_id: id.to_owned() };
    let found = persistence.client.clone().verify(request).await.unwrap().into_inner();
    let mut kinds: Vec<String> = found.violations.into_iter().map(|violation| violation.kind).collect();
    kinds.sort();
    kinds
}

/// What is found after this statement, where before nothing was.
async fn found_after(statement: &str) -> Vec<String> {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = stores.goal().await;
    stores.set_goal(id, "RUNNING").await;
    stores.workflow(id).await;
    let (done, open) = (stores.ready_task(id, 0).await, stores.ready_task(id, 1).await);
    stores.run_task(done, Uuid::now_v7()).await;
    stores.succeed_task(done, "1").await;
    stores.run_task(open, Uuid::now_v7()).await;
    assert!(kinds(&persistence, "").await.is_empty());
    stores.break_rule(statement).await;
    let found = kinds(&persistence, "").await;
    assert_eq!(kinds(&persistence, &id.to_string()).await, found);
    found
}

#[tokio::test]
async fn a_missing_event_is_found() {
    assert_eq!(found_after("DELETE FROM events WHERE number = 3 + 1").await, ["EVENT_GAP"]);
}

#[tokio::test]
async fn a_state_that_no_event_says_is_found() {
    assert_eq!(found_after("UPDATE tasks SET state = 'FAILED' WHERE ordinal = 0").await, ["STATE_MISMATCH"]);
}

#[tokio::test]
async fn a_workflow_that_nothing_can_move_is_found() {
    assert_eq!(found_after("DELETE FROM tasks WHERE ordinal = 1").await, ["STUCK"]);
}

#[tokio::test]
async fn an_open_task_of_an_ended_workflow_is_found() {
    let statement = "UPDATE workflows SET state = 'SUCCEEDED'";
    assert_eq!(found_after(statement).await, ["ENDED_WITH_OPEN_TASKS", "STATE_MISMATCH"]);
}

#[tokio::test]
async fn an_attempt_that_started_twice_is_found() {
    let statement = "INSERT INTO events (workflow_id, number, at, type, task, attempt) \
                     SELECT id, last_number + 1, now(), 'ATTEMPT_STARTED', 1, NULL FROM histories; \
                     UPDATE events SET attempt = 1 WHERE type = 'ATTEMPT_STARTED'; \
                     UPDATE histories SET last_number = last_number + 1";
    assert_eq!(found_after(statement).await, ["ATTEMPT_TWICE"]);
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_verified() {
    let stores = Stores::new().await;
    let mut client = stores.persistence(5_000).await.client;
    let request = VerifyRequest { workflow_id: Uuid::now_v7().to_string() };
    assert_eq!(client.verify(request).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_verification_that_is_given_up_leaves_no_transaction_behind() {
    let stores = Stores::new().await;
    let mut client = stores.persistence(5_000).await.client;
    // A table that is locked holds the verification up in its middle.
    let blocker = stores.database.client().await;
    blocker.batch_execute("BEGIN; LOCK TABLE histories").await.unwrap();
    let verification = tokio::spawn(async move { client.verify(VerifyRequest::default()).await });
    stores.wait_for_count(&sessions("wait_event_type = 'Lock'"), 1).await;
    verification.abort();
    verification.await.unwrap_err();
    blocker.batch_execute("COMMIT").await.unwrap();
    stores.wait_for_count(&sessions("state <> 'idle'"), 0).await;
}

/// Counts the other sessions of this database of which this is true.
fn sessions(condition: &str) -> String {
    format!(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}"
    )
}
