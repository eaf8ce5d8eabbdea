//! When tasks start, and when they are skipped.

use goalpost_graph::{Effect, Event};
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::{Value, json};

use crate::run::{Run, blueprint, kind};

fn two_into(join: &str) -> Run {
    Run::begin(
        json!(["a", "b", {"name": "c", "join": join}]),
        json!([
            {"from": "a", "to": "c", "data_flow": {"a": "tasks.a.output"}},
            {"from": "b", "to": "c", "data_flow": {"b": "tasks.b.output"}},
        ]),
    )
}

#[test]
fn the_roots_are_ready_at_the_start() {
    let mut run = Run::new(&blueprint(json!(["a", "b", "c"]), json!([{"from": "a", "to": "c"}])));
    assert_eq!(run.workflow.tasks[0].state, TaskState::Pending);
    let expected = [
        Effect::WorkflowStarted,
        Effect::TaskReady { task: 0, attempt: 1 },
        Effect::TaskReady { task: 1, attempt: 1 },
    ];
    assert_eq!(run.apply(Event::Start), expected);
    assert_eq!(run.state("c"), TaskState::Pending);
}

#[test]
fn all_waits_for_every_edge() {
    let mut run = two_into("all");
    assert_eq!(run.succeed("b", json!(2)), [Effect::TaskSucceeded { task: 1 }]);
    assert_eq!(run.state("c"), TaskState::Pending);
    run.succeed("a", json!(1));
    assert_eq!(run.state("c"), TaskState::Ready);
    assert_eq!(run.input("c"), json!({"a": 1, "b": 2}));
}

#[test]
fn all_is_skipped_as_soon_as_one_edge_is_not_taken() {
    let mut run = two_into("all");
    run.fail("a");
    assert_eq!(run.state("c"), TaskState::Skipped);
    assert_eq!(kind(run.task("c").failure.as_ref()), Failure::JOIN_UNMET);
    let effects = run.succeed("b", json!(2));
    assert_eq!(effects, [Effect::TaskSucceeded { task: 1 }, Effect::WorkflowFailed]);
}

#[test]
fn n_of_starts_at_the_nth_edge_and_ignores_later_ones() {
    let edge = |source: &str| json!({"from": source, "to": "d", "data_flow": {source: format!("tasks.{source}.output")}});
    let begin = || {
        let tasks = json!(["a", "b", "c", {"name": "d", "join": {"n_of": 2}}]);
        Run::begin(tasks, json!([edge("a"), edge("b"), edge("c")]))
    };
    let mut run = begin();
    run.succeed("c", json!(3));
    assert_eq!(run.state("d"), TaskState::Pending);
    run.succeed("a", json!(1));
    assert_eq!(run.state("d"), TaskState::Ready);
    run.succeed("b", json!(2));
    assert_eq!(run.input("d"), json!({"a": 1, "c": 3}));
    let mut run = begin();
    run.fail("a");
    assert_eq!(run.state("d"), TaskState::Pending);
    run.fail("b");
    assert_eq!(run.state("d"), TaskState::Skipped);
    let why = &run.task("d").failure.as_ref().unwrap().message;
    assert_eq!(why, "2 of the 3 edges to the task were not taken, and its join needs 2");
}

#[test]
fn any_starts_at_the_first_edge_and_ignores_later_ones() {
    let mut run = two_into("any");
    run.succeed("b", json!(2));
    assert_eq!(run.state("c"), TaskState::Ready);
    assert_eq!(run.input("c"), json!({"b": 2}));
    assert_eq!(run.succeed("a", json!(1)), [Effect::TaskSucceeded { task: 0 }]);
    assert_eq!(run.task("c").attempt, 1);
    assert_eq!(run.input("c"), json!({"b": 2}));
}

#[test]
fn any_ignores_an_edge_that_comes_after_its_end() {
    let mut run = two_into("any");
    run.succeed("b", json!(2));
    run.succeed("c", json!(3));
    let effects = run.succeed("a", json!(1));
    assert_eq!(effects, [Effect::TaskSucceeded { task: 0 }, Effect::WorkflowSucceeded]);
}

#[test]
fn any_is_skipped_once_no_edge_was_taken() {
    let mut run = two_into("any");
    run.fail("a");
    assert_eq!(run.state("c"), TaskState::Pending);
    run.fail("b");
    assert_eq!(run.state("c"), TaskState::Skipped);
    let failure = run.task("c").failure.as_ref().unwrap();
    assert_eq!(failure.kind, Failure::JOIN_UNMET);
    assert!(failure.message.contains("none of the 2 edges"), "{failure}");
}

#[test]
fn two_taken_edges_of_one_source_both_bring_their_data_to_an_any_join() {
    let mut run = Run::begin(
        json!(["a", {"name": "b", "join": "any"}]),
        json!([
            {"from": "a", "to": "b", "data_flow": {"first": "tasks.a.output"}},
            {"from": "a", "to": "b", "on": "always", "data_flow": {"second": "tasks.a.state"}},
        ]),
    );
    let effects = run.succeed("a", json!(1));
    assert_eq!(effects, [Effect::TaskSucceeded { task: 0 }, Effect::TaskReady { task: 1, attempt: 1 }]);
    assert_eq!(run.input("b"), json!({"first": 1, "second": "SUCCEEDED"}));
}

#[test]
fn skipping_propagates_through_all_joins_and_stops_at_an_any_join_with_another_way() {
    let mut run = Run::begin(
        json!(["a", "b", "c", {"name": "d", "join": "any"}]),
        json!([
            {"from": "a", "to": "b", "on": "failure"},
            {"from": "b", "to": "c"},
            {"from": "c", "to": "d"},
            {"from": "a", "to": "d"},
        ]),
    );
    let effects = run.succeed("a", json!(1));
    let expected = [
        Effect::TaskSucceeded { task: 0 },
        Effect::TaskSkipped { task: 1 },
        Effect::TaskReady { task: 3, attempt: 1 },
        Effect::TaskSkipped { task: 2 },
    ];
    assert_eq!(effects, expected);
    run.succeed("d", Value::Null);
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

/// Two ways of two tasks each to `end`, and `log`, which the second way leads to as well.
fn race(rest: &str) -> Run {
    let mut run = Run::begin(
        json!(["a", "b", "c", "d", "log", {"name": "end", "join": "any", "rest": rest}]),
        json!([
            {"from": "a", "to": "b"}, {"from": "b", "to": "end"},
            {"from": "c", "to": "d"}, {"from": "d", "to": "end"},
            {"from": "c", "to": "log", "on": "failure"},
        ]),
    );
    run.succeed("a", json!(1));
    run
}

#[test]
fn a_met_join_cancels_what_leads_to_it_alone() {
    let mut run = race("cancel");
    let effects = run.succeed("b", json!(2));
    let expected = [
        Effect::TaskSucceeded { task: 1 },
        Effect::TaskReady { task: 5, attempt: 1 },
        Effect::TaskCancelled { task: 3, was_running: false },
    ];
    assert_eq!(effects, expected);
    assert_eq!(kind(run.task("d").failure.as_ref()), Failure::NOT_NEEDED);
    // It leads to the log, too.
    assert_eq!(run.state("c"), TaskState::Ready);
    run.succeed("end", json!(3));
    assert_eq!(run.workflow.state, WorkflowState::Running);
    run.succeed("c", json!(4));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn a_met_join_cancels_what_runs_and_what_leads_to_that() {
    let mut run = Run::begin(
        json!(["a", "b", "c", {"name": "end", "join": "any", "rest": "cancel"}]),
        json!([{"from": "a", "to": "end"}, {"from": "b", "to": "c"}, {"from": "c", "to": "end"},
               {"from": "b", "to": "end", "on": "failure"}]),
    );
    run.start("b");
    let effects = run.succeed("a", json!(1));
    let expected = [
        Effect::TaskSucceeded { task: 0 },
        Effect::TaskReady { task: 3, attempt: 1 },
        Effect::TaskCancelled { task: 2, was_running: false },
        Effect::TaskCancelled { task: 1, was_running: true },
    ];
    assert_eq!(effects, expected);
    run.succeed("end", json!(3));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn without_a_word_the_rest_goes_on() {
    let mut run = race("ignore");
    run.succeed("b", json!(2));
    assert_eq!((run.state("c"), run.state("d")), (TaskState::Ready, TaskState::Pending));
}
