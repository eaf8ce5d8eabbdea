//! Graphs inside of tasks, on the running system.

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_worker::Failure;
use serde_json::{Value, json};

use crate::harness::{blueprint, echo_worker, on_stores, words, worker};

fn input(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn number_of(result: &Value, pointer: &str) -> f64 {
    result.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer} of {result}"))
}

#[tokio::test]
async fn a_list_is_worked_through_and_gathered_in_its_order() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, |_, input| async move {
        match input["n"].as_f64() {
            Some(13.0) => Err(Failure::new("UNLUCKY", "it is thirteen")),
            _ => Ok(input),
        }
    });
    let squares = blueprint(json!({
        "name": "squares",
        "tasks": [{"name": "each", "data_flow": {"items": "goal.input.numbers", "power": "2"}, "for_each": {
            "concurrency": 3, "failures": {"tolerate": 1}, "body": {
                "tasks": [{"name": "echo", "capability": "test.echo", "data_flow": {"n": "item", "place": "index"}},
                          {"name": "square", "capability": "goalpost.transform",
                           "data_flow": {"n": "tasks.echo.output.n * tasks.echo.output.n", "power": "input.power"}}],
                "edges": [{"from": "echo", "to": "square"}],
                "output": {"n": "tasks.square.output.n", "place": "tasks.echo.output.place"}}}}],
        "output": {"squares": "tasks.each.output.outputs", "failed": "tasks.each.output.failed"},
    }));
    let numbers: Vec<u32> = (0..20).collect();
    let goal = NewGoal::blueprint(squares).input(input(json!({"numbers": numbers})));
    let (goal, events) = on.system.run(goal).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    let result = serde_json::to_value(goal.result.unwrap()).unwrap();
    for n in (0..20_u32).filter(|n| *n != 13) {
        assert_eq!(number_of(&result, &format!("/squares/{n}/n")), f64::from(n * n));
        assert_eq!(number_of(&result, &format!("/squares/{n}/place")), f64::from(n));
    }
    assert_eq!(result["squares"][13], Value::Null);
    assert_eq!(number_of(&result, "/failed/0/index"), 13.0);
    assert!(words(&events).contains(&"TASK_SUCCEEDED each[19].square".to_owned()));
    on.system.verify().await;
}

#[tokio::test]
async fn a_loop_repeats_its_graph_and_a_retry_inside_repeats_its_task_alone() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        if attempt.task() == "poll[1].look" && attempt.number() == 1 {
            return Err(Failure::new("BLINK", "look again"));
        }
        Ok(input)
    });
    let polling = blueprint(json!({
        "name": "polling",
        "tasks": [{"name": "poll", "loop": {"while": "tasks.look.output.n < 3", "max_iterations": 10, "body": {
            "tasks": [{"name": "pause", "capability": "goalpost.wait", "input": {"duration_ms": 5}},
                      {"name": "look", "capability": "test.echo", "retry": {"max_attempts": 2, "initial_backoff_ms": 1},
                       "data_flow": {"n": "has(previous.look) ? previous.look.n + 1 : 1"}}],
            "edges": [{"from": "pause", "to": "look"}]}}}],
    }));
    let (goal, events) = on.system.run(NewGoal::blueprint(polling)).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    let result = serde_json::to_value(goal.result.unwrap()).unwrap();
    assert_eq!(number_of(&result, "/poll/iterations"), 3.0);
    assert_eq!(number_of(&result, "/poll/output/look/n"), 3.0);
    let words = words(&events);
    let count = |word: &str| words.iter().filter(|other| *other == word).count();
    assert_eq!(count("ATTEMPT_STARTED poll[1].look"), 2);
    assert_eq!(count("TASK_SUCCEEDED poll[1].pause"), 1);
    on.system.verify().await;
}

#[tokio::test]
async fn a_nested_blueprint_is_shown_with_its_tasks_and_its_failure_can_be_handled() {
    let on = on_stores().await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let nested = blueprint(json!({
        "name": "nested",
        "tasks": [
            {"name": "sub", "data_flow": {"city": "goal.input.city"}, "run": {"body": {
                "tasks": [{"name": "a", "capability": "test.echo", "data_flow": {"city": "goal.input.city"}},
                          {"name": "b", "capability": "test.number", "input": {"n": "no number"}}],
                "edges": [{"from": "a", "to": "b"}]}}},
            {"name": "mend", "capability": "goalpost.transform"},
        ],
        "edges": [{"from": "sub", "to": "mend", "on": "failure", "data_flow": {"why": "tasks.sub.error.message"}}],
    }));
    let (goal, events) =
        on.system.run(NewGoal::blueprint(nested).input(input(json!({"city": "Seattle"})))).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    let result = serde_json::to_value(goal.result.unwrap()).unwrap();
    assert!(result["mend"]["why"].as_str().unwrap().contains("OUTPUT_SCHEMA"), "{result}");
    assert!(words(&events).contains(&"TASK_SUCCEEDED sub[0].a".to_owned()), "{:?}", words(&events));
    on.system.verify().await;
}
