//! Workflows that wait for another plan instead of failing.

use goalpost_graph::{Effect, Event, IllegalTransition};
use goalpost_model::{Amount, Blueprint, Failure, TaskState, Usage, WorkflowState};
use serde_json::{Value, json};

use crate::extending::{assert_restorable, longer};
use crate::run::{Run, blueprint, broken, kind};

fn begun(max_replans: u32, tasks: Value, edges: Value) -> (Run, Blueprint) {
    let blueprint = Blueprint { max_replans, ..blueprint(tasks, edges) };
    let mut run = Run::new(&blueprint);
    run.apply(Event::Start);
    (run, blueprint)
}

/// Another task in the place of the one that fails.
fn instead(run: &Run, before: &Blueprint, of: &str, name: &str) -> Blueprint {
    let mut next = longer(run, before, json!([name]), json!([]));
    next.tasks.iter_mut().filter(|task| task.name == of).for_each(|task| task.withdrawn = true);
    next
}

fn no_replan(number: u32) -> Event {
    Event::NoReplan { number, reason: "nothing serves it".to_owned() }
}

#[test]
fn a_failure_that_nothing_takes_up_waits_for_another_plan_once_nothing_is_open() {
    let (mut run, before) = begun(1, json!(["breaks", "busy"]), json!([]));
    run.fail("breaks");
    assert_eq!(run.workflow.state, WorkflowState::Running);
    let effects = run.succeed("busy", json!(1));
    assert_eq!(effects, [Effect::TaskSucceeded { task: 1 }, Effect::WorkflowReplanning]);
    assert_eq!((run.workflow.state, run.workflow.replans), (WorkflowState::Replanning, 1));
    assert_eq!(kind(run.workflow.failure.as_ref()), Failure::UNHANDLED_FAILURE);
    assert_restorable(&run);
    run.refused(Event::Resume);
    run.refused(Event::Retry { all: false });
    let next = instead(&run, &before, "breaks", "instead");
    let effects = run.extend(&next).unwrap();
    assert_eq!(
        effects,
        [Effect::WorkflowResumed, Effect::WorkflowExtended, Effect::TaskReady { task: 2, attempt: 1 }]
    );
    assert_eq!((run.workflow.state, run.workflow.failure.as_ref()), (WorkflowState::Running, None));
    assert_restorable(&run);
    run.succeed("instead", json!(2));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_eq!(run.workflow.result, json!({"busy": 1, "instead": 2}).as_object().cloned());
    assert_restorable(&run);
}

#[test]
fn it_waits_so_often_and_no_more() {
    let (mut run, mut present) = begun(2, json!(["a"]), json!([]));
    for (task, next) in [("a", "b"), ("b", "c")] {
        run.fail(task);
        assert_eq!(run.workflow.state, WorkflowState::Replanning);
        present = instead(&run, &present, task, next);
        run.extend(&present).unwrap();
        assert_restorable(&run);
    }
    run.fail("c");
    assert_eq!((run.workflow.state, run.workflow.replans), (WorkflowState::Failed, 2));
    let (mut run, _) = begun(0, json!(["a"]), json!([]));
    run.fail("a");
    assert_eq!(run.workflow.state, WorkflowState::Failed);
}

#[test]
fn what_planning_took_in_all_is_spent_with_another_plan() {
    let (mut run, mut present) = begun(2, json!(["a"]), json!([]));
    let tokens = |tokens| Amount { tokens, ..Amount::default() };
    // What is known already is not spent again.
    for (task, next, planning, spent) in [("a", "b", 40, 40), ("b", "c", 30, 40)] {
        run.fail(task);
        present = instead(&run, &present, task, next);
        run.extend_after(&present, tokens(planning)).unwrap();
        assert_eq!((run.workflow.spent().tokens, run.workflow.spent_before()), (spent, tokens(spent)));
        assert_restorable(&run);
    }
}

#[test]
fn without_another_plan_it_fails_as_it_would_have_and_says_so() {
    let booked = json!({"name": "booked", "capability": "any", "compensate_with": {"capability": "any"}});
    let (mut run, _) = begun(1, json!([booked, "breaks"]), json!([]));
    run.succeed("booked", json!(1));
    run.fail("breaks");
    assert_eq!(
        run.refused(no_replan(2)),
        IllegalTransition::NotReplanning { state: WorkflowState::Replanning, number: 2 }
    );
    run.apply(no_replan(1));
    assert_eq!(run.workflow.state, WorkflowState::Compensating);
    let failure = run.workflow.failure.clone().unwrap();
    assert_eq!(failure.kind, Failure::UNHANDLED_FAILURE);
    assert!(
        failure.message.ends_with("BROKEN: it broke; there is no other plan: nothing serves it"),
        "{failure}"
    );
    assert_restorable(&run);
    run.refused(no_replan(1));
    run.succeed("booked.undo", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    run.refused(no_replan(1));
}

#[test]
fn a_task_that_asks_for_another_plan_is_not_tried_again() {
    let (mut run, _) =
        begun(1, json!([{"name": "a", "capability": "any", "retry": {"max_attempts": 5}}]), json!([]));
    run.start("a");
    let failure = Failure::new(Failure::REPLAN, "the road is closed");
    run.apply(Event::AttemptFailed { task: 0, attempt: 1, failure, usage: Usage::default() });
    assert_eq!((run.state("a"), run.workflow.state), (TaskState::Failed, WorkflowState::Replanning));
}

#[test]
fn what_waits_for_another_plan_can_be_cancelled_and_runs_out_of_time() {
    let timed = |max_replans| Blueprint { deadline_ms: 5, max_replans, ..blueprint(json!(["a"]), json!([])) };
    for (event, state) in [
        (Event::Cancel { failure: Failure::new(Failure::CANCELLED, "enough") }, WorkflowState::Cancelled),
        (Event::DeadlineExceeded, WorkflowState::Failed),
    ] {
        let mut run = Run::new(&timed(1));
        run.apply(Event::Start);
        run.fail("a");
        assert_eq!(run.workflow.state, WorkflowState::Replanning);
        run.apply(event);
        assert_eq!(run.workflow.state, state);
        assert_restorable(&run);
    }
}

#[test]
fn a_pause_comes_first() {
    let (mut run, _) = begun(1, json!(["a"]), json!([]));
    run.start("a");
    run.apply(Event::Pause { failure: Failure::new(Failure::PAUSED, "for a look") });
    run.apply(Event::AttemptFailed { task: 0, attempt: 1, failure: broken(), usage: Usage::default() });
    assert_eq!(run.workflow.state, WorkflowState::Paused);
    assert_restorable(&run);
    assert_eq!(run.apply(Event::Resume), [Effect::WorkflowResumed, Effect::WorkflowReplanning]);
    assert_restorable(&run);
}

#[test]
fn an_extension_that_takes_the_failure_up_is_another_plan() {
    let (mut run, before) = begun(1, json!(["breaks"]), json!([]));
    run.fail("breaks");
    let edges = json!([{"from": "breaks", "to": "mend", "on": "failure"}]);
    run.extend(&longer(&run, &before, json!(["mend"]), edges)).unwrap();
    run.succeed("mend", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_restorable(&run);
}
