//! What goals may take while they run.

use std::sync::Arc;

use goalpost_client::v1::{EventType, GoalBudget, GoalState, SignalGoalRequest, Spending, WorkflowState};
use goalpost_client::{Client, NewGoal};
use goalpost_proto::v1::Blueprint;
use goalpost_testkit::wait_for;
use goalpost_worker::Failure;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tonic::{Code, Status};

use crate::by_hand::{ended, seen};
use crate::harness::{System, blueprint, echo_worker, folder, for_several_lives, on_stores, worker};

const TASKS: usize = 50;
const FIT: usize = 17;

/// A task for each number, which may take up to 100 tokens.
fn asking(numbers: usize) -> (Blueprint, Map<String, Value>) {
    let body = json!({"tasks": [{"name": "ask", "capability": "test.ask", "data_flow": {"n": "item"}}]});
    let asking = blueprint(json!({
        "name": "asking",
        "tasks": [{"name": "each", "data_flow": {"items": "goal.input.numbers"}, "for_each": {"body": body}}],
    }));
    let numbers: Vec<usize> = (0..numbers).collect();
    (asking, json!({"numbers": numbers}).as_object().unwrap().clone())
}

fn tokens(tokens: i64) -> GoalBudget {
    GoalBudget { tokens: Some(tokens), ..GoalBudget::default() }
}

fn status(error: goalpost_client::Error) -> Status {
    match error {
        goalpost_client::Error::Refused(status) => *status,
        other => panic!("no status: {other}"),
    }
}

async fn spent(client: &Client, id: &str) -> Spending {
    client.get(id).await.unwrap().spent.unwrap()
}

#[tokio::test]
async fn of_fifty_parallel_tasks_no_more_are_given_out_than_the_budget_has_room_for_whatever_crashes() {
    let arguments = for_several_lives();
    let system = System::start(folder(), &arguments).await;
    let gate = Arc::new(Semaphore::new(0));
    let passing = Arc::clone(&gate);
    let worker = worker(&system.endpoints.graph_engine, move |_, input| {
        let gate = Arc::clone(&passing);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(input)
        }
    });
    let client = system.client();
    let (asking, input) = asking(TASKS);
    let goal = NewGoal::blueprint(asking).input(input).budget(tokens(1_730));
    let id = client.submit(goal).await.unwrap().id;
    let begun = || worker.begun.lock().unwrap().len();
    wait_for("as many attempts as there is room for", async || (begun() == FIT).then_some(())).await;
    let waits = client.explain(&id).await.unwrap().tasks;
    let held: Vec<_> = waits.iter().filter(|task| task.reason.contains("room in the budget")).collect();
    assert_eq!(held.len(), TASKS - FIT);
    assert!(held[0].reason.contains("of 1,730 tokens, 0 are spent and 1,700 reserved"), "{}", held[0].reason);
    system.verify().await;

    let data = system.kill().await;
    let system = System::start(data, &arguments).await;
    let client = system.client();
    gate.add_permits(FIT);
    let paused = seen(&system, &id, EventType::WorkflowPaused, "").await;
    let failure = paused.failure.unwrap();
    assert_eq!(failure.kind, Failure::BUDGET_EXCEEDED);
    assert!(
        failure.message.contains("may take 100 tokens; the budget is 1,730 tokens"),
        "{}",
        failure.message
    );
    assert_eq!(begun(), FIT, "no other was ever seen");
    let taken = Spending { tasks: 17, attempts: 17, tokens: 1_700, money_micros: 85 };
    assert_eq!(spent(&client, &id).await, taken);
    assert_eq!(client.get(&id).await.unwrap().budget, Some(tokens(1_730)));
    assert_eq!(client.explain(&id).await.unwrap().state(), WorkflowState::Paused);
    system.verify().await;
    // It does not help to resume it.
    client.resume(&id).await.unwrap();
    assert_eq!(client.explain(&id).await.unwrap().state(), WorkflowState::Paused);
    assert_eq!(begun(), FIT);

    let data = system.kill().await;
    let system = System::start(data, &arguments).await;
    let client = system.client();
    client.set_budget(&id, tokens(5_000)).await.unwrap();
    let raised = client.set_budget(&id, tokens(5_000)).await.unwrap();
    assert_eq!(raised.budget, Some(tokens(5_000)));
    gate.add_permits(TASKS);
    let (goal, words) = ended(&system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    assert_eq!(goal.spent.unwrap().tokens, 5_000);
    assert_eq!(begun(), TASKS);
    worker.assert_nothing_ran_twice();
    assert_eq!(
        words.iter().filter(|word| *word == "BUDGET_CHANGED").count(),
        1,
        "asking twice is asking once"
    );
    system.verify().await;
    system.stop().await;
}

#[tokio::test]
async fn what_attempts_do_not_take_is_given_back() {
    let on = on_stores().await;
    let worker = worker(&on.system.endpoints.graph_engine, |attempt, input: Value| async move {
        attempt.add_tokens(15);
        attempt.add_tokens(5);
        match (input["n"].as_f64(), attempt.number()) {
            (Some(3.0), 1) => Err(Failure::new("BROKEN", "once")),
            _ => Ok(input),
        }
    });
    let body = json!({"tasks": [{"name": "ask", "capability": "test.ask", "data_flow": {"n": "item"},
                                 "retry": {"max_attempts": 2, "initial_backoff_ms": 0}}]});
    let asking = blueprint(json!({
        "name": "asking",
        "tasks": [{"name": "each", "input": {"items": [0, 1]}, "for_each": {"body": body.clone()}},
                  {"name": "more", "data_flow": {"items": "goal.input.numbers"}, "for_each": {"body": body}}],
        "edges": [{"from": "each", "to": "more"}],
    }));
    let numbers = json!({"numbers": [2, 3, 4, 5, 6, 7]}).as_object().unwrap().clone();
    // Two and a bit at once, and far less than all of them might take.
    let goal = NewGoal::blueprint(asking).input(numbers).budget(tokens(300));
    let (goal, _) = on.system.run(goal).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    let taken = Spending { tasks: 8, attempts: 9, tokens: 180, money_micros: 45 };
    assert_eq!(goal.spent, Some(taken));
    worker.assert_nothing_ran_twice();
    on.system.verify().await;
}

#[tokio::test]
async fn whatever_an_attempt_waited_for_before_it_may_have_to_wait_for_room() {
    let on = on_stores().await;
    let worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        match (attempt.task(), attempt.number()) {
            ("later", 1..=3) | ("at_once", 1) => Err(Failure::new("BROKEN", "not yet")),
            _ => Ok(input),
        }
    });
    let retry = |pause: u64| json!({"max_attempts": 4, "initial_backoff_ms": pause});
    let waiting = blueprint(json!({
        "name": "waiting",
        "tasks": [
            {"name": "later", "capability": "test.echo", "retry": retry(1)},
            {"name": "keyed", "capability": "test.echo", "concurrency_key": {"key": "'k'"}},
            {"name": "at_once", "capability": "test.echo", "retry": retry(0)},
        ],
        "edges": [{"from": "later", "to": "keyed"}, {"from": "keyed", "to": "at_once"}],
    }));
    let attempts = |attempts: i64| GoalBudget { attempts: Some(attempts), ..GoalBudget::default() };
    let client = on.system.client();
    let refused = client.submit(NewGoal::blueprint(waiting.clone()).budget(attempts(2))).await.unwrap_err();
    let refused = status(refused);
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("budget.attempts"), "{refused}");
    let id = client.submit(NewGoal::blueprint(waiting).budget(attempts(3))).await.unwrap().id;
    let mut watch = client.watch(&id, 0);
    let mut most = 3;
    while let Some(event) = watch.next().await.unwrap() {
        if event.r#type() == EventType::WorkflowPaused {
            on.system.verify().await;
            most += 1;
            client.set_budget(&id, attempts(most)).await.unwrap();
        }
    }
    let (goal, words) = ended(&on.system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?} {words:?}", goal.failure);
    assert_eq!((goal.spent.unwrap().attempts, most), (7, 7));
    let count = |word: &str| words.iter().filter(|other| *other == word).count();
    assert_eq!(count("WORKFLOW_PAUSED"), 4, "{words:?}");
    // After its pause; for its key, and then for room; before its first attempt, and not before its second one.
    let waits = ["TASK_WAITING later", "TASK_WAITING keyed", "TASK_WAITING at_once"].map(count);
    assert_eq!(waits, [1, 2, 1], "{words:?}");
    worker.assert_nothing_ran_twice();
    on.system.verify().await;
}

#[tokio::test]
async fn a_plan_that_comes_to_more_than_its_goal_may_take_is_refused() {
    let on = on_stores().await;
    let client = on.system.client();
    let dear = || NewGoal::of_type("test.inquire").budget(tokens(99));
    let preview = client.preview(dear()).await.unwrap();
    let why = preview.failure.unwrap();
    assert_eq!(why.kind, Failure::BUDGET_TOO_SMALL);
    assert!(preview.blueprint.is_some() && preview.estimate.unwrap().attempts == 1);
    let (goal, words) = on.system.run(dear()).await;
    assert_eq!(goal.state(), GoalState::Failed);
    assert_eq!(goal.failure, Some(why), "{words:?}");
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let (goal, _) = on.system.run(NewGoal::of_type("test.inquire").budget(tokens(100))).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    let late = status(client.set_budget(&goal.id, tokens(1)).await.unwrap_err());
    assert_eq!(late.code(), Code::FailedPrecondition, "{late}");
    on.system.verify().await;
}

#[tokio::test]
async fn when_its_time_is_over_a_goal_pauses_until_it_gets_more() {
    let on = on_stores().await;
    let client = on.system.client();
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    let waiting = blueprint(json!({
        "name": "waiting",
        "tasks": [{"name": "go", "capability": "goalpost.await_signal", "input": {"name": "go"}},
                  {"name": "work", "capability": "test.echo"}],
        "edges": [{"from": "go", "to": "work"}],
    }));
    let short = GoalBudget { wall_time_ms: Some(20), ..GoalBudget::default() };
    let id = client.submit(NewGoal::blueprint(waiting).budget(short)).await.unwrap().id;
    let paused = seen(&on.system, &id, EventType::WorkflowPaused, "").await;
    assert_eq!(paused.failure.unwrap().kind, Failure::BUDGET_EXCEEDED);
    let go = SignalGoalRequest { id: id.clone(), name: "go".to_owned(), ..SignalGoalRequest::default() };
    client.signal(go).await.unwrap();
    seen(&on.system, &id, EventType::TaskWaiting, "work").await;
    on.system.verify().await;
    assert_eq!(worker.begun.lock().unwrap().len(), 0);
    let more = GoalBudget { wall_time_ms: Some(3_600_000), ..GoalBudget::default() };
    client.set_budget(&id, more).await.unwrap();
    let (goal, words) = ended(&on.system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{words:?}");
    on.system.verify().await;
}

#[tokio::test]
async fn limits_that_are_none_are_named() {
    let on = on_stores().await;
    let client = on.system.client();
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    let code =
        async |budget: GoalBudget| status(client.set_budget(unknown, budget).await.unwrap_err()).code();
    assert_eq!(code(tokens(5)).await, Code::NotFound);
    assert_eq!(code(tokens(-5)).await, Code::InvalidArgument);
    assert_eq!(code(GoalBudget::default()).await, Code::InvalidArgument);
    let wrong = client.submit(NewGoal::of_type("test.inquire").budget(tokens(-1))).await.unwrap_err();
    assert!(status(wrong).message().contains("budget.tokens"));
}
