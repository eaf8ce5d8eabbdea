//! Other plans that a language model makes for goals that run.

use std::sync::Arc;

use goalpost_client::NewGoal;
use goalpost_client::v1::{Decision, EventType, Goal, GoalBudget, GoalState};
use goalpost_testkit::llm::{Line, Server};
use goalpost_testkit::wait_for;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::by_hand::{ended, seen};
use crate::harness::{OnStores, folder, on_stores_with, words};
use crate::llm::{flags, result, used};
use crate::replanning::{count, to_deliver, without};
use crate::truth::flush;

/// A goal that can be reached by plane, as far as the catalog knows.
const CATALOG: &str = "\
methods:
  - name: deliver.by.plane
    type: deliver
    max_replans: 2
    tasks:
      - { name: pack, capability: test.echo, input: { what: \"{input.what}\" } }
      - { name: fly, capability: test.other, input: { by: plane }, data_flow: { what: tasks.pack.output.what } }
    edges: [{ from: pack, to: fly }]
";

async fn with_model(lines: impl IntoIterator<Item = Line>) -> (OnStores, Server) {
    let server = Server::start(lines).await;
    let catalog = folder();
    let path = catalog.path().join("deliver.yaml");
    std::fs::write(&path, CATALOG).unwrap();
    let mut flags = flags(&server.url()).to_vec();
    flags.extend(["--catalog".to_owned(), path.display().to_string()]);
    (on_stores_with(&flags.iter().map(String::as_str).collect::<Vec<_>>()).await, server)
}

/// What is packed stays, and goes by something else.
fn by(what: &str) -> Value {
    let task = format!("by_{what}");
    json!({
        "name": "deliver",
        "tasks": [
            {"name": "pack"},
            {"name": task, "capability": "test.other", "input_json": json!({"by": what}).to_string(),
             "data_flow": [{"path": "what", "expression": "tasks.pack.output.what"}]},
        ],
        "edges": [{"from": "pack", "to": task}],
    })
}

fn replans(goal: &Goal) -> Vec<&Decision> {
    goal.decisions.iter().filter(|decision| decision.verdict == "replan").collect()
}

#[tokio::test]
async fn a_goal_goes_on_by_the_plan_of_a_model_where_the_catalog_has_no_other() {
    let again = by("plane");
    let (on, server) = with_model([&again, &by("train"), &by("ship")].map(Line::json)).await;
    let worker = without(&on.system, &["plane", "train"]);
    let budget = GoalBudget { tokens: Some(100_000), ..GoalBudget::default() };
    let (goal, events) = on.system.run(to_deliver().budget(budget)).await;
    assert_eq!(result(goal.clone()), json!({"by_ship": {"by": "ship", "what": "tea"}}));
    let made_by: Vec<&str> = replans(&goal).iter().map(|decision| decision.decided_by.as_str()).collect();
    assert_eq!(
        made_by,
        ["llm scripted, prompt replan.v1, repaired once", "llm scripted, prompt replan.v1"],
        "to try again what has failed is no other plan"
    );
    assert_eq!([&replans(&goal)[0].usage, &replans(&goal)[1].usage], [&used(2), &used(1)]);
    assert!(replans(&goal)[1].reason.contains("no train goes"), "{}", replans(&goal)[1].reason);
    let asked = server.recorded();
    let told = asked[0].body.to_string();
    assert!(told.contains("no plane goes") && told.contains("Another plan for a goal that runs"), "{told}");
    let words = words(&events);
    assert_eq!(count(&words, "ATTEMPT_STARTED pack"), 1, "what is done is not done again: {words:?}");
    assert_eq!((asked.len(), count(&words, "WORKFLOW_EXTENDED")), (3, 2));
    // Three answers, and three attempts that took nothing.
    let usage = used(3).unwrap();
    let spent = goal.spent.unwrap();
    assert_eq!(
        (spent.tokens, Some(spent.money_micros)),
        (usage.input_tokens + usage.output_tokens, usage.money_micros)
    );
    worker.assert_nothing_ran_twice();
    on.system.verify().await;
}

#[tokio::test]
async fn a_goal_that_a_model_has_planned_goes_on_by_another_plan_of_it_once() {
    let first = json!({"name": "say", "tasks": [
        {"name": "pack", "capability": "test.echo", "input_json": "{\"what\": \"words\"}"},
        {"name": "fly", "capability": "test.other", "input_json": "{\"by\": \"plane\"}"},
    ], "edges": [{"from": "pack", "to": "fly"}]});
    let (on, server) = with_model([&first, &by("train"), &by("ship")].map(Line::json)).await;
    let _worker = without(&on.system, &["plane", "train"]);
    let (goal, _) = on.system.run(NewGoal::text("Say it elsewhere")).await;
    assert_eq!((goal.state(), replans(&goal).len(), server.left()), (GoalState::Failed, 1, 1));
    let spent = goal.spent.unwrap();
    assert_eq!(Some(spent.money_micros), used(2).unwrap().money_micros);
    on.system.verify().await;
}

#[tokio::test]
async fn a_goal_fails_as_it_would_have_if_the_model_has_no_other_plan_either() {
    let no = json!({"impossible": "nothing goes to the moon", "tasks": []});
    let (on, _server) = with_model([Line::json(&no)]).await;
    let _worker = without(&on.system, &["plane"]);
    let (goal, _) = on.system.run(to_deliver()).await;
    assert_eq!((goal.state(), replans(&goal).len()), (GoalState::Failed, 0));
    let failure = goal.failure.unwrap();
    for told in ["no plane goes", "there is no other plan", "nothing goes to the moon"] {
        assert!(failure.message.contains(told), "{told}: {failure:?}");
    }
    on.system.verify().await;
}

#[tokio::test]
async fn what_is_asked_for_another_plan_is_asked_once_whatever_is_forgotten() {
    let permits = Arc::new(Semaphore::new(0));
    let (on, server) = with_model([Line::Held(by("train").to_string(), Arc::clone(&permits))]).await;
    let _worker = without(&on.system, &["plane"]);
    let id = on.system.client().submit(to_deliver()).await.unwrap().id;
    seen(&on.system, &id, EventType::WorkflowReplanning, "").await;
    wait_for("the question", async || (server.recorded().len() == 1).then_some(())).await;
    on.system.verify().await;
    flush(&on).await;
    permits.add_permits(1);
    let (goal, words) = ended(&on.system, &id).await;
    assert_eq!(result(goal.clone()), json!({"by_train": {"by": "train", "what": "tea"}}));
    assert_eq!((server.recorded().len(), count(&words, "WORKFLOW_EXTENDED")), (1, 1));
    assert_eq!(replans(&goal)[0].usage, used(1));
    on.system.verify().await;
}

#[tokio::test]
async fn goals_that_need_no_model_do_not_wait_for_those_that_do_once_they_run() {
    let permits = Arc::new(Semaphore::new(0));
    let (on, server) = with_model([Line::Held(by("train").to_string(), Arc::clone(&permits))]).await;
    let _worker = without(&on.system, &["plane"]);
    let client = on.system.client();
    let slow = client.submit(to_deliver()).await.unwrap().id;
    wait_for("the question", async || (server.recorded().len() == 1).then_some(())).await;
    let quick = NewGoal::text("Brew some tea").input(json!({"cups": 2}).as_object().unwrap().clone());
    assert_eq!(on.system.run(quick).await.0.state(), GoalState::Succeeded);
    client.cancel(&slow, "it takes too long").await.unwrap();
    permits.add_permits(1);
    assert_eq!(client.wait(&slow).await.unwrap().state(), GoalState::Cancelled);
    on.system.verify().await;
}
