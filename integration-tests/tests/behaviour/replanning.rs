//! Other plans for goals that run.

use goalpost_client::v1::{EventType, Goal, GoalState, ReplanGoalRequest};
use goalpost_client::{Error, NewGoal};
use goalpost_testkit::wait_for;
use goalpost_worker::Failure;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use tonic::Code;

use crate::by_hand::{ended, seen};
use crate::harness::{OnStores, System, TestWorker, blueprint, folder, on_stores, on_stores_with, worker};

/// A goal that can be reached by plane, by train, or not at all.
const CATALOG: &str = "\
methods:
  - name: deliver.by.plane
    type: deliver
    priority: 2
    max_replans: 2
    tasks:
      - { name: pack, capability: test.echo, input: { what: \"{input.what}\" } }
      - { name: fly, capability: test.other, input: { by: plane }, data_flow: { what: tasks.pack.output.what } }
    edges: [{ from: pack, to: fly }]
  - name: deliver.by.train
    type: deliver
    priority: 1
    tasks:
      - { name: wrap, capability: test.echo, input: { what: \"{input.what}\" } }
      - { name: ride, capability: test.other, input: { by: train }, data_flow: { what: tasks.wrap.output.what } }
    edges: [{ from: wrap, to: ride }]
";

pub(crate) fn to_deliver() -> NewGoal {
    let input: Map<String, Value> = json!({"what": "tea"}).as_object().unwrap().clone();
    NewGoal::of_type("deliver").input(input)
}

async fn with_catalog() -> OnStores {
    let catalog = folder();
    let path = catalog.path().join("deliver.yaml");
    std::fs::write(&path, CATALOG).unwrap();
    on_stores_with(&["--catalog", path.to_str().unwrap()]).await
}

/// A worker whose deliveries by these fail.
pub(crate) fn without(system: &System, broken: &'static [&'static str]) -> TestWorker {
    worker(&system.endpoints.graph_engine, move |_, input| async move {
        match input["by"].as_str() {
            Some(by) if broken.contains(&by) => Err(Failure::new("CLOSED", format!("no {by} goes"))),
            _ => Ok(input),
        }
    })
}

pub(crate) fn count(words: &[String], word: &str) -> usize {
    words.iter().filter(|other| *other == word).count()
}

fn replans(goal: &Goal) -> Vec<&str> {
    let replans = goal.decisions.iter().filter(|decision| decision.verdict == "replan");
    replans.map(|decision| decision.decided_by.as_str()).collect()
}

#[tokio::test]
async fn a_goal_whose_plan_fails_is_reached_by_another_one() {
    let on = with_catalog().await;
    let worker = without(&on.system, &["plane"]);
    let (goal, events) = on.system.run(to_deliver()).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    let result = serde_json::to_value(goal.result.clone().unwrap()).unwrap();
    assert_eq!(result, json!({"ride": {"by": "train", "what": "tea"}}));
    assert_eq!(replans(&goal), ["method deliver.by.train"]);
    let decision = goal.decisions.iter().find(|decision| decision.verdict == "replan").unwrap();
    assert!(decision.reason.contains("no plane goes"), "{}", decision.reason);
    let words = crate::harness::words(&events);
    assert_eq!(count(&words, "ATTEMPT_STARTED pack"), 1, "what is done is not done again: {words:?}");
    for word in ["WORKFLOW_REPLANNING", "WORKFLOW_RUNNING", "WORKFLOW_EXTENDED", "ATTEMPT_STARTED ride"] {
        assert_eq!(count(&words, word), 1, "{word}: {words:?}");
    }
    worker.assert_nothing_ran_twice();
    on.system.verify().await;
}

#[tokio::test]
async fn without_another_plan_a_goal_fails_as_it_would_have() {
    let on = with_catalog().await;
    let _worker = without(&on.system, &["plane", "train"]);
    let (goal, events) = on.system.run(to_deliver()).await;
    assert_eq!(goal.state(), GoalState::Failed);
    let failure = goal.failure.clone().unwrap();
    assert_eq!(failure.kind, "UNHANDLED_FAILURE");
    assert!(failure.message.contains("no train goes"), "{}", failure.message);
    assert!(failure.message.contains("there is no other plan"), "{}", failure.message);
    assert_eq!(replans(&goal), ["method deliver.by.train"]);
    assert_eq!(count(&crate::harness::words(&events), "WORKFLOW_REPLANNING"), 2);
    on.system.verify().await;
}

#[tokio::test]
async fn a_goal_that_came_with_its_blueprint_has_nobody_who_plans_it() {
    let on = on_stores().await;
    let _worker = without(&on.system, &["plane"]);
    let own = blueprint(json!({"name": "own", "max_replans": 1, "tasks": [
        {"name": "fly", "capability": "test.other", "input": {"by": "plane"}}]}));
    let (goal, _) = on.system.run(NewGoal::blueprint(own)).await;
    assert_eq!(goal.state(), GoalState::Failed);
    let message = goal.failure.unwrap().message;
    assert!(message.contains("came with its blueprint"), "{message}");
    on.system.verify().await;
}

/// Twelve tasks that are done, three that run, and five that wait for these.
fn twenty() -> Value {
    let undo = |name: &str| json!({"capability": "test.other", "input": {"of": name}});
    let mut tasks = Vec::new();
    for place in 0..20 {
        let name = format!("t{place}");
        let mut task = json!({"name": name, "capability": "test.echo", "input": {"n": place}});
        if [4, 9, 11, 12].contains(&place) {
            task["compensate_with"] = undo(&name);
        }
        tasks.push(task);
    }
    let edges: Vec<Value> = (15..20)
        .map(|place| json!({"from": format!("t{}", 12 + place % 3), "to": format!("t{place}")}))
        .collect();
    json!({"name": "twenty", "tasks": tasks, "edges": edges})
}

/// What is kept of it, and two tasks more, one of which writes.
fn other() -> Value {
    let mut plan = twenty();
    let gone = ["t4", "t9", "t11", "t13", "t15", "t16", "t17", "t18", "t19"];
    let kept = |task: &Value| !gone.contains(&task["name"].as_str().unwrap());
    let mut tasks: Vec<Value> =
        plan["tasks"].as_array().unwrap().iter().filter(|task| kept(task)).cloned().collect();
    tasks.push(json!({"name": "late", "capability": "test.number", "data_flow": {"n": "tasks.t0.output.n"}}));
    tasks.push(json!({"name": "last", "capability": "test.echo"}));
    plan["tasks"] = json!(tasks);
    plan["edges"] = json!([
        {"from": "t0", "to": "late"}, {"from": "late", "to": "last"}, {"from": "t12", "to": "last"}]);
    plan["output"] = json!({"n": "tasks.late.output.n"});
    plan
}

fn to_other(id: &str) -> ReplanGoalRequest {
    let (id, reason) = (id.to_owned(), "the customer changed his mind".to_owned());
    ReplanGoalRequest { id, reason, blueprint: Some(blueprint(other())) }
}

/// The twenty, of which twelve are done and three run until they are let go.
async fn under_way(on: &OnStores) -> (String, TestWorker, CancellationToken) {
    let go = CancellationToken::new();
    let held = go.clone();
    let worker = worker(&on.system.endpoints.graph_engine, move |attempt, input| {
        let held = held.clone();
        async move {
            if ["t12", "t13", "t14"].contains(&attempt.task()) {
                held.cancelled().await;
            }
            Ok(input)
        }
    });
    let id = on.system.client().submit(NewGoal::blueprint(blueprint(twenty()))).await.unwrap().id;
    for place in 0..12 {
        seen(&on.system, &id, EventType::TaskSucceeded, &format!("t{place}")).await;
    }
    for place in 12..15 {
        seen(&on.system, &id, EventType::AttemptStarted, &format!("t{place}")).await;
    }
    (id, worker, go)
}

#[tokio::test]
async fn a_plan_of_twenty_tasks_is_replaced_while_twelve_are_done_and_three_run() {
    let on = on_stores().await;
    let (id, worker, go) = under_way(&on).await;
    let client = on.system.client();
    let goal = client.replan(to_other(&id)).await.unwrap();
    assert_eq!(replans(&goal), ["caller"]);
    // Asked twice is asked once.
    let again = client.replan(to_other(&id)).await.unwrap();
    assert_eq!((replans(&again), &again.blueprint_digest), (vec!["caller"], &goal.blueprint_digest));
    assert_eq!(again.decisions.len(), goal.decisions.len());
    seen(&on.system, &id, EventType::TaskSucceeded, "late").await;
    go.cancel();
    let (goal, words) = ended(&on.system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    assert_eq!(serde_json::to_value(goal.result.unwrap()).unwrap(), json!({"n": 0.0}));
    for place in (0..15).filter(|place| *place != 13) {
        assert_eq!(count(&words, &format!("ATTEMPT_STARTED t{place}")), 1);
        assert_eq!(count(&words, &format!("TASK_SUCCEEDED t{place}")), 1);
    }
    assert_eq!(count(&words, "TASK_SKIPPED t13"), 1);
    let begun = worker.begun.lock().unwrap().clone();
    assert!(!begun.iter().any(|begun| begun.contains(" t15 ") || begun.contains(" t19 ")), "{begun:?}");
    // In reverse order of what was done, and before what is added.
    let place = |word: &str| words.iter().position(|other| other == word).unwrap();
    let mut done = ["t4", "t9", "t11"];
    done.sort_by_key(|task| std::cmp::Reverse(place(&format!("TASK_SUCCEEDED {task}"))));
    let undone: Vec<usize> = done.iter().map(|task| place(&format!("TASK_SUCCEEDED {task}.undo"))).collect();
    assert!(undone.is_sorted() && undone[2] < place("ATTEMPT_STARTED late"), "{words:?}");
    assert_eq!(count(&words, "TASK_READY t12.undo"), 0, "it is kept");
    worker.assert_nothing_ran_twice();
    on.system.verify().await;
}

#[tokio::test]
async fn what_cannot_be_another_plan_is_refused_with_names() {
    let on = on_stores().await;
    let (id, _worker, go) = under_way(&on).await;
    let client = on.system.client();
    let mut wrong = other();
    wrong["tasks"][0]["capability"] = json!("test.other");
    wrong["deadline_ms"] = json!(5);
    let request = ReplanGoalRequest { blueprint: Some(blueprint(wrong)), ..to_other(&id) };
    let Err(Error::Refused(refused)) = client.replan(request).await else { panic!("it was taken") };
    assert_eq!(refused.code(), Code::InvalidArgument);
    for says in ["task 't0' is there", "deadline_ms is said"] {
        assert!(refused.message().contains(says) || format!("{refused:?}").contains(says), "{refused:?}");
    }
    let request = ReplanGoalRequest { blueprint: None, ..to_other(&id) };
    let Err(Error::Refused(refused)) = client.replan(request).await else { panic!("it was planned") };
    assert_eq!(refused.code(), Code::FailedPrecondition);
    go.cancel();
    let (goal, _) = ended(&on.system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let Err(Error::Refused(refused)) = client.replan(to_other(&id)).await else { panic!("it has ended") };
    assert_eq!(refused.code(), Code::FailedPrecondition);
}

/// Whoever writes this waits until the test lets go of a lock.
const HOLD: &str = "
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_advisory_xact_lock(4242); RETURN NEW; END $$;
    SELECT pg_advisory_lock(4242);";

async fn session(on: &OnStores) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(on.database.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The system dies while it does what the trigger holds up, and comes back.
async fn dies_while(trigger: &str) {
    let on = with_catalog().await;
    let lock = session(&on).await;
    lock.batch_execute(HOLD).await.unwrap();
    lock.batch_execute(trigger).await.unwrap();
    let _worker = without(&on.system, &["plane"]);
    let client = on.system.client();
    let id = client.submit(to_deliver()).await.unwrap().id;
    seen(&on.system, &id, EventType::WorkflowReplanning, "").await;
    let waiting =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4242 AND NOT granted";
    wait_for("somebody who waits for the lock", async || {
        let waiting: i64 = lock.query_one(waiting, &[]).await.unwrap().get(0);
        (waiting > 0).then_some(())
    })
    .await;
    let OnStores { system, database, redis } = on;
    let folder = system.kill().await;
    drop(lock);
    let path = folder.path().join("deliver.yaml");
    std::fs::write(&path, CATALOG).unwrap();
    let path = path.display().to_string();
    let redis_url = redis.url();
    let flags = ["--database-url", database.url(), "--redis-url", &redis_url, "--catalog", &path];
    let system = System::start(folder, &flags.map(str::to_owned)).await;
    let worker = without(&system, &["plane"]);
    let (goal, words) = ended(&system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    assert_eq!(replans(&goal), ["method deliver.by.train"]);
    assert_eq!(count(&words, "WORKFLOW_EXTENDED"), 1, "{words:?}");
    worker.assert_nothing_ran_twice();
    system.verify().await;
}

#[tokio::test]
async fn another_plan_survives_the_death_of_who_decides_for_it() {
    dies_while(
        "CREATE TRIGGER hold BEFORE INSERT ON decisions FOR EACH ROW WHEN (NEW.verdict = 'replan') EXECUTE FUNCTION hold()",
    )
    .await;
}

#[tokio::test]
async fn another_plan_survives_the_death_of_the_engine_that_takes_it() {
    dies_while(
        "CREATE TRIGGER hold BEFORE UPDATE ON workflows FOR EACH ROW \
         WHEN (OLD.blueprint_digest <> NEW.blueprint_digest) EXECUTE FUNCTION hold()",
    )
    .await;
}
