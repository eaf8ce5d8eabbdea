//! Giving a workflow up.

use goalpost_graph::{Effect, Event, IllegalTransition};
use goalpost_model::{Failure, TaskState, Usage, WorkflowState};
use serde_json::json;

use crate::run::Run;

#[test]
fn cancel_ends_every_open_task_and_then_the_workflow() {
    let mut run = Run::begin(json!(["a", "b", "c", "d"]), json!([{"from": "c", "to": "d"}]));
    run.succeed("a", json!(1));
    run.start("b");
    let expected = [
        Effect::TaskCancelled { task: 1, was_running: true },
        Effect::TaskCancelled { task: 2, was_running: false },
        Effect::TaskCancelled { task: 3, was_running: false },
        Effect::WorkflowCancelled,
    ];
    assert_eq!(run.cancel(), expected);
    let failure = Failure::new(Failure::CANCELLED, "no longer wanted");
    assert_eq!(
        (run.workflow.state, &run.workflow.failure),
        (WorkflowState::Cancelled, &Some(failure.clone()))
    );
    assert_eq!(run.state("a"), TaskState::Succeeded);
    assert_eq!(run.task("d").failure, Some(failure));
}

#[test]
fn a_cancelled_task_takes_none_of_its_edges() {
    let mut run = Run::begin(json!(["a", "b"]), json!([{"from": "a", "to": "b", "on": "always"}]));
    run.cancel();
    assert!(run.task("a").taken_edges.is_empty());
    assert_eq!(run.state("b"), TaskState::Cancelled);
}

#[test]
fn nothing_happens_after_the_end() {
    let mut run = Run::begin(json!(["a"]), json!([]));
    run.start("a");
    run.cancel();
    let late = [
        Event::Start,
        Event::AttemptSucceeded { task: 0, attempt: 1, output: json!(1), usage: Usage::default() },
        Event::Cancel { failure: Failure::new(Failure::CANCELLED, "again") },
    ];
    for event in late {
        let refusal = run.refused(event);
        let ended =
            matches!(refusal, IllegalTransition::AlreadyEnded { state: WorkflowState::Cancelled, .. });
        assert!(ended, "{refusal}");
    }
}
