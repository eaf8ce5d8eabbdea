//! Attempts: their numbers, retries, and events that come too late.

use goalpost_graph::{Effect, Event, IllegalTransition};
use goalpost_model::{Failure, TaskState, Usage, WorkflowState};
use serde_json::json;

use crate::run::{Run, blueprint, broken, kind};

fn with_attempts(max_attempts: u32) -> Run {
    Run::begin(
        json!([{"name": "a", "retry": {"max_attempts": max_attempts, "initial_backoff_ms": 0}}]),
        json!([]),
    )
}

const SECOND_TRY: [Effect; 2] =
    [Effect::AttemptFailed { task: 0, attempt: 1 }, Effect::TaskReady { task: 0, attempt: 2 }];

fn failed(attempt: u32) -> Event {
    Event::AttemptFailed { task: 0, attempt, failure: broken(), usage: Usage::default() }
}

fn succeeded(attempt: u32) -> Event {
    Event::AttemptSucceeded { task: 0, attempt, output: json!(1), usage: Usage::default() }
}

#[test]
fn an_attempt_that_starts_keeps_its_number() {
    let mut run = with_attempts(1);
    assert_eq!(run.start("a"), [Effect::AttemptStarted { task: 0, attempt: 1 }]);
    assert_eq!((run.state("a"), run.task("a").attempt), (TaskState::Running, 1));
}

#[test]
fn a_failed_attempt_is_followed_by_another_until_the_policy_is_exhausted() {
    let mut run = with_attempts(2);
    assert_eq!(run.fail("a"), SECOND_TRY);
    let task = run.task("a");
    assert_eq!((task.state, task.attempt, task.failures), (TaskState::Ready, 2, 1));
    assert_eq!(task.failure, Some(broken()));
    assert_eq!(run.fail("a"), [Effect::TaskFailed { task: 0 }, Effect::WorkflowFailed]);
    assert_eq!((run.task("a").attempt, run.task("a").failures), (2, 2));
}

#[test]
fn a_failure_that_would_come_again_is_the_last_whatever_the_policy_says() {
    for kind in [Failure::SECRET_NOT_FOUND, Failure::SECRET_INVALID] {
        let mut run = with_attempts(5);
        run.start("a");
        let failure = Failure::new(kind, "secret://env/A");
        run.apply(Event::AttemptFailed { task: 0, attempt: 1, failure, usage: Usage::default() });
        assert_eq!((run.state("a"), run.task("a").attempt), (TaskState::Failed, 1));
    }
    let mut run = with_attempts(5);
    run.start("a");
    let failure = Failure::new(Failure::SECRET_UNAVAILABLE, "secret://env/A");
    assert_eq!(
        run.apply(Event::AttemptFailed { task: 0, attempt: 1, failure, usage: Usage::default() }),
        SECOND_TRY
    );
}

#[test]
fn the_failure_of_an_earlier_attempt_is_gone_once_the_next_one_starts() {
    let mut run = with_attempts(2);
    run.fail("a");
    run.start("a");
    assert_eq!(run.task("a").failure, None);
    run.apply(succeeded(2));
    assert_eq!((run.state("a"), &run.task("a").failure), (TaskState::Succeeded, &None));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn an_undelivered_attempt_is_given_out_again_and_does_not_count() {
    let mut run = with_attempts(1);
    run.start("a");
    assert_eq!(run.apply(Event::AttemptUndelivered { task: 0, attempt: 1 }), SECOND_TRY);
    assert_eq!((run.task("a").attempt, run.task("a").failures), (2, 0));
    assert_eq!(kind(run.task("a").failure.as_ref()), Failure::NOT_DELIVERED);
    run.fail("a");
    assert_eq!((run.state("a"), run.task("a").attempt, run.task("a").failures), (TaskState::Failed, 2, 1));
}

#[test]
fn a_stale_attempt_changes_nothing() {
    let mut run = with_attempts(3);
    run.fail("a");
    for started in [false, true] {
        if started {
            run.start("a");
        }
        let undelivered = Event::AttemptUndelivered { task: 0, attempt: 1 };
        for event in [Event::AttemptStarted { task: 0, attempt: 1 }, succeeded(1), failed(1), undelivered] {
            let refusal = run.refused(event);
            let stale = matches!(refusal, IllegalTransition::StaleAttempt { attempt: 1, current: 2, .. });
            assert!(stale, "{refusal}");
        }
    }
}

#[test]
fn an_attempt_that_was_never_given_out_is_refused() {
    let mut run = with_attempts(3);
    let refusal = run.refused(Event::AttemptStarted { task: 0, attempt: 2 });
    assert!(matches!(refusal, IllegalTransition::UnknownAttempt { attempt: 2, current: 1, .. }), "{refusal}");
}

#[test]
fn an_attempt_starts_once_and_ends_once() {
    let mut run = Run::begin(json!(["a", "b"]), json!([]));
    assert!(matches!(run.refused(succeeded(1)), IllegalTransition::NotRunning { .. }));
    run.start("a");
    let refusal = run.refused(Event::AttemptStarted { task: 0, attempt: 1 });
    assert!(matches!(refusal, IllegalTransition::NotReady { state: TaskState::Running, .. }), "{refusal}");
    run.apply(succeeded(1));
    for event in [succeeded(1), failed(1)] {
        let refusal = run.refused(event);
        assert!(matches!(refusal, IllegalTransition::NotRunning { state: TaskState::Succeeded, .. }));
    }
}

#[test]
fn a_pending_task_has_no_attempt_to_start() {
    let mut run = Run::begin(json!(["a", "b"]), json!([{"from": "a", "to": "b"}]));
    let refusal = run.refused(Event::AttemptStarted { task: 1, attempt: 0 });
    assert!(matches!(refusal, IllegalTransition::NotReady { state: TaskState::Pending, .. }), "{refusal}");
    let refusal = run.refused(Event::AttemptStarted { task: 1, attempt: 1 });
    assert!(matches!(refusal, IllegalTransition::UnknownAttempt { current: 0, .. }), "{refusal}");
}

#[test]
fn a_task_that_does_not_exist_is_refused() {
    let mut run = with_attempts(1);
    let refusal = run.refused(Event::AttemptStarted { task: 9, attempt: 1 });
    assert!(matches!(refusal, IllegalTransition::UnknownTask { task: 9, tasks: 1, .. }), "{refusal}");
}

#[test]
fn a_workflow_begins_once_and_before_everything_else() {
    let mut run = Run::new(&blueprint(json!(["a"]), json!([])));
    let cancel = Event::Cancel { failure: broken() };
    for event in [Event::AttemptStarted { task: 0, attempt: 1 }, cancel] {
        assert!(matches!(run.refused(event), IllegalTransition::NotStarted { .. }));
    }
    run.apply(Event::Start);
    assert_eq!(run.refused(Event::Start), IllegalTransition::AlreadyStarted);
}

#[test]
fn a_refusal_says_what_the_state_is_and_what_to_do() {
    let mut run = with_attempts(2);
    run.fail("a");
    let text = run.refused(succeeded(1)).to_string();
    assert_eq!(
        text,
        "AttemptSucceeded: attempt 1 of task 'a' is stale, the task is READY at attempt 2; \
         drop the event, the later attempt counts"
    );
}
