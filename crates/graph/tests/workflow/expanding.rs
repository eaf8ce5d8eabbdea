//! Graphs that come up while the workflow runs: plans of goals, what tasks have made, what somebody brings.

use std::sync::Arc;

use goalpost_checker::compile;
use goalpost_graph::{Effect, Event, IllegalTransition, Planned};
use goalpost_model::{Amount, Failure, TaskState, TimerKind, WaitsFor, WorkflowState};
use serde_json::{Value, json};

use crate::run::{Run, blueprint, kind};

fn planned(tasks: Value, edges: Value) -> Planned {
    let compiled = compile(&blueprint(tasks, edges)).unwrap();
    Planned { digest: compiled.digest, graph: Arc::clone(&compiled.graph) }
}

fn expand(run: &Run, task: &str, outcome: Result<Planned, Failure>) -> Event {
    Event::Expand {
        task: run.ordinal(task),
        attempt: run.task(task).attempt,
        outcome,
        spent: Amount::default(),
    }
}

fn assert_restorable(run: &Run) {
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn a_goal_that_is_planned_when_it_is_reached_sees_its_own_input() {
    let sub = json!({"name": "sub", "capability": "goalpost.sub_goal", "input": {"goal": "cook", "input": {"n": 2}}});
    let mut run = Run::begin(json!([sub, "after"]), json!([{"from": "sub", "to": "after"}]));
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Plan));
    assert_restorable(&run);
    let plan = planned(
        json!([{"name": "a", "capability": "any", "data_flow": {"n": "goal.input.n", "what": "goal.text"}}, "b"]),
        json!([{"from": "a", "to": "b"}]),
    );
    let effects = run.apply(expand(&run, "sub", Ok(plan.clone())));
    assert_eq!(effects, [Effect::Expanded { task: 0 }, Effect::TaskReady { task: 2, attempt: 1 }]);
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Body));
    assert_eq!(run.input("sub[0].a"), json!({"n": 2, "what": "cook"}));
    assert_restorable(&run);
    assert!(matches!(run.refused(expand(&run, "sub", Ok(plan))), IllegalTransition::NotToExpand { .. }));
    run.succeed("sub[0].a", json!(1));
    run.succeed("sub[0].b", json!(2));
    assert_eq!(**run.task("sub").output.as_ref().unwrap(), json!({"b": 2}));
    assert_eq!(run.state("after"), TaskState::Ready);
    assert_restorable(&run);
}

#[test]
fn what_a_task_has_made_runs_inside_of_it_once_it_is_checked() {
    let making = json!({"name": "plan", "capability": "count", "extends": true, "retry": {"max_attempts": 2, "initial_backoff_ms": 0}});
    let mut run = Run::begin(json!([making]), json!([]));
    let effects = run.succeed("plan", json!({"name": "made"}));
    assert_eq!(effects, [Effect::TaskWaiting { task: 0 }]);
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Plan));
    assert_restorable(&run);
    run.apply(expand(&run, "plan", Ok(planned(json!(["x"]), json!([])))));
    assert_restorable(&run);
    run.succeed("plan[0].x", json!(3));
    assert_eq!(run.workflow.result, json!({"plan": {"x": 3}}).as_object().cloned());
    assert_restorable(&run);
}

#[test]
fn a_graph_that_is_none_fails_the_task() {
    let mut run = Run::begin(json!([{"name": "plan", "capability": "any", "extends": true}]), json!([]));
    run.succeed("plan", json!("nothing"));
    run.apply(expand(&run, "plan", Err(Failure::new(Failure::EXTENSION_INVALID, "it is no blueprint"))));
    assert_eq!(kind(run.task("plan").failure.as_ref()), Failure::EXTENSION_INVALID);
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    assert_restorable(&run);
}

#[test]
fn what_a_task_has_made_goes_with_it_when_it_is_cancelled() {
    let mut run = Run::begin(json!([{"name": "plan", "capability": "any", "extends": true}]), json!([]));
    run.succeed("plan", json!({"name": "made"}));
    run.cancel();
    assert_eq!((run.state("plan"), run.task("plan").output.as_ref()), (TaskState::Cancelled, None));
    assert_restorable(&run);
}

#[test]
fn a_graph_that_nobody_brings_is_waited_for_no_longer_than_was_said() {
    let task = json!({"name": "more", "capability": "goalpost.extension", "input": {"timeout_ms": 5}});
    let mut run = Run::begin(json!([task]), json!([]));
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Extension));
    run.apply(Event::TimerFired { task: 0, attempt: 0, kind: TimerKind::GiveUp });
    assert_eq!(kind(run.task("more").failure.as_ref()), Failure::EXTENSION_TIMEOUT);
    let mut run = Run::begin(json!([{"name": "more", "capability": "goalpost.extension"}]), json!([]));
    run.apply(expand(&run, "more", Ok(planned(json!(["x", "y"]), json!([])))));
    run.cancel();
    assert_eq!(run.state("more[0].y"), TaskState::Cancelled);
    assert_restorable(&run);
}

/// What has to happen before the task waits.
type Wait = fn(&mut Run);

/// Both ways to wait for a plan.
fn waiting_for_a_plan() -> [(Run, Wait); 2] {
    let sub = json!({"name": "t", "capability": "goalpost.sub_goal", "input": {"goal": "cook"}});
    let making = json!({"name": "t", "capability": "any", "extends": true});
    let begun = |task: Value| Run::begin(json!([task]), json!([]));
    [(begun(sub), |_| {}), (begun(making), |run| drop(run.succeed("t", json!({"name": "made"}))))]
}

#[test]
fn a_plan_that_comes_late_for_the_time_before_a_retry_is_stale() {
    for (mut run, wait) in waiting_for_a_plan() {
        wait(&mut run);
        let late = expand(&run, "t", Ok(planned(json!(["old"]), json!([]))));
        run.cancel();
        run.apply(Event::Retry { all: false });
        wait(&mut run);
        assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Plan));
        assert_restorable(&run);
        assert!(matches!(run.refused(late), IllegalTransition::StaleAttempt { .. }));
        run.apply(expand(&run, "t", Ok(planned(json!(["new"]), json!([])))));
        run.succeed("t[0].new", json!(1));
        assert_eq!(run.workflow.state, WorkflowState::Succeeded);
        assert_restorable(&run);
    }
}

#[test]
fn a_plan_for_an_attempt_that_is_not_there_yet_is_refused() {
    for (mut run, wait) in waiting_for_a_plan() {
        wait(&mut run);
        let Event::Expand { task, attempt, outcome, spent } =
            expand(&run, "t", Err(Failure::new("NO_PLAN", "none")))
        else {
            unreachable!()
        };
        let early = Event::Expand { task, attempt: attempt + 1, outcome, spent };
        assert!(matches!(run.refused(early), IllegalTransition::UnknownAttempt { .. }));
    }
}
