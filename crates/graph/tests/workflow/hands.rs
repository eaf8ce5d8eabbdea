//! What people and other systems do to a workflow: signals, approvals, pauses, tasks ended by hand.

use goalpost_graph::{Effect, Event, IllegalTransition};
use goalpost_model::{Failure, TaskState, TimerKind, Usage, WaitsFor, WorkflowState};
use serde_json::{Value, json};

use crate::run::{Run, kind};

fn signal(id: &str, name: &str, payload: Value) -> Event {
    Event::Signal { id: id.to_owned(), name: name.to_owned(), payload }
}

fn paused() -> Event {
    Event::Pause { failure: Failure::new(Failure::PAUSED, "for a look") }
}

fn by_hand() -> Failure {
    Failure::new(Failure::BY_HAND, "it hangs")
}

fn skip(run: &Run, task: &str, output: Option<Value>) -> Event {
    Event::Skip { task: run.ordinal(task), output, reason: by_hand() }
}

fn assert_restorable(run: &Run) {
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

/// `first` waits for signal `go`, then `second` for another one.
fn waiting() -> Run {
    let wait = |name: &str| json!({"name": name, "capability": "goalpost.await_signal", "input": {"name": "go", "timeout_ms": 9}});
    Run::begin(json!([wait("first"), wait("second")]), json!([{"from": "first", "to": "second"}]))
}

#[test]
fn a_signal_goes_to_the_task_that_waits_and_each_to_one() {
    let mut run = waiting();
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Signal));
    assert_eq!(run.workflow.timer(0).unwrap().kind, TimerKind::GiveUp);
    run.apply(signal("1", "other", json!(0)));
    assert_eq!(run.state("first"), TaskState::Waiting);
    run.apply(signal("2", "go", json!({"n": 1})));
    assert_eq!(**run.task("first").output.as_ref().unwrap(), json!({"n": 1}));
    assert_eq!(run.state("second"), TaskState::Waiting);
    assert_restorable(&run);
    run.apply(signal("3", "go", json!(2)));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn a_signal_that_comes_early_is_kept_and_one_that_repeats_is_refused() {
    let mut run = waiting();
    run.apply(signal("1", "go", json!(1)));
    assert_eq!(
        run.refused(signal("1", "go", json!(1))),
        IllegalTransition::SignalRepeated { id: "1".to_owned() }
    );
    let mut run = waiting();
    run.apply(signal("1", "go", json!(1)));
    run.apply(signal("2", "go", json!(2)));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    let mut run = Run::begin(
        json!(["a", {"name": "late", "capability": "goalpost.await_signal", "input": {"name": "go"}}]),
        json!([{"from": "a", "to": "late"}]),
    );
    run.apply(signal("1", "go", json!(7)));
    assert_restorable(&run);
    let effects = run.succeed("a", json!(1));
    assert!(effects.contains(&Effect::SignalTaken { signal: 0 }));
    assert_eq!(**run.task("late").output.as_ref().unwrap(), json!(7));
    assert_restorable(&run);
}

#[test]
fn what_does_not_come_in_time_fails() {
    let mut run = waiting();
    run.apply(Event::TimerFired { task: 0, attempt: 0, kind: TimerKind::GiveUp });
    assert_eq!(kind(run.task("first").failure.as_ref()), Failure::SIGNAL_TIMEOUT);
    let mut run = Run::begin(
        json!([{"name": "ask", "capability": "goalpost.approve", "input": {"timeout_ms": 1}}]),
        json!([]),
    );
    run.apply(Event::TimerFired { task: 0, attempt: 0, kind: TimerKind::GiveUp });
    assert_eq!(kind(run.task("ask").failure.as_ref()), Failure::APPROVAL_TIMEOUT);
}

#[test]
fn an_approval_is_given_or_refused_once() {
    let ask = || {
        Run::begin(
            json!([{"name": "ask", "capability": "goalpost.approve"}, "a"]),
            json!([{"from": "ask", "to": "a"}]),
        )
    };
    let mut run = ask();
    assert_restorable(&run);
    run.apply(Event::Decide { task: 0, verdict: Ok(json!({"by": "ann"})) });
    assert_eq!(run.state("a"), TaskState::Ready);
    let again = run.refused(Event::Decide { task: 0, verdict: Err(Failure::new(Failure::REJECTED, "no")) });
    assert!(matches!(again, IllegalTransition::NotToDecide { .. }));
    let mut run = ask();
    run.apply(Event::Decide { task: 0, verdict: Err(Failure::new(Failure::REJECTED, "no")) });
    assert_eq!(run.workflow.state, WorkflowState::Failed);
}

#[test]
fn a_paused_workflow_gives_nothing_out_and_records_what_ends() {
    let mut run = Run::begin(json!(["a", "b"]), json!([{"from": "a", "to": "b"}]));
    run.start("a");
    run.apply(paused());
    assert!(matches!(run.refused(paused()), IllegalTransition::WrongState { .. }));
    run.apply(Event::AttemptSucceeded { task: 0, attempt: 1, output: json!(1), usage: Usage::default() });
    assert_eq!(run.state("b"), TaskState::Ready);
    assert_restorable(&run);
    let refused = run.refused(Event::AttemptStarted { task: 1, attempt: 1 });
    assert_eq!(refused, IllegalTransition::Paused { event: "AttemptStarted" });
    assert_eq!(run.apply(Event::Resume), [Effect::WorkflowResumed]);
    run.succeed("b", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn a_task_that_is_skipped_by_hand_leads_nowhere_unless_it_is_given_an_output() {
    let stuck =
        || Run::begin(json!([{"name": "a", "capability": "count"}, "b"]), json!([{"from": "a", "to": "b"}]));
    let mut run = stuck();
    run.start("a");
    run.apply(skip(&run, "a", None));
    assert_eq!((run.state("a"), run.state("b")), (TaskState::Skipped, TaskState::Skipped));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_restorable(&run);
    let mut run = stuck();
    let wrong = run.refused(skip(&run, "a", Some(json!("none"))));
    assert!(matches!(wrong, IllegalTransition::OutputRefused { .. }));
    run.apply(skip(&run, "a", Some(json!({"n": 1}))));
    assert_eq!((run.state("a"), run.state("b")), (TaskState::Succeeded, TaskState::Ready));
    assert_restorable(&run);
    assert!(matches!(run.refused(skip(&run, "a", None)), IllegalTransition::NotToSkip { .. }));
    // One whose join is not met goes before it.
    let mut run = stuck();
    run.apply(skip(&run, "b", Some(json!(1))));
    assert_restorable(&run);
    run.succeed("a", json!({"n": 1}));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn a_list_that_is_ended_by_hand_cancels_what_runs_inside_of_it() {
    let mut run = Run::begin(
        json!([{"name": "each", "capability": "", "input": {"items": [1, 2]},
                "for_each": {"body": {"tasks": [{"name": "x", "capability": "any"}]}}}]),
        json!([]),
    );
    run.start("each[0].x");
    run.apply(skip(&run, "each", Some(json!({"outputs": [], "failed": []}))));
    assert_eq!(run.state("each[0].x"), TaskState::Cancelled);
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_restorable(&run);
}
