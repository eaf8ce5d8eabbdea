//! Compensation: what was done is undone in reverse when the workflow fails or is cancelled.

use goalpost_graph::{Effect, Event};
use goalpost_model::{Failure, TaskState, Usage, WorkflowState};
use serde_json::{Value, json};

use crate::run::{Run, broken};

fn step(name: &str) -> Value {
    json!({"name": name, "capability": "any", "compensate_with": {
        "capability": "any", "input": {"of": name}, "data_flow": {"was": format!("tasks.{name}.output")}}})
}

/// `a` and `b` are done and can be undone, `c` runs.
fn trip() -> Run {
    let mut run = Run::begin(
        json!([step("a"), step("b"), "c"]),
        json!([{"from": "a", "to": "c"}, {"from": "b", "to": "c"}]),
    );
    run.succeed("b", json!("room"));
    run.succeed("a", json!("seat"));
    run.start("c");
    run
}

fn fail_c(run: &mut Run) -> Vec<Effect> {
    let (task, attempt) = (run.ordinal("c"), 1);
    run.apply(Event::AttemptFailed { task, attempt, failure: broken(), usage: Usage::default() })
}

fn assert_restorable(run: &Run) {
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn what_was_done_is_undone_in_reverse_order_one_after_the_other() {
    let mut run = trip();
    let effects = fail_c(&mut run);
    assert_eq!(run.workflow.state, WorkflowState::Compensating);
    let undo = run.ordinal("a.undo");
    assert_eq!(effects.last(), Some(&Effect::TaskReady { task: undo, attempt: 1 }));
    assert_eq!(run.input("a.undo"), json!({"of": "a", "was": "seat"}));
    assert!(run.workflow.tasks.ordinal_of("b.undo").is_none());
    assert_restorable(&run);
    run.succeed("a.undo", json!(null));
    assert_eq!(run.input("b.undo"), json!({"of": "b", "was": "room"}));
    assert_restorable(&run);
    let effects = run.succeed("b.undo", json!(null));
    assert_eq!(effects.last(), Some(&Effect::WorkflowFailed));
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    assert_restorable(&run);
}

#[test]
fn a_cancelled_workflow_is_undone_too_and_ends_as_cancelled() {
    let mut run = trip();
    run.cancel();
    assert_eq!(run.state("c"), TaskState::Cancelled);
    assert_restorable(&run);
    run.succeed("a.undo", json!(null));
    run.succeed("b.undo", json!(null));
    assert_eq!(run.workflow.state, WorkflowState::Cancelled);
    assert_restorable(&run);
}

#[test]
fn a_compensation_that_fails_is_told_and_the_others_go_on() {
    let mut run = trip();
    fail_c(&mut run);
    run.fail("a.undo");
    assert_eq!(run.state("b.undo"), TaskState::Ready);
    assert_restorable(&run);
    run.succeed("b.undo", json!(null));
    let failure = run.workflow.failure.as_ref().unwrap();
    assert_eq!(failure.kind, Failure::UNHANDLED_FAILURE);
    assert!(failure.message.ends_with("task 'a' could not be undone: BROKEN: it broke"), "{failure}");
    assert_eq!(run.workflow.state, WorkflowState::Failed);
}

#[test]
fn a_compensation_has_its_own_retries_and_cannot_be_cancelled_or_run_out_of_time() {
    let mut book = step("a");
    book["compensate_with"]["retry"] = json!({"max_attempts": 2, "initial_backoff_ms": 0});
    let mut run = Run::begin(json!([book, "c"]), json!([{"from": "a", "to": "c"}]));
    run.succeed("a", json!(1));
    run.fail("c");
    run.fail("a.undo");
    assert_eq!((run.state("a.undo"), run.task("a.undo").attempt), (TaskState::Ready, 2));
    run.refused(Event::Cancel { failure: Failure::new(Failure::CANCELLED, "now") });
    run.succeed("a.undo", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Failed);
}

#[test]
fn nothing_is_undone_where_nothing_was_done_or_all_went_well() {
    let mut run = Run::begin(json!([step("a")]), json!([]));
    run.fail("a");
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    let mut run = Run::begin(json!([step("a")]), json!([]));
    run.succeed("a", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn items_of_a_list_are_undone_where_they_were_done() {
    let mut run = Run::begin(
        json!([{"name": "each", "capability": "", "input": {"items": ["x", "y", "z"]}, "for_each": {"body": {"tasks": [
            {"name": "put", "capability": "any", "compensate_with": {"capability": "any", "data_flow": {"item": "item"}}}]}}}]),
        json!([]),
    );
    run.succeed("each[2].put", json!(1));
    run.succeed("each[0].put", json!(1));
    run.fail("each[1].put");
    assert_eq!(run.input("each[0].put.undo"), json!({"item": "x"}));
    assert_restorable(&run);
    run.succeed("each[0].put.undo", json!(1));
    assert_eq!(run.input("each[2].put.undo"), json!({"item": "z"}));
    run.succeed("each[2].put.undo", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    assert_restorable(&run);
}

#[test]
fn an_input_that_cannot_be_put_together_is_a_compensation_that_failed() {
    let mut run = Run::begin(
        json!([{"name": "a", "capability": "any",
                "compensate_with": {"capability": "any", "data_flow": {"x": "tasks.a.output.absent"}}}, "c"]),
        json!([{"from": "a", "to": "c"}]),
    );
    run.succeed("a", json!({}));
    run.fail("c");
    assert_eq!(run.state("a.undo"), TaskState::Failed);
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    assert!(run.workflow.failure.as_ref().unwrap().message.contains("could not be undone"));
    assert_restorable(&run);
}
