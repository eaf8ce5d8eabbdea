//! Workflows that failed or were cancelled and go on.

use goalpost_graph::{Effect, Event, IllegalTransition};
use goalpost_model::{Failure, TaskState, TimerKind, WorkflowState};
use serde_json::json;

use crate::run::Run;

const RETRY: Event = Event::Retry { all: false };
const RETRY_ALL: Event = Event::Retry { all: true };

fn assert_restorable(run: &Run) {
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn what_failed_is_tried_once_more_and_what_succeeded_is_not() {
    let mut run =
        Run::begin(json!(["a", "b", "c"]), json!([{"from": "a", "to": "b"}, {"from": "b", "to": "c"}]));
    run.succeed("a", json!(1));
    run.fail("b");
    assert_eq!((run.workflow.state, run.state("c")), (WorkflowState::Failed, TaskState::Skipped));
    let effects = run.apply(RETRY);
    let (b, c) = (run.ordinal("b"), run.ordinal("c"));
    let ready = Effect::TaskReady { task: b, attempt: 2 };
    assert_eq!(effects, [Effect::WorkflowResumed, Effect::TaskReset { task: c }, ready]);
    assert_restorable(&run);
    run.succeed("b", json!(2));
    run.succeed("c", json!(3));
    assert_eq!((run.workflow.state, run.task("a").attempt), (WorkflowState::Succeeded, 1));
    assert_restorable(&run);
}

#[test]
fn a_cancelled_workflow_goes_on_where_it_was() {
    let mut run = Run::begin(json!(["a", "b"]), json!([{"from": "a", "to": "b"}]));
    run.start("a");
    run.cancel();
    run.apply(RETRY);
    assert_eq!((run.state("a"), run.task("a").attempt), (TaskState::Ready, 2));
    assert_eq!(run.state("b"), TaskState::Pending);
    assert_restorable(&run);
}

#[test]
fn retrying_all_runs_everything_under_new_attempts() {
    let mut run = Run::begin(json!(["a", "b"]), json!([{"from": "a", "to": "b"}]));
    run.succeed("a", json!(1));
    run.fail("b");
    run.apply(RETRY_ALL);
    assert_eq!((run.state("a"), run.task("a").attempt), (TaskState::Ready, 2));
    assert_eq!((run.state("b"), run.task("b").attempt), (TaskState::Pending, 1));
    assert_restorable(&run);
    run.succeed("a", json!(1));
    assert_eq!(run.task("b").attempt, 2);
}

#[test]
fn a_failure_that_was_handled_stays_as_it_is() {
    let mut run = Run::begin(
        json!(["a", "mend", "c"]),
        json!([{"from": "a", "to": "mend", "on": "failure"}, {"from": "mend", "to": "c"}]),
    );
    run.fail("a");
    run.succeed("mend", json!(1));
    run.fail("c");
    run.apply(RETRY);
    assert_eq!((run.state("a"), run.state("c")), (TaskState::Failed, TaskState::Ready));
    assert_restorable(&run);
}

#[test]
fn only_the_items_that_failed_are_tried_once_more() {
    let mut run = Run::begin(
        json!([{"name": "each", "capability": "", "input": {"items": [0, 1, 2, 3]}, "for_each": {"concurrency": 3, "body": {"tasks": [
            {"name": "x", "capability": "any"}]}}}]),
        json!([]),
    );
    run.succeed("each[0].x", json!("kept"));
    run.fail("each[1].x");
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    run.apply(RETRY);
    assert_eq!(run.state("each"), TaskState::Waiting);
    assert_restorable(&run);
    assert_eq!(run.task("each[1].x").attempt, 2);
    for item in 1..4 {
        run.succeed(&format!("each[{item}].x"), json!(item));
        assert_restorable(&run);
    }
    let outputs = &run.workflow.result.as_ref().unwrap()["each"]["outputs"];
    assert_eq!(*outputs, json!([{"x": "kept"}, {"x": 1}, {"x": 2}, {"x": 3}]));
}

#[test]
fn a_graph_that_has_run_inside_of_a_task_never_begins_anew() {
    let mut run = Run::begin(
        json!(["a", {"name": "each", "capability": "", "input": {"items": [0, 1]}, "for_each": {"body": {"tasks": [
            {"name": "x", "capability": "any"}]}}}]),
        json!([{"from": "a", "to": "each"}]),
    );
    run.succeed("a", json!(1));
    run.fail("each[0].x");
    // Its items would have the names and the attempts of those that were there.
    assert_eq!(run.refused(RETRY_ALL), IllegalTransition::CannotBeginAnew { task: "each".to_owned() });
    run.apply(RETRY);
    assert_eq!(run.task("each[0].x").attempt, 2);
    let mut run = Run::begin(
        json!([{"name": "poll", "capability": "", "loop": {"while": "true", "max_iterations": 1, "body": {"tasks": [
            {"name": "x", "capability": "any"}]}}}]),
        json!([]),
    );
    run.succeed("poll[0].x", json!(1));
    assert_eq!(run.refused(RETRY), IllegalTransition::CannotBeginAnew { task: "poll".to_owned() });
}

#[test]
fn what_was_skipped_by_hand_stays_skipped() {
    let mut run = Run::begin(
        json!(["a", {"name": "each", "capability": "", "join": "any", "input": {"items": [0]}, "for_each": {"body": {"tasks": [
            {"name": "x", "capability": "any"}]}}}, "b"]),
        json!([{"from": "b", "to": "each"}, {"from": "a", "to": "each"}]),
    );
    run.succeed("b", json!(1));
    let reason = Failure::new(Failure::BY_HAND, "enough");
    run.apply(Event::Skip { task: run.ordinal("each"), output: None, reason });
    run.fail("a");
    run.apply(RETRY);
    assert_eq!((run.state("each"), run.state("a")), (TaskState::Skipped, TaskState::Ready));
    assert_restorable(&run);
}

#[test]
fn what_cannot_be_retried_is_refused() {
    let mut run = Run::begin(json!(["a"]), json!([]));
    assert!(matches!(run.refused(RETRY), IllegalTransition::WrongState { .. }));
    run.succeed("a", json!(1));
    assert!(matches!(run.refused(RETRY_ALL), IllegalTransition::WrongState { .. }));
    let undone = json!({"name": "a", "capability": "any", "compensate_with": {"capability": "any"}});
    let mut run = Run::begin(json!([undone, "b"]), json!([{"from": "a", "to": "b"}]));
    run.succeed("a", json!(1));
    run.fail("b");
    run.succeed("a.undo", json!(1));
    assert_eq!(run.refused(RETRY), IllegalTransition::Undone);
    assert_eq!(run.refused(RETRY_ALL), IllegalTransition::Undone);
    // A condition that cannot be evaluated would not be any better for it.
    let mut run = Run::begin(
        json!(["a", "b"]),
        json!([{"from": "a", "to": "b", "condition": "tasks.a.output.absent"}]),
    );
    run.succeed("a", json!({}));
    assert_eq!(run.refused(RETRY), IllegalTransition::NothingToRetry);
}

#[test]
fn a_task_that_is_skipped_after_a_retry_has_its_attempts_from_before() {
    let mut run = Run::begin(json!(["a", "b"]), json!([{"from": "a", "to": "b"}]));
    run.succeed("a", json!(1));
    run.fail("b");
    run.apply(RETRY_ALL);
    run.fail("a");
    assert_eq!((run.state("b"), run.task("b").attempt), (TaskState::Skipped, 1));
    assert_restorable(&run);
}

#[test]
fn a_timer_that_comes_late_for_the_time_before_a_retry_moves_nothing() {
    let wait = json!({"name": "wait", "capability": "goalpost.wait", "input": {"duration_ms": 5}});
    let mut run = Run::begin(json!([wait]), json!([]));
    let late = Event::TimerFired { task: 0, attempt: 0, kind: TimerKind::Wait };
    run.cancel();
    run.apply(RETRY);
    assert_restorable(&run);
    assert!(matches!(run.refused(late), IllegalTransition::NotArmed { .. }));
    run.apply(Event::TimerFired { task: 0, attempt: 1, kind: TimerKind::Wait });
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_restorable(&run);
}
