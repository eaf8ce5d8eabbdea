//! Inputs that are put together, and outputs that are checked.

use goalpost_graph::{Effect, Event};
use goalpost_model::{Blueprint, Failure, TaskState, WorkflowState};
use serde_json::{Value, json};

use crate::run::{Run, blueprint, kind};

#[test]
fn an_input_is_the_constant_part_the_tasks_own_flow_and_that_of_the_taken_edges() {
    let mut run = Run::begin(
        json!(["a", {"name": "b", "input": {"unit": "C"}, "data_flow": {"city": "goal.input.city"}}]),
        json!([{"from": "a", "to": "b", "data_flow": {"found": "tasks.a.output"}}]),
    );
    run.succeed("a", json!([1, 2]));
    assert_eq!(run.input("b"), json!({"unit": "C", "city": "Seattle", "found": [1, 2]}));
}

#[test]
fn a_task_whose_input_cannot_be_put_together_fails_without_an_attempt_and_its_failure_edges_decide() {
    let mut run = Run::begin(
        json!(["a", "b", "instead", "never"]),
        json!([
            {"from": "a", "to": "b", "data_flow": {"x": "goal.input.absent"}},
            {"from": "b", "to": "instead", "on": "failure"},
            {"from": "b", "to": "never"},
        ]),
    );
    let effects = run.succeed("a", json!(1));
    let expected = [
        Effect::TaskSucceeded { task: 0 },
        Effect::TaskFailed { task: 1 },
        Effect::TaskReady { task: 2, attempt: 1 },
        Effect::TaskSkipped { task: 3 },
    ];
    assert_eq!(effects, expected);
    let failed = run.task("b");
    assert_eq!((failed.attempt, failed.failures, &failed.input), (0, 0, &None));
    assert_eq!(kind(failed.failure.as_ref()), Failure::DATA_FLOW);
    run.succeed("instead", json!(2));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn a_root_whose_input_cannot_be_put_together_may_end_the_workflow_at_its_start() {
    let tasks = json!([{"name": "a", "data_flow": {"x": "goal.input.absent"}}, "b"]);
    let mut run = Run::new(&blueprint(tasks, json!([{"from": "a", "to": "b"}])));
    let expected = [
        Effect::WorkflowStarted,
        Effect::TaskFailed { task: 0 },
        Effect::TaskSkipped { task: 1 },
        Effect::WorkflowFailed,
    ];
    assert_eq!(run.apply(Event::Start), expected);
    assert_eq!(kind(run.workflow.failure.as_ref()), Failure::UNHANDLED_FAILURE);
}

#[test]
fn an_output_that_breaks_the_schema_counts_as_a_failed_attempt() {
    let mut run = Run::begin(
        json!([{"name": "a", "capability": "count", "retry": {"max_attempts": 2, "initial_backoff_ms": 0}}]),
        json!([]),
    );
    let effects = run.succeed("a", json!({"n": "three"}));
    let expected = [Effect::AttemptFailed { task: 0, attempt: 1 }, Effect::TaskReady { task: 0, attempt: 2 }];
    assert_eq!(effects, expected);
    assert_eq!(kind(run.task("a").failure.as_ref()), Failure::OUTPUT_SCHEMA);
    run.succeed("a", json!({"n": "four"}));
    assert_eq!((run.state("a"), &run.task("a").output), (TaskState::Failed, &None));
    assert_eq!(run.workflow.state, WorkflowState::Failed);
}

fn with_output(output: Value) -> Run {
    let blueprint = Blueprint {
        output: serde_json::from_value(output).unwrap(),
        ..blueprint(json!(["a", "b"]), json!([{"from": "a", "to": "b"}]))
    };
    let mut run = Run::new(&blueprint);
    run.apply(Event::Start);
    run.succeed("a", json!({"n": 2}));
    run.succeed("b", json!(3));
    run
}

#[test]
fn a_workflow_gives_what_its_blueprint_says_of_its_output() {
    let run = with_output(json!({"city": "goal.input.city", "sum.of": "tasks.a.output.n + tasks.b.output"}));
    assert_eq!(json!(run.workflow.result), json!({"city": "Seattle", "sum": {"of": 5}}));
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn a_workflow_whose_output_cannot_be_computed_fails_as_a_whole() {
    let run = with_output(json!({"x": "tasks.a.output.absent"}));
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    let failure = run.workflow.failure.as_ref().unwrap();
    assert_eq!(failure.kind, Failure::DATA_FLOW);
    assert!(failure.message.starts_with("output.x <- `tasks.a.output.absent`: "), "{failure}");
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}
