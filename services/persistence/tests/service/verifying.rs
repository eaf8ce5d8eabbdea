//! Finding what breaks a promise.

use goalpost_model::{EngineId, Lane};
use goalpost_proto::v1::VerifyRequest;
use goalpost_queue::{Element, List, Pushed};
use tonic::Code;
use uuid::Uuid;

use crate::{Persistence, Stores};

async fn kinds(persistence: &Persistence, id: &str) -> Vec<String> {
    let request = VerifyRequest { workflow_id: id.to_owned(), repair: false };
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
async fn a_plan_on_which_nobody_has_to_decide_is_found() {
    let found = found_after("UPDATE goals SET state = 'AWAITING_APPROVAL'").await;
    assert_eq!(found, ["STATE_MISMATCH", "STUCK"]);
}

#[tokio::test]
async fn a_blueprint_that_was_not_approved_is_found() {
    let found = found_after("UPDATE goals SET approved_digests = ARRAY[sha256('another')]").await;
    assert_eq!(found, ["NOT_APPROVED"]);
}

#[tokio::test]
async fn an_open_task_of_an_ended_workflow_is_found() {
    let statement = "UPDATE workflows SET state = 'SUCCEEDED'";
    assert_eq!(found_after(statement).await, ["ENDED_WITH_OPEN_TASKS", "STATE_MISMATCH", "UNDELIVERED"]);
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
    let request = VerifyRequest { workflow_id: Uuid::now_v7().to_string(), repair: false };
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

/// What is found in this state, and what is still found after it was repaired.
async fn found_and_left(stores: &Stores, persistence: &Persistence) -> (Vec<String>, Vec<String>) {
    let found = kinds(persistence, "").await;
    let request = VerifyRequest { workflow_id: String::new(), repair: true };
    let repaired = persistence.client.clone().verify(request).await.unwrap().into_inner().violations;
    assert_eq!(repaired.len(), found.len());
    assert!(repaired.iter().all(|violation| !violation.repaired.is_empty()), "{repaired:?}");
    // What is delivered again goes through the outbox.
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
    (found, kinds(persistence, "").await)
}

#[tokio::test]
async fn a_delivery_that_redis_has_forgotten_is_found_and_delivered_again() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = stores.goal().await;
    stores.set_goal(id, "RUNNING").await;
    stores.workflow(id).await;
    let ready = stores.ready_task(id, 0).await;
    let list = List::ready("weather.fetch");
    stores.wait_for_count("SELECT count(*) FROM outbox", 0).await;
    for element in stores.queue.contents().await.unwrap().waiting {
        stores.queue.remove_element(&element).await.unwrap();
    }
    assert_eq!(found_and_left(&stores, &persistence).await, (vec!["UNDELIVERED".to_owned()], vec![]));
    assert_eq!(stores.take(list, 1).await, [ready.to_string()]);
}

#[tokio::test]
async fn what_nobody_needs_is_found_in_redis_and_removed() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let (epoch, _) = stores.queue.ensure_epoch().await.unwrap();
    let element =
        |list: List| Element { list, lane: Lane::default(), text: format!("{}:0:1", Uuid::now_v7()) };
    let left_over = [element(List::ready("weather.fetch")), element(List::engine(EngineId(Uuid::now_v7())))];
    let pushed = stores.queue.pusher().await.unwrap().push(&epoch, &left_over).await.unwrap();
    assert_eq!(pushed, Pushed::Done);
    // A delivery that comes to nothing breaks no promise; it is only removed.
    assert_eq!(kinds(&persistence, "").await, ["ORPHANED_LIST"]);
    let request = VerifyRequest { workflow_id: String::new(), repair: true };
    let repaired = persistence.client.clone().verify(request).await.unwrap().into_inner().violations;
    assert!(repaired.iter().any(|violation| violation.kind == "STALE_DELIVERY"), "{repaired:?}");
    let depths = stores.queue.depths().await.unwrap();
    assert!(depths.values().all(|depth| depth.elements == 0), "{depths:?}");
}

#[tokio::test]
async fn what_a_forgotten_taker_had_taken_is_found_and_given_back() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = stores.goal().await;
    // A taker that was never registered: nobody watches it.
    let mut taker = stores.queue.taker(Uuid::now_v7(), List::goals()).await.unwrap();
    assert_eq!(taker.take(1).await.unwrap(), [id.to_string()]);
    drop(taker);
    assert_eq!(found_and_left(&stores, &persistence).await, (vec!["ORPHANED_TAKE".to_owned()], vec![]));
    assert_eq!(stores.take(List::goals(), 1).await, [id.to_string()]);
}

#[tokio::test]
async fn a_wait_without_a_timer_and_a_timer_without_a_task_are_found_and_mended() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = stores.goal().await;
    stores.set_goal(id, "RUNNING").await;
    stores.workflow(id).await;
    let task = stores.ready_task(id, 0).await;
    stores.run_task(task, Uuid::now_v7()).await;
    let client = stores.database.client().await;
    let later = "INSERT INTO timers (workflow_id, task, attempt, kind, fire_at) VALUES ($1, 7, 1, 'backoff', '2200-01-01')";
    client.execute(later, &[&id]).await.unwrap();
    stores.break_rule("UPDATE tasks SET state = 'WAITING', waits_for = 'time', failures = 1").await;
    stores.break_rule("UPDATE events SET type = 'ATTEMPT_FAILED' WHERE number = 5").await;
    let found = kinds(&persistence, "").await;
    assert_eq!(found, ["ORPHANED_TIMER", "TIMER_MISSING"]);
    let request = VerifyRequest { workflow_id: id.to_string(), repair: true };
    let repaired = persistence.client.clone().verify(request).await.unwrap().into_inner().violations;
    assert!(repaired.iter().all(|violation| !violation.repaired.is_empty()), "{repaired:?}");
    let timer = format!("{}:0:1:backoff", id);
    assert_eq!(stores.take(List::timers(), 1).await, [timer]);
}

/// A task that waits for a key, and the key's row.
pub(crate) async fn waiting_for_a_key(stores: &Stores) -> Uuid {
    let id = Uuid::now_v7();
    stores.workflow(id).await;
    stores.waiting_task(id, 0, "key").await;
    let ask = "INSERT INTO concurrency_keys (workflow_id, task, attempt, name, most, lane) \
               SELECT workflow_id, ordinal, attempt, 'default/x', 1, lane FROM tasks";
    stores.break_rule(ask).await;
    id
}

#[tokio::test]
async fn a_key_that_nobody_hands_on_is_found_and_handed_on() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = waiting_for_a_key(&stores).await;
    assert_eq!(found_and_left(&stores, &persistence).await, (vec!["IDLE_KEY".to_owned()], vec![]));
    assert_eq!(stores.take(List::keys(), 1).await, [format!("{id}:0:0")]);
}

#[tokio::test]
async fn a_key_of_a_task_that_is_done_is_found_and_taken_back() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    let id = waiting_for_a_key(&stores).await;
    let other = Uuid::now_v7();
    let hold = format!(
        "INSERT INTO concurrency_keys (workflow_id, task, attempt, name, most, lane, granted_at) \
         VALUES ('{other}', 0, 0, 'default/x', 1, 'default:2', now())"
    );
    stores.break_rule(&hold).await;
    assert_eq!(found_and_left(&stores, &persistence).await, (vec!["ORPHANED_KEY".to_owned()], vec![]));
    assert_eq!(stores.take(List::keys(), 1).await, [format!("{id}:0:0")]);
}

#[tokio::test]
async fn keys_that_are_lost_or_held_by_too_many_are_found() {
    let stores = Stores::new().await;
    let persistence = stores.persistence(5_000).await;
    waiting_for_a_key(&stores).await;
    stores.break_rule("UPDATE concurrency_keys SET granted_at = now(), most = 0").await;
    // Granted, and no engine was told.
    assert_eq!(kinds(&persistence, "").await, ["KEY_OVERDRAWN", "UNDELIVERED"]);
    stores.break_rule("DELETE FROM concurrency_keys").await;
    assert_eq!(kinds(&persistence, "").await, ["KEY_MISSING"]);
}

/// Whoever was told so before another one got the key has to hear it.
#[tokio::test]
async fn a_task_without_its_key_is_not_ready() {
    let stores = Stores::new().await;
    let id = waiting_for_a_key(&stores).await;
    let client = stores.database.client().await;
    let ready = "UPDATE tasks SET state = 'READY', attempt = 1, waits_for = NULL, event = event + 1 WHERE workflow_id = $1";
    let refused = client.execute(ready, &[&id]).await.unwrap_err();
    assert!(refused.as_db_error().unwrap().message().contains("ready once it holds it"), "{refused:?}");
}
