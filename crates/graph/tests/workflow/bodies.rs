//! Graphs inside of tasks: lists, loops, and blueprints that run others.

use goalpost_graph::{Effect, Event};
use goalpost_model::{Failure, TaskState, WorkflowState};
use serde_json::{Value, json};

use crate::run::{Run, kind};

fn doubling(more: Value) -> Value {
    let mut for_each = json!({"body": {
        "tasks": [{"name": "work", "capability": "any", "data_flow": {"value": "item", "place": "index"}}],
        "output": {"got": "tasks.work.output"},
    }});
    for_each.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"name": "each", "capability": "", "input": {"items": [10, 20, 30]}, "for_each": for_each})
}

fn each(more: Value) -> Run {
    Run::begin(json!([doubling(more), "after"]), json!([{"from": "each", "to": "after"}]))
}

/// `poll` runs `check` until it says so, three times at most.
fn polling() -> Run {
    Run::begin(
        json!([{"name": "poll", "capability": "", "input": {"start": 1}, "loop": {
            "while": "tasks.check.output.again",
            "max_iterations": 3,
            "body": {"tasks": [{"name": "check", "capability": "any", "data_flow": {
                "iteration": "iteration", "seen": "has(previous.check) ? previous.check.n : input.start"}}]},
        }}]),
        json!([]),
    )
}

/// Restored of its rows it is the same.
fn assert_restorable(run: &Run) {
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn items_run_side_by_side_and_are_gathered_in_their_order() {
    let mut run = each(json!({}));
    assert_eq!(run.state("each"), TaskState::Waiting);
    assert_eq!(run.input("each[1].work"), json!({"value": 20, "place": 1}));
    for place in [2, 0, 1] {
        assert_restorable(&run);
        run.succeed(&format!("each[{place}].work"), json!(place * 100));
    }
    let output = json!({"outputs": [{"got": 0}, {"got": 100}, {"got": 200}], "failed": []});
    assert_eq!(**run.task("each").output.as_ref().unwrap(), output);
    assert_eq!(run.state("after"), TaskState::Ready);
    assert_restorable(&run);
}

#[test]
fn no_more_items_run_at_once_than_may() {
    let mut run = each(json!({"concurrency": 2}));
    assert!(run.workflow.tasks.ordinal_of("each[2].work").is_none());
    let effects = run.succeed("each[1].work", json!(1));
    let third = run.ordinal("each[2].work");
    assert_eq!(effects.last(), Some(&Effect::TaskReady { task: third, attempt: 1 }));
    assert_restorable(&run);
    run.succeed("each[0].work", json!(1));
    run.succeed("each[2].work", json!(1));
    assert_eq!(run.state("each"), TaskState::Succeeded);
}

#[test]
fn an_empty_list_is_done_at_once() {
    let mut task = doubling(json!({}));
    task["input"]["items"] = json!([]);
    let run = Run::begin(json!([task, "after"]), json!([{"from": "each", "to": "after"}]));
    assert_eq!(**run.task("each").output.as_ref().unwrap(), json!({"outputs": [], "failed": []}));
    assert_eq!(run.state("after"), TaskState::Ready);
}

#[test]
fn the_first_failure_fails_the_list_and_cancels_the_rest() {
    let mut run = each(json!({}));
    run.start("each[0].work");
    let effects = run.fail("each[1].work");
    assert_eq!(kind(run.task("each").failure.as_ref()), Failure::ITEMS_FAILED);
    assert!(run.task("each").failure.as_ref().unwrap().message.contains("item 1"));
    let running = run.ordinal("each[0].work");
    assert!(effects.contains(&Effect::TaskCancelled { task: running, was_running: true }));
    assert_eq!(run.state("each[2].work"), TaskState::Cancelled);
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    assert_restorable(&run);
}

#[test]
fn failures_are_collected_where_they_are_tolerated() {
    let mut run = each(json!({"failures": "collect"}));
    for place in 0..2 {
        run.fail(&format!("each[{place}].work"));
        assert_restorable(&run);
    }
    run.succeed("each[2].work", json!(true));
    let output = run.task("each").output.clone().unwrap();
    assert_eq!(output["outputs"], json!([null, null, {"got": true}]));
    assert_eq!(output["failed"][1]["index"], 1);
    assert_eq!(output["failed"][1]["kind"], Failure::UNHANDLED_FAILURE);

    let mut run = each(json!({"failures": {"tolerate": 1}}));
    run.fail("each[0].work");
    assert_eq!(run.state("each"), TaskState::Waiting);
    run.fail("each[1].work");
    assert_eq!(run.state("each"), TaskState::Failed);
}

#[test]
fn a_loop_repeats_while_its_condition_holds() {
    let mut run = polling();
    run.succeed("poll[0].check", json!({"again": true, "n": 5}));
    assert_eq!(run.input("poll[1].check"), json!({"iteration": 1, "seen": 5}));
    assert_restorable(&run);
    run.succeed("poll[1].check", json!({"again": false, "n": 6}));
    let output = json!({"output": {"check": {"again": false, "n": 6}}, "iterations": 2});
    assert_eq!(run.workflow.result, Some(json!({"poll": output}).as_object().unwrap().clone()));
    assert_restorable(&run);
}

#[test]
fn a_retry_inside_a_loop_repeats_its_task_alone() {
    let mut run = Run::begin(
        json!([{"name": "poll", "capability": "", "loop": {
            "while": "tasks.second.output.again", "max_iterations": 5,
            "body": {
                "tasks": [{"name": "first", "capability": "any"},
                          {"name": "second", "capability": "any", "retry": {"max_attempts": 2, "initial_backoff_ms": 0}}],
                "edges": [{"from": "first", "to": "second"}],
            },
        }}]),
        json!([]),
    );
    run.succeed("poll[0].first", json!({}));
    run.succeed("poll[0].second", json!({"again": true}));
    run.succeed("poll[1].first", json!({}));
    let effects = run.fail("poll[1].second");
    let second = run.ordinal("poll[1].second");
    assert_eq!(effects.last(), Some(&Effect::TaskReady { task: second, attempt: 2 }));
    assert_eq!(run.task("poll[1].first").attempt, 1);
    assert!(run.workflow.tasks.ordinal_of("poll[2].first").is_none());
    assert_restorable(&run);
}

#[test]
fn a_loop_that_does_not_end_fails_at_its_bound() {
    let mut run = polling();
    for iteration in 0..3 {
        run.succeed(&format!("poll[{iteration}].check"), json!({"again": true, "n": 0}));
    }
    assert_eq!(kind(run.task("poll").failure.as_ref()), Failure::LOOP_BOUND);
    assert_restorable(&run);
}

#[test]
fn a_condition_that_cannot_be_evaluated_fails_the_loop() {
    let mut run = polling();
    run.succeed("poll[0].check", json!({"n": 0}));
    assert_eq!(kind(run.task("poll").failure.as_ref()), Failure::CONDITION);
}

#[test]
fn a_blueprint_that_is_run_sees_its_own_input_as_the_goals() {
    let mut run = Run::begin(
        json!([{"name": "sub", "capability": "", "data_flow": {"city": "goal.input.city + '!'"}, "run": {"body": {
            "tasks": [{"name": "a", "capability": "any", "data_flow": {"city": "goal.input.city"}},
                      {"name": "b", "capability": "goalpost.transform", "data_flow": {"a": "tasks.a.output"}}],
            "edges": [{"from": "a", "to": "b"}],
            "output": {"all": "tasks.b.output.a"},
        }}}]),
        json!([]),
    );
    assert_eq!(run.input("sub[0].a"), json!({"city": "Seattle!"}));
    run.succeed("sub[0].a", json!(7));
    assert_eq!(**run.task("sub").output.as_ref().unwrap(), json!({"all": 7}));
}

#[test]
fn what_only_computes_runs_through_in_one_step() {
    let run = Run::begin(
        json!([{"name": "outer", "capability": "", "input": {"items": [1, 2, 3]}, "for_each": {"concurrency": 1, "body": {
            "tasks": [{"name": "count", "capability": "", "data_flow": {"to": "item"}, "loop": {
                "while": "iteration + 1 < input.to", "max_iterations": 10,
                "body": {"tasks": [{"name": "sum", "capability": "goalpost.transform",
                    "data_flow": {"n": "has(previous.sum) ? previous.sum.n + 1 : 1"}}]},
            }}],
            "output": {"n": "tasks.count.output.output.sum.n"},
        }}}]),
        json!([]),
    );
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    let outputs = &run.workflow.result.as_ref().unwrap()["outer"]["outputs"];
    assert_eq!(*outputs, json!([{"n": 1}, {"n": 2}, {"n": 3}]));
    assert_eq!(
        run.workflow.tasks.name(run.ordinal("outer[2].count[1].sum")).unwrap(),
        "outer[2].count[1].sum"
    );
    assert_restorable(&run);
}

#[test]
fn each_task_has_one_effect_even_if_it_begins_and_ends_in_one_step() {
    let mut run = Run::new(&crate::run::blueprint(
        json!([{"name": "each", "capability": "", "input": {"items": [{"n": 1}, 2]}, "for_each": {"body": {"tasks": [
            {"name": "work", "capability": "any", "data_flow": {"n": "item.n"}},
        ]}}}]),
        json!([]),
    ));
    let effects = run.apply(Event::Start);
    let mut tasks: Vec<usize> = effects.iter().filter_map(Effect::task).collect();
    let count = tasks.len();
    tasks.sort_unstable();
    tasks.dedup();
    assert_eq!(tasks.len(), count, "{effects:?}");
    assert_eq!(run.state("each[0].work"), TaskState::Cancelled);
    assert_restorable(&run);
}

#[test]
fn a_cancelled_workflow_cancels_what_runs_inside_of_its_tasks() {
    let mut run = each(json!({"concurrency": 1}));
    run.start("each[0].work");
    run.cancel();
    assert_eq!(run.state("each[0].work"), TaskState::Cancelled);
    assert_eq!(run.state("each"), TaskState::Cancelled);
    assert_restorable(&run);
}

#[test]
fn a_list_of_ten_thousand_items_is_gathered_without_a_second_look_at_each() {
    let items: Vec<u32> = (0..10_000).collect();
    let mut task = doubling(json!({}));
    task["input"]["items"] = json!(items);
    let mut run = Run::begin(json!([task]), json!([]));
    for item in items {
        run.succeed(&format!("each[{item}].work"), json!(item));
    }
    assert_eq!(run.workflow.result.as_ref().unwrap()["each"]["outputs"][9_999], json!({"got": 9_999}));
}
