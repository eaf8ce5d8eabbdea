//! Graphs as large as they may be.

use goalpost_graph::Effect;
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::{Value, json};

use crate::run::{Run, kind};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("t{number}")).collect()
}

#[test]
fn a_chain_of_ten_thousand_tasks_is_skipped_in_one_step() {
    let names = names(10_000);
    let mut edges: Vec<Value> =
        names.windows(2).map(|pair| json!({"from": pair[0], "to": pair[1]})).collect();
    edges[0]["on"] = json!("failure");
    let mut run = Run::begin(json!(names), Value::Array(edges));
    let effects = run.succeed("t0", json!(1));
    assert_eq!(effects.len(), 10_001);
    let skipped = (1..10_000).map(|task| Effect::TaskSkipped { task });
    assert!(effects[1..10_000].iter().copied().eq(skipped));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn a_fan_in_of_a_thousand_starts_with_the_last() {
    let names = names(1_000);
    let mut tasks = names.clone();
    tasks.push("last".to_owned());
    let flow = |name: &str| json!({name: format!("tasks.{name}.output")});
    let edges: Vec<Value> =
        names.iter().map(|name| json!({"from": name, "to": "last", "data_flow": flow(name)})).collect();
    let mut run = Run::begin(json!(tasks), json!(edges));
    for (number, name) in names.iter().enumerate().rev() {
        assert_eq!(run.state("last"), TaskState::Pending);
        run.succeed(name, json!(number));
    }
    assert_eq!(run.state("last"), TaskState::Ready);
    let input = run.input("last");
    assert_eq!(input.as_object().unwrap().len(), 1_000);
    assert_eq!(input["t999"], json!(999));
}

#[test]
fn a_fan_out_of_a_thousand_starts_in_one_step() {
    let names = names(1_000);
    let mut tasks = vec!["first".to_owned()];
    tasks.extend(names.clone());
    let edges: Vec<Value> = names.iter().map(|name| json!({"from": "first", "to": name})).collect();
    let mut run = Run::begin(json!(tasks), json!(edges));
    let effects = run.succeed("first", json!(1));
    assert_eq!(effects.len(), 1_001);
    assert_eq!(run.task("first").taken_edges.len(), 1_000);
}

/// All of them come from one task that has not ended: it is looked at once, not once for each.
#[test]
fn nine_thousand_ways_that_lost_are_cancelled_in_one_step() {
    let ways = names(9_000);
    let mut tasks: Vec<Value> = ways.iter().map(|name| json!(name)).collect();
    tasks.push(json!("slow"));
    tasks.push(json!("fast"));
    tasks.push(json!({"name": "end", "join": "any", "rest": "cancel"}));
    let mut edges = vec![json!({"from": "fast", "to": "end"})];
    for way in &ways {
        edges.extend([json!({"from": "slow", "to": way}), json!({"from": way, "to": "end"})]);
    }
    let mut run = Run::begin(json!(tasks), json!(edges));
    let effects = run.succeed("fast", json!(1));
    assert_eq!(effects.len(), 2 + 9_001);
    assert_eq!(
        effects.last(),
        Some(&Effect::TaskCancelled { task: run.ordinal("slow"), was_running: false })
    );
    run.succeed("end", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn a_result_that_no_message_carries_fails_the_workflow_and_keeps_the_outputs() {
    let mut run = Run::begin(json!(["a", "b"]), json!([]));
    for task in ["a", "b"] {
        run.succeed(task, json!("x".repeat(600_000)));
    }
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    assert_eq!(kind(run.workflow.failure.as_ref()), Failure::PAYLOAD_TOO_LARGE);
    assert!(run.task("a").output.is_some());
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}
