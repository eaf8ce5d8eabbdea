//! Who may give attempts out.

use goalpost_model::{Amount, Digest, EngineId, Lane, SessionId, TaskState, WorkflowId};
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
        budget: Json("{}".to_owned()),
        spent_before: Json("{}".to_owned()),
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
        waits_for: None,
        body: None,
    };
    let mut begun = Transitions { created: vec![created], ..Transitions::default() };
    begun.add_task(task);
    begun
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
        waits_for: None,
        input: None,
        body: None,
        spent: Amount::default(),
        holder: Some(holder),
        events: 1,
    };
    let mut claimed = Transitions { fences: vec![(ID, 2)], ..Transitions::default() };
    claimed.change_task(task);
    claimed
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

const OTHER: WorkflowId = WorkflowId(Uuid::from_u128(2));

/// Both workflows, begun; their histories have two events.
async fn two_begun(store: &Store) {
    for id in [ID, OTHER] {
        let mut begun = begun();
        begun.created[0].id = id;
        begun.new_tasks[0].workflow = id;
        assert_eq!(commit(store, &begun).await.unwrap().get(&id), Some(&2));
    }
}

/// The claim of a workflow whose history is thought to have this number of events, and gets some more.
fn claim_of(id: WorkflowId, number: i64, events: i32) -> Transitions {
    let mut claim = claimed_by(Uuid::now_v7());
    claim.fences[0] = (id, number);
    (claim.changed_tasks[0].workflow, claim.changed_tasks[0].events) = (id, events);
    claim
}

fn together(mut one: Transitions, other: Transitions) -> Transitions {
    one.fences.extend(other.fences);
    other.changed_tasks.into_iter().for_each(|task| one.change_task(task));
    one
}

/// Invariant 9, however many workflows are written at once: two numbers are drawn, and one is used.
#[tokio::test]
async fn a_number_that_is_drawn_and_not_used_is_refused_with_all_that_came_with_it() {
    let database = goalpost_testkit::database().await;
    let store = Store::new(database.url(), 2).unwrap();
    two_begun(&store).await;
    for torn in [claim_of(OTHER, 2, 2), together(claim_of(ID, 2, 1), claim_of(OTHER, 2, 2))] {
        let refused = commit(&store, &torn).await.unwrap_err();
        assert!(matches!(refused, Error::Statement(_)), "{refused}");
    }
    let stored = commit(&store, &together(claim_of(ID, 2, 1), claim_of(OTHER, 2, 1))).await.unwrap();
    assert_eq!((stored.get(&ID), stored.get(&OTHER)), (Some(&3), Some(&3)));
}

/// What rests on an old history is not stored, alone or beside others.
#[tokio::test]
async fn who_is_behind_changes_nothing_and_disturbs_nobody() {
    let database = goalpost_testkit::database().await;
    let store = Store::new(database.url(), 2).unwrap();
    two_begun(&store).await;
    assert!(commit(&store, &claim_of(ID, 1, 1)).await.unwrap().is_empty());
    let stored = commit(&store, &together(claim_of(ID, 1, 1), claim_of(OTHER, 2, 1))).await.unwrap();
    assert_eq!((stored.get(&ID), stored.get(&OTHER)), (None, Some(&3)));
    let client = database.client().await;
    let events = async |id: WorkflowId| {
        let count = "SELECT count(*) FROM events WHERE workflow_id = $1";
        client.query_one(count, &[&id.0]).await.unwrap().get::<_, i64>(0)
    };
    assert_eq!((events(ID).await, events(OTHER).await), (2, 3));
}
