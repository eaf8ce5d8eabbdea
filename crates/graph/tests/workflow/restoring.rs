//! Workflows made again of their rows, and rows that cannot be.

use goalpost_graph::{InvalidState, Task};
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::json;

use crate::run::{Run, broken};

/// `a` has succeeded, `b` runs, `c` waits for both, `d` was skipped.
fn half_way() -> Run {
    let mut run = Run::begin(
        json!(["a", "b", "c", "d"]),
        json!([{"from": "a", "to": "c"}, {"from": "b", "to": "c"}, {"from": "a", "to": "d", "on": "failure"}]),
    );
    run.succeed("a", json!(1));
    run.start("b");
    run
}

/// The refusal of rows that were changed like this.
fn refusal(run: &Run, change: impl FnOnce(&mut Vec<(usize, Task)>)) -> InvalidState {
    let mut rows = run.rows();
    change(&mut rows);
    run.restore(rows).expect_err("the rows contradict each other")
}

#[test]
fn rows_give_the_same_workflow_in_any_order() {
    let run = half_way();
    let mut rows = run.rows();
    assert_eq!(rows.len(), 3);
    rows.reverse();
    assert_eq!(run.restore(rows).unwrap(), run.workflow);
}

#[test]
fn a_cancelled_workflow_is_restored_as_it_was() {
    let mut run = half_way();
    run.cancel();
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn conditions_are_not_evaluated_again() {
    let mut run =
        Run::begin(json!(["a", "b"]), json!([{"from": "a", "to": "b", "condition": "goal.input.yes"}]));
    run.succeed("a", json!(1));
    // The condition would not hold with this input; what was taken stays taken.
    run.workflow.goal_input = Default::default();
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn rows_of_unknown_or_repeated_tasks_are_refused() {
    let run = half_way();
    let unknown = refusal(&run, |rows| rows[0].0 = 9);
    assert_eq!(unknown, InvalidState::UnknownTask { ordinal: 9, tasks: 4 });
    let repeated = refusal(&run, |rows| rows.push(rows[0].clone()));
    assert_eq!(repeated, InvalidState::DuplicateTask { task: "a".to_owned() });
}

#[test]
fn rows_that_contradict_themselves_are_refused() {
    let run = half_way();
    type Change = fn(&mut Vec<(usize, Task)>);
    let changes: [Change; 10] = [
        |rows| rows[0].1.output = None,
        |rows| rows[0].1.attempt = 0,
        |rows| rows[0].1.failures = 2,
        |rows| rows[0].1.state = TaskState::Pending,
        |rows| rows[0].1.state = TaskState::Failed,
        |rows| rows[1].1.attempt = 0,
        |rows| rows[1].1.input = None,
        |rows| rows[1].1.failures = 1,
        |rows| rows[1].1.unhandled = Some(broken()),
        |rows| rows[1].1.state = TaskState::Failed,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let refusal = refusal(&run, change);
        assert!(matches!(refusal, InvalidState::Task { .. }), "change {number}: {refusal}");
    }
}

#[test]
fn edges_that_could_not_be_taken_are_refused() {
    let run = half_way();
    // Another task's, one on failure, none of the blueprint, one twice; one of a task that runs.
    for taken in [vec![1], vec![0, 2], vec![99], vec![0, 0]] {
        let refusal = refusal(&run, |rows| rows[0].1.taken_edges = taken.clone());
        assert!(matches!(refusal, InvalidState::TakenEdge { .. }), "{taken:?}: {refusal}");
    }
    let early = refusal(&run, |rows| rows[1].1.taken_edges = vec![1]);
    assert!(matches!(early, InvalidState::TakenEdge { edge: 1, .. }), "{early}");
}

#[test]
fn states_that_do_not_follow_from_the_edges_are_refused() {
    let run = half_way();
    let join = |refusal: InvalidState, name: &str| match refusal {
        InvalidState::Join { task, .. } => assert_eq!(task, name),
        other => panic!("{other}"),
    };
    // A root without a row, a task that started early, one skipped early, one left behind.
    join(refusal(&run, |rows| drop(rows.remove(1))), "b");
    join(refusal(&run, |rows| rows.push((2, rows[1].1.clone()))), "c");
    join(refusal(&run, |rows| rows.push((2, rows[2].1.clone()))), "c");
    join(refusal(&run, |rows| drop(rows.remove(2))), "d");
    join(refusal(&run, |rows| rows[0].1.taken_edges.clear()), "c");
}

#[test]
fn a_running_workflow_whose_tasks_have_all_ended_is_told_apart() {
    let mut run = Run::begin(json!(["a"]), json!([]));
    run.succeed("a", json!(1));
    run.workflow.state = WorkflowState::Running;
    run.workflow.result = None;
    assert_eq!(run.restore(run.rows()), Err(InvalidState::NothingOpen));
}

#[test]
fn a_workflows_end_that_does_not_go_with_its_tasks_is_refused() {
    for state in [WorkflowState::Succeeded, WorkflowState::Failed, WorkflowState::Cancelled] {
        let mut run = half_way();
        run.workflow.state = state;
        let open = run.restore(run.rows()).unwrap_err();
        assert!(matches!(open, InvalidState::Workflow { problem: "a task has not ended", .. }), "{open}");
    }
    let mut run = Run::begin(json!(["a"]), json!([]));
    run.fail("a");
    run.workflow.failure = None;
    let missing = run.restore(run.rows()).unwrap_err();
    assert!(matches!(missing, InvalidState::Workflow { state: WorkflowState::Failed, .. }), "{missing}");
    run.workflow.state = WorkflowState::Succeeded;
    run.workflow.result = Some(Default::default());
    let unhandled = run.restore(run.rows()).unwrap_err();
    assert!(unhandled.to_string().contains("left unhandled"), "{unhandled}");
    run.workflow.state = WorkflowState::Running;
    run.workflow.failure = Some(Failure::new("X", "x"));
    assert!(run.restore(Vec::new()).is_err());
}
