//! Which of several edges a task chooses, and tasks that only compute.

use goalpost_graph::Effect;
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::{Value, json};

use crate::run::{Run, kind};

/// Two conditions of a number, an edge that is always taken, and one that is taken otherwise.
fn route(branch: &str, n: i64) -> Run {
    let at_least =
        |to: &str, n: i64| json!({"from": "a", "to": to, "condition": format!("tasks.a.output.n >= {n}")});
    let mut run = Run::begin(
        json!([{"name": "a", "capability": "count", "branch": branch}, "many", "some", "log", "none"]),
        json!([
            {"from": "a", "to": "none", "otherwise": true},
            at_least("many", 10),
            at_least("some", 1),
            {"from": "a", "to": "log"},
        ]),
    );
    run.succeed("a", json!({"n": n}));
    run
}

fn taken(run: &Run) -> Vec<&'static str> {
    let names = ["many", "some", "log", "none"];
    names.into_iter().filter(|name| run.state(name) == TaskState::Ready).collect()
}

#[test]
fn an_inclusive_branch_takes_every_edge_whose_condition_holds() {
    assert_eq!(taken(&route("inclusive", 50)), ["many", "some", "log"]);
    assert_eq!(taken(&route("inclusive", 5)), ["some", "log"]);
}

#[test]
fn an_exclusive_branch_takes_the_first_edge_whose_condition_holds() {
    assert_eq!(taken(&route("exclusive", 50)), ["many", "log"]);
    assert_eq!(taken(&route("exclusive", 5)), ["some", "log"]);
}

#[test]
fn what_is_taken_otherwise_is_taken_if_no_condition_holds() {
    for branch in ["inclusive", "exclusive"] {
        assert_eq!(taken(&route(branch, 0)), ["log", "none"]);
    }
}

/// Nobody knows what it would have been.
#[test]
fn after_a_condition_that_cannot_be_evaluated_nothing_is_taken_otherwise() {
    let begin = |branch: &str| {
        let mut run = Run::begin(
            json!([{"name": "a", "branch": branch}, "b", "c", "d"]),
            json!([
                {"from": "a", "to": "b", "condition": "goal.input.absent == 1"},
                {"from": "a", "to": "c", "condition": "goal.text != 'x'"},
                {"from": "a", "to": "d", "otherwise": true},
            ]),
        );
        run.succeed("a", json!(1));
        run
    };
    let mut inclusive = begin("inclusive");
    assert_eq!(inclusive.state("c"), TaskState::Ready);
    assert_eq!(inclusive.state("d"), TaskState::Skipped);
    inclusive.succeed("c", json!(1));
    assert_eq!(kind(inclusive.workflow.failure.as_ref()), Failure::CONDITION);
    let exclusive = begin("exclusive");
    assert_eq!((exclusive.state("c"), exclusive.state("d")), (TaskState::Skipped, TaskState::Skipped));
    assert_eq!(exclusive.workflow.state, WorkflowState::Failed);
}

#[test]
fn a_failure_takes_what_is_otherwise_among_its_own_edges() {
    let mut run = Run::begin(
        json!(["a", "b", "c"]),
        json!([
            {"from": "a", "to": "b", "on": "failure", "condition": "tasks.a.error.kind == 'OTHER'"},
            {"from": "a", "to": "c", "on": "failure", "otherwise": true},
        ]),
    );
    run.fail("a");
    assert_eq!((run.state("b"), run.state("c")), (TaskState::Skipped, TaskState::Ready));
    assert_eq!(run.task("a").unhandled, None);
}

#[test]
fn a_transform_succeeds_at_once_with_what_its_data_flow_computes() {
    let sum = json!({"name": "sum", "capability": "goalpost.transform", "input": {"unit": "K"},
                     "data_flow": {"total.n": "tasks.a.output.n + 1"}});
    let mut run = Run::begin(
        json!([{"name": "a", "capability": "count"}, sum, "c"]),
        json!([{"from": "a", "to": "sum"}, {"from": "sum", "to": "c", "data_flow": {"x": "tasks.sum.output"}}]),
    );
    let effects = run.succeed("a", json!({"n": 2}));
    let expected = [
        Effect::TaskSucceeded { task: 0 },
        Effect::TaskSucceeded { task: 1 },
        Effect::TaskReady { task: 2, attempt: 1 },
    ];
    assert_eq!(effects, expected);
    assert_eq!(run.input("c"), json!({"x": {"unit": "K", "total": {"n": 3}}}));
    assert_eq!((run.task("sum").attempt, &run.task("sum").input), (0, &None));
}

/// A chain of any length needs no worker, and is one step.
#[test]
fn a_workflow_of_transforms_ends_when_it_starts() {
    let task = |n: usize| {
        let before =
            n.checked_sub(1).map_or("0".to_owned(), |before| format!("tasks.t{before}.output.n + 1"));
        json!({"name": format!("t{n}"), "capability": "goalpost.transform", "data_flow": {"n": before}})
    };
    let edge = |n: usize| json!({"from": format!("t{n}"), "to": format!("t{}", n + 1)});
    let tasks: Vec<Value> = (0..1000).map(task).collect();
    let run = Run::begin(json!(tasks), json!((0..999).map(edge).collect::<Vec<_>>()));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_eq!(json!(run.workflow.result), json!({"t999": {"n": 999}}));
}

#[test]
fn a_transform_that_cannot_compute_fails_like_any_task() {
    let broken =
        json!({"name": "t", "capability": "goalpost.transform", "data_flow": {"x": "goal.input.absent"}});
    let mut run = Run::begin(json!([broken, "b"]), json!([{"from": "t", "to": "b", "on": "failure"}]));
    assert_eq!(run.state("t"), TaskState::Failed);
    assert_eq!(kind(run.task("t").failure.as_ref()), Failure::DATA_FLOW);
    run.succeed("b", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}
