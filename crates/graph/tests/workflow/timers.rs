//! Pauses, timeouts, waits and deadlines.

use goalpost_graph::{Due, Effect, Event, IllegalTransition, Timer};
use goalpost_model::{Blueprint, Failure, TaskState, TimerKind, Usage, WorkflowState};
use serde_json::{Value, json};

use crate::run::{Run, blueprint, broken, kind};

/// One task with this retry policy and these timeouts.
fn one(retry: Value, timeouts: Value) -> Run {
    Run::begin(json!([{"name": "a", "retry": retry, "timeouts": timeouts}]), json!([]))
}

fn timer(run: &Run) -> Option<Timer> {
    run.workflow.timer(0)
}

fn fired(attempt: u32, kind: TimerKind) -> Event {
    Event::TimerFired { task: 0, attempt, kind }
}

#[test]
fn a_failed_attempt_is_followed_by_a_pause_that_grows() {
    let mut run = one(json!({"max_attempts": 3, "initial_backoff_ms": 100, "jitter": 0.5}), json!({}));
    for (attempt, ms) in [(1, 100), (2, 200)] {
        assert_eq!(run.fail("a"), [Effect::AttemptFailed { task: 0, attempt }]);
        assert_eq!((run.state("a"), run.task("a").attempt), (TaskState::Waiting, attempt));
        let due = Due::After { ms, jitter: 0.5 };
        assert_eq!(timer(&run), Some(Timer { kind: TimerKind::Backoff, due }));
        let effects = run.apply(fired(attempt, TimerKind::Backoff));
        assert_eq!(effects, [Effect::TaskReady { task: 0, attempt: attempt + 1 }]);
    }
    run.fail("a");
    assert_eq!(run.workflow.state, WorkflowState::Failed);
}

#[test]
fn a_failure_of_a_kind_that_is_not_retryable_is_the_last() {
    let mut run = one(json!({"max_attempts": 3, "non_retryable": ["BROKEN"]}), json!({}));
    run.fail("a");
    assert_eq!((run.state("a"), run.task("a").failures), (TaskState::Failed, 1));
}

#[test]
fn an_attempt_that_no_worker_takes_in_time_fails_the_task() {
    let mut run = one(json!({"max_attempts": 3}), json!({"schedule_to_start_ms": 50}));
    let due = Due::After { ms: 50, jitter: 0.0 };
    assert_eq!(timer(&run), Some(Timer { kind: TimerKind::ScheduleToStart, due }));
    run.apply(fired(1, TimerKind::ScheduleToStart));
    assert_eq!(kind(run.task("a").failure.as_ref()), Failure::SCHEDULE_TO_START_TIMEOUT);
    assert_eq!(run.workflow.state, WorkflowState::Failed);
}

#[test]
fn an_attempt_that_does_not_end_in_time_fails_and_its_result_comes_too_late() {
    let mut run = one(json!({"max_attempts": 2, "initial_backoff_ms": 0}), json!({"start_to_close_ms": 50}));
    assert_eq!(timer(&run), None);
    run.start("a");
    assert_eq!(timer(&run).unwrap().kind, TimerKind::StartToClose);
    run.apply(fired(1, TimerKind::StartToClose));
    assert_eq!((run.state("a"), run.task("a").attempt), (TaskState::Ready, 2));
    assert_eq!(kind(run.task("a").failure.as_ref()), Failure::START_TO_CLOSE_TIMEOUT);
    let late = run.refused(Event::AttemptSucceeded {
        task: 0,
        attempt: 1,
        output: json!(1),
        usage: Usage::default(),
    });
    assert!(matches!(late, IllegalTransition::StaleAttempt { .. }), "{late}");
}

#[test]
fn a_timer_of_another_attempt_or_kind_changes_nothing() {
    let mut run =
        one(json!({"max_attempts": 3, "initial_backoff_ms": 100}), json!({"start_to_close_ms": 50}));
    run.start("a");
    for event in [fired(2, TimerKind::StartToClose), fired(1, TimerKind::Backoff), fired(1, TimerKind::Wait)]
    {
        assert!(matches!(run.refused(event), IllegalTransition::NotArmed { .. }));
    }
    run.apply(Event::AttemptFailed { task: 0, attempt: 1, failure: broken(), usage: Usage::default() });
    run.apply(fired(1, TimerKind::Backoff));
    assert!(matches!(run.refused(fired(1, TimerKind::Backoff)), IllegalTransition::NotArmed { .. }));
    assert!(matches!(run.refused(Event::DeadlineExceeded), IllegalTransition::NoDeadline));
}

#[test]
fn a_wait_needs_no_worker_and_leads_on_when_its_time_has_come() {
    let wait = json!({"name": "a", "capability": "goalpost.wait", "input": {"duration_ms": 70}});
    let mut run = Run::begin(json!([wait, "b"]), json!([{"from": "a", "to": "b"}]));
    assert_eq!((run.state("a"), run.task("a").attempt), (TaskState::Waiting, 0));
    assert_eq!(timer(&run).unwrap().due, Due::After { ms: 70, jitter: 0.0 });
    let effects = run.apply(fired(0, TimerKind::Wait));
    assert_eq!(effects, [Effect::TaskSucceeded { task: 0 }, Effect::TaskReady { task: 1, attempt: 1 }]);
}

#[test]
fn a_wait_may_last_until_a_time_that_the_goal_says() {
    let wait = |text: &str| {
        let task =
            json!({"name": "a", "capability": "goalpost.wait", "data_flow": {"until": format!("'{text}'")}});
        Run::begin(json!([task]), json!([]))
    };
    let until = timer(&wait("2031-05-06T07:08:09Z")).unwrap().due;
    assert_eq!(until, Due::At("2031-05-06T07:08:09Z".parse().unwrap()));
    let wrong = wait("tomorrow");
    assert_eq!(kind(wrong.task("a").failure.as_ref()), Failure::INPUT_SCHEMA);
}

#[test]
fn a_deadline_ends_every_open_task_and_fails_the_workflow() {
    let plan =
        Blueprint { deadline_ms: 5, ..blueprint(json!(["a", "b"]), json!([{"from": "a", "to": "b"}])) };
    let mut run = Run::new(&plan);
    run.apply(Event::Start);
    run.start("a");
    assert_eq!(run.workflow.deadline(&run.blueprint).unwrap().due, Due::After { ms: 5, jitter: 0.0 });
    let effects = run.apply(Event::DeadlineExceeded);
    let expected = [
        Effect::TaskCancelled { task: 0, was_running: true },
        Effect::TaskCancelled { task: 1, was_running: false },
        Effect::WorkflowFailed,
    ];
    assert_eq!(effects, expected);
    assert_eq!(kind(run.workflow.failure.as_ref()), Failure::DEADLINE_EXCEEDED);
    assert_eq!(run.workflow.deadline(&run.blueprint), None);
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}
