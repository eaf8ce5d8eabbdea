//! Which edges are taken when a task ends, and what becomes of failures.

use goalpost_graph::Effect;
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::json;

use crate::run::{Run, kind};

/// One source, one target for each kind of edge.
fn one_of_each() -> Run {
    Run::begin(
        json!(["a", "good", "bad", "both"]),
        json!([
            {"from": "a", "to": "good"},
            {"from": "a", "to": "bad", "on": "failure"},
            {"from": "a", "to": "both", "on": "always"},
        ]),
    )
}

#[test]
fn success_takes_the_edges_on_success_and_on_always() {
    let mut run = one_of_each();
    let effects = run.succeed("a", json!(1));
    let expected = [
        Effect::TaskSucceeded { task: 0 },
        Effect::TaskReady { task: 1, attempt: 1 },
        Effect::TaskSkipped { task: 2 },
        Effect::TaskReady { task: 3, attempt: 1 },
    ];
    assert_eq!(effects, expected);
    assert_eq!(run.task("a").taken_edges, [0, 2]);
}

#[test]
fn failure_takes_the_edges_on_failure_and_on_always() {
    let mut run = one_of_each();
    run.fail("a");
    assert_eq!(run.state("good"), TaskState::Skipped);
    assert_eq!((run.state("bad"), run.state("both")), (TaskState::Ready, TaskState::Ready));
    assert_eq!(run.task("a").taken_edges, [1, 2]);
    assert_eq!(run.task("a").unhandled, None);
}

#[test]
fn a_skipped_task_takes_none_of_its_edges_not_even_on_always() {
    let mut run = Run::begin(
        json!(["a", "b", "c"]),
        json!([{"from": "a", "to": "b", "on": "failure"}, {"from": "b", "to": "c", "on": "always"}]),
    );
    run.succeed("a", json!(1));
    assert_eq!((run.state("b"), run.state("c")), (TaskState::Skipped, TaskState::Skipped));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn a_condition_that_does_not_hold_leaves_its_edge_untaken() {
    let mut run = Run::begin(
        json!([{"name": "a", "capability": "count"}, "many", "few"]),
        json!([
            {"from": "a", "to": "many", "condition": "tasks.a.output.n >= 10"},
            {"from": "a", "to": "few", "condition": "tasks.a.output.n >= 1"},
        ]),
    );
    run.succeed("a", json!({"n": 3}));
    assert_eq!((run.state("many"), run.state("few")), (TaskState::Skipped, TaskState::Ready));
    assert_eq!(kind(run.task("many").failure.as_ref()), Failure::JOIN_UNMET);
}

#[test]
fn a_condition_that_cannot_be_evaluated_fails_the_workflow_after_the_rest_has_run() {
    let mut run = Run::begin(
        json!(["a", "b", "c"]),
        json!([{"from": "a", "to": "b", "condition": "goal.input.absent == 1"}, {"from": "a", "to": "c"}]),
    );
    run.succeed("a", json!(1));
    assert_eq!((run.state("b"), run.state("c")), (TaskState::Skipped, TaskState::Ready));
    assert_eq!(kind(run.task("a").unhandled.as_ref()), Failure::CONDITION);
    assert_eq!(run.workflow.state, WorkflowState::Running);
    let effects = run.succeed("c", json!(2));
    assert_eq!(effects.last(), Some(&Effect::WorkflowFailed));
    assert_eq!(kind(run.workflow.failure.as_ref()), Failure::CONDITION);
    assert_eq!(run.workflow.result, None);
}

#[test]
fn a_condition_is_not_evaluated_if_the_end_does_not_match() {
    let mut run = Run::begin(
        json!(["a", "b"]),
        json!([{"from": "a", "to": "b", "on": "failure", "condition": "goal.input.absent == 1"}]),
    );
    run.succeed("a", json!(1));
    assert_eq!(run.task("a").unhandled, None);
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn a_failure_that_no_edge_takes_up_fails_the_workflow_and_names_the_task() {
    let mut run = Run::begin(json!(["a", "b", "c"]), json!([{"from": "a", "to": "b"}]));
    run.fail("a");
    assert_eq!(run.state("b"), TaskState::Skipped);
    assert_eq!(run.workflow.state, WorkflowState::Running);
    run.succeed("c", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    let failure = run.workflow.failure.unwrap();
    assert_eq!(failure.kind, Failure::UNHANDLED_FAILURE);
    assert!(failure.message.contains("'a'") && failure.message.contains("BROKEN: it broke"), "{failure}");
}

#[test]
fn a_failure_whose_edge_has_a_false_condition_is_unhandled() {
    let mut run = Run::begin(
        json!(["a", "b"]),
        json!([{"from": "a", "to": "b", "on": "failure", "condition": "goal.input.no"}]),
    );
    run.fail("a");
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    assert_eq!(kind(run.workflow.failure.as_ref()), Failure::UNHANDLED_FAILURE);
}

#[test]
fn a_failure_that_an_edge_takes_up_does_not_fail_the_workflow() {
    let mut run = Run::begin(json!(["a", "b"]), json!([{"from": "a", "to": "b", "on": "failure"}]));
    run.fail("a");
    run.succeed("b", json!("saved"));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_eq!(run.workflow.failure, None);
}

#[test]
fn the_first_unhandled_failure_in_the_blueprints_order_is_the_workflows() {
    let mut run = Run::begin(json!(["a", "b"]), json!([]));
    run.fail("b");
    run.fail("a");
    assert!(run.workflow.failure.unwrap().message.contains("'a'"));
}

#[test]
fn the_result_is_the_outputs_of_the_succeeded_leaves() {
    let mut run = Run::begin(
        json!(["a", "b", "c", "d"]),
        json!([{"from": "a", "to": "b"}, {"from": "a", "to": "c", "on": "failure"}, {"from": "a", "to": "d"}]),
    );
    run.succeed("a", json!(1));
    run.succeed("b", json!({"text": "done"}));
    let effects = run.succeed("d", json!(null));
    assert_eq!(effects, [Effect::TaskSucceeded { task: 3 }, Effect::WorkflowSucceeded]);
    assert_eq!(serde_json::to_value(run.workflow.result).unwrap(), json!({"b": {"text": "done"}, "d": null}));
}
