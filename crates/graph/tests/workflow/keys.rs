//! Tasks that run only while they hold a key.

use goalpost_graph::{Effect, Event, IllegalTransition};
use goalpost_model::{Failure, TaskState, WaitsFor, WorkflowState};
use serde_json::json;

use crate::run::{Run, kind};

fn keyed(key: &str) -> Run {
    let task = json!({"name": "a", "capability": "any", "concurrency_key": {"key": key, "limit": 2},
                      "retry": {"max_attempts": 2, "initial_backoff_ms": 10}});
    Run::begin(json!([task]), json!([]))
}

fn granted(attempt: u32) -> Event {
    Event::KeyGranted { task: 0, attempt }
}

fn assert_restorable(run: &Run) {
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn a_task_is_ready_once_it_holds_its_key() {
    let mut run = keyed("'city ' + goal.input.city");
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Key));
    assert_eq!(run.task("a").key.as_deref(), Some("city Seattle"));
    assert_eq!(run.workflow.timer(0), None);
    assert_restorable(&run);
    assert_eq!(run.apply(granted(0)), [Effect::TaskReady { task: 0, attempt: 1 }]);
    assert!(matches!(run.refused(granted(0)), IllegalTransition::NotArmed { .. }));
    assert_restorable(&run);
    // It keeps the key while it pauses before its next attempt.
    run.fail("a");
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Time));
    assert!(matches!(run.refused(granted(1)), IllegalTransition::NotArmed { .. }));
    assert_restorable(&run);
}

#[test]
fn a_key_without_a_name_fails_its_task() {
    for key in ["goal.input.yes", "''"] {
        let run = keyed(key);
        assert_eq!(kind(run.task("a").failure.as_ref()), Failure::CONCURRENCY_KEY, "{key}");
    }
}

#[test]
fn a_task_that_is_retried_waits_for_its_key_again() {
    let mut run = keyed("'x'");
    run.cancel();
    assert_eq!((run.workflow.state, run.state("a")), (WorkflowState::Cancelled, TaskState::Cancelled));
    run.apply(Event::Retry { all: false });
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Key));
    run.apply(granted(0));
    run.start("a");
    run.cancel();
    run.apply(Event::Retry { all: false });
    assert_eq!((run.workflow.waits_for(0), run.task("a").attempt), (Some(WaitsFor::Key), 1));
    assert_restorable(&run);
    assert_eq!(run.apply(granted(1)), [Effect::TaskReady { task: 0, attempt: 2 }]);
}
