//! Who may give attempts out.

use goalpost_model::{Digest, EngineId, Lane, SessionId, TaskState, WorkflowId};
use goalpost_store::workflows::{
    ChangedTask, HeldAttempt, Holder, NewTask, NewWorkflow, Transitions, adopt, commit,
};
use goalpost_store::{Error, Json, Store};
use uuid::Uuid;

const ID: WorkflowId = WorkflowId(Uuid::from_u128(1));

fn begun() -> Transitions {
    let created = NewWorkflow {
        id: ID,
        blueprint_digest: Digest::of(b"blueprint"),
        goal_text: "a goal".to_owned(),
        goal_input: Json("{}".to_owned()),
        traceparent: None,
        lane: Lane::default(),
    };
    let task = NewTask {
        workflow: ID,
        ordinal: 0,
        name: "a".to_owned(),
        capability: "c".to_owned(),
        lane: Lane::default(),
        state: TaskState::Ready,
        attempt: 1,
        input: None,
        output: None,
        failure: None,
        unhandled: None,
        taken_edges: Vec::new(),
    };
    Transitions { created: vec![created], new_tasks: vec![task], ..Transitions::default() }
}

fn claimed_by(engine: Uuid) -> Transitions {
    let holder =
        Holder { engine: EngineId(engine), session: SessionId(Uuid::now_v7()), worker: "w".to_owned() };
    let task = ChangedTask {
        workflow: ID,
        ordinal: 0,
        state: TaskState::Running,
        attempt: 1,
        failures: 0,
        output: None,
        failure: None,
        unhandled: None,
        taken_edges: Vec::new(),
        holder: Some(holder),
        events: 1,
    };
    Transitions { fences: vec![(ID, 2)], changed_tasks: vec![task], ..Transitions::default() }
}

/// Whoever was found dead is watched by nobody: what it would give out now could be lost for ever.
#[tokio::test]
async fn an_engine_that_was_found_dead_claims_nothing_until_it_is_registered_again() {
    let database = goalpost_testkit::database().await;
    let (store, client) = (Store::new(database.url(), 2).unwrap(), database.client().await);
    let engine = Uuid::now_v7();
    let insert = "INSERT INTO takers (id, kind, dead_at) VALUES ($1, 'graph-engine', now())";
    client.execute(insert, &[&engine]).await.unwrap();
    assert_eq!(commit(&store, &begun()).await.unwrap().get(&ID), Some(&2));
    let refused = commit(&store, &claimed_by(engine)).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
    client.execute("UPDATE takers SET dead_at = NULL", &[]).await.unwrap();
    assert_eq!(commit(&store, &claimed_by(engine)).await.unwrap().get(&ID), Some(&3));
}

/// The same goes for attempts that a worker brings along.
#[tokio::test]
async fn an_engine_that_was_found_dead_adopts_nothing_until_it_is_registered_again() {
    let database = goalpost_testkit::database().await;
    let (store, client) = (Store::new(database.url(), 2).unwrap(), database.client().await);
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    commit(&store, &begun()).await.unwrap();
    let claim = claimed_by(first);
    commit(&store, &claim).await.unwrap();
    let session = claim.changed_tasks[0].holder.as_ref().unwrap().session;
    let insert = "INSERT INTO takers (id, kind, dead_at) VALUES ($1, 'graph-engine', now())";
    client.execute(insert, &[&second]).await.unwrap();
    let held = [HeldAttempt { workflow: ID, task: "a".to_owned(), attempt: 1 }];
    let refused = adopt(&store, EngineId(second), session, &held).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
    client.execute("UPDATE takers SET dead_at = NULL", &[]).await.unwrap();
    let adopted = adopt(&store, EngineId(second), session, &held).await.unwrap();
    assert_eq!(adopted.iter().map(|(held, _)| held).collect::<Vec<_>>(), held.iter().collect::<Vec<_>>());
    let of_another = adopt(&store, EngineId(first), SessionId(Uuid::now_v7()), &held).await.unwrap();
    assert!(of_another.is_empty());
}
