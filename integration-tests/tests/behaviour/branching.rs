//! Branches, joins that need some of their edges, and tasks that need no worker, on the running system.

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::harness::{blueprint, echo_worker, on_stores, words, worker};

#[tokio::test]
async fn an_exclusive_branch_goes_one_way_and_a_transform_sums_it_up() {
    let on = on_stores().await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let end = json!({"name": "end", "capability": "goalpost.transform", "join": "any", "data_flow": {"n": "goal.input.n * 2"}});
    let route = blueprint(json!({
        "name": "route",
        "tasks": [
            {"name": "start", "capability": "test.echo", "data_flow": {"n": "goal.input.n"}, "branch": "exclusive"},
            {"name": "big", "capability": "test.echo"},
            {"name": "some", "capability": "test.echo"},
            {"name": "none", "capability": "goalpost.transform", "input": {"was": "none"}},
            end,
        ],
        "edges": [
            {"from": "start", "to": "big", "condition": "tasks.start.output.n > 10"},
            {"from": "start", "to": "some", "condition": "tasks.start.output.n > 0"},
            {"from": "start", "to": "none", "otherwise": true},
            {"from": "big", "to": "end", "data_flow": {"way": "'big'"}},
            {"from": "some", "to": "end", "data_flow": {"way": "'some'"}},
            {"from": "none", "to": "end", "data_flow": {"way": "tasks.none.output.was"}},
        ],
    }));
    for (n, way) in [(11, "big"), (5, "some"), (0, "none")] {
        let input = json!({"n": n}).as_object().unwrap().clone();
        let (goal, events) = on.system.run(NewGoal::blueprint(route.clone()).input(input)).await;
        assert_eq!(goal.state(), GoalState::Succeeded);
        let result = serde_json::to_value(goal.result.unwrap()).unwrap();
        assert_eq!(result, json!({"end": {"n": f64::from(n * 2), "way": way}}));
        let skipped = words(&events).iter().filter(|word| word.starts_with("TASK_SKIPPED")).count();
        assert_eq!(skipped, 2, "{:?}", words(&events));
    }
    on.system.verify().await;
}

#[tokio::test]
async fn n_of_begins_while_the_rest_goes_on_and_a_transform_needs_no_worker() {
    let on = on_stores().await;
    let count =
        |name: &str| json!({"name": name, "capability": "goalpost.transform", "data_flow": {"n": "1"}});
    let edge = |from: &str| json!({"from": from, "to": "two", "data_flow": {from: format!("tasks.{from}.output.n")}});
    let quorum = blueprint(json!({
        "name": "quorum",
        "tasks": [
            count("a"),
            {"name": "b", "capability": "goalpost.wait", "input": {"duration_ms": 20}},
            count("c"),
            {"name": "two", "capability": "goalpost.transform", "join": {"n_of": 2}},
        ],
        "edges": [edge("a"), {"from": "b", "to": "two"}, edge("c")],
    }));
    // Nobody offers a capability: the engine does it all.
    let (goal, events) = on.system.run(NewGoal::blueprint(quorum)).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let result: Value = serde_json::to_value(goal.result.unwrap()).unwrap();
    assert_eq!(result, json!({"two": {"a": 1.0, "c": 1.0}}));
    let words = words(&events);
    let place = |word: &str| words.iter().position(|other| other == word).unwrap();
    assert!(place("TASK_SUCCEEDED two") < place("TASK_SUCCEEDED b"), "{words:?}");
    on.system.verify().await;
}

/// How far the attempt of the slow task has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slow {
    Waits,
    Runs,
    WasStopped,
}

#[tokio::test]
async fn what_leads_to_a_met_join_alone_is_cancelled_and_its_worker_is_told() {
    let on = on_stores().await;
    let (slow, mut seen) = watch::channel(Slow::Waits);
    let _worker = worker(&on.system.endpoints.graph_engine, move |attempt, input| {
        let slow = slow.clone();
        async move {
            match attempt.task() {
                "slow" => {
                    slow.send_replace(Slow::Runs);
                    // The handler is dropped when it is told to stop; this outlives it.
                    tokio::spawn(async move {
                        attempt.cancelled().await;
                        slow.send_replace(Slow::WasStopped);
                    });
                    std::future::pending().await
                }
                "fast" => {
                    slow.subscribe().wait_for(|slow| *slow >= Slow::Runs).await.unwrap();
                    Ok(input)
                }
                _ => Ok(input),
            }
        }
    });
    let race = blueprint(json!({
        "name": "race",
        "tasks": [
            {"name": "slow", "capability": "test.echo"},
            {"name": "after", "capability": "test.echo"},
            {"name": "fast", "capability": "test.echo"},
            {"name": "end", "capability": "test.echo", "join": "any", "rest": "cancel"},
        ],
        "edges": [
            {"from": "slow", "to": "after"}, {"from": "after", "to": "end", "data_flow": {"winner": "'slow'"}},
            {"from": "fast", "to": "end", "data_flow": {"winner": "'fast'"}},
        ],
    }));
    let (goal, events) = on.system.run(NewGoal::blueprint(race)).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    assert_eq!(serde_json::to_value(goal.result.unwrap()).unwrap(), json!({"end": {"winner": "fast"}}));
    let words = words(&events);
    for task in ["slow", "after"] {
        assert!(words.contains(&format!("TASK_CANCELLED {task}")), "{words:?}");
    }
    seen.wait_for(|slow| *slow == Slow::WasStopped).await.unwrap();
    on.system.verify().await;
}
