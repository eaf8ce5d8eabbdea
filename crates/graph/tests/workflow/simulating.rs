//! What would happen, from outcomes that are given.

use std::collections::HashMap;

use goalpost_checker::compile;
use goalpost_graph::{Outcome, Simulation, Workflow, simulate};
use goalpost_model::{Failure, TaskState, WorkflowState};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::drive::{play, script};
use crate::random::plan;
use crate::run::{blueprint, broken, goal_input};

fn ok(order: i64, output: Value) -> Outcome {
    Outcome { result: Ok(output), planned: None, order }
}

fn simulated(tasks: Value, edges: Value, outcomes: &[(&str, Outcome)]) -> Simulation {
    let compiled = compile(&blueprint(tasks, edges)).unwrap();
    let workflow = Workflow::new(&compiled, "a goal".to_owned(), goal_input());
    let outcomes: HashMap<String, Outcome> =
        outcomes.iter().map(|(name, outcome)| ((*name).to_owned(), outcome.clone())).collect();
    simulate(&compiled, workflow, &outcomes)
}

fn state(simulation: &Simulation, task: &str) -> TaskState {
    let tasks = &simulation.workflow.tasks;
    tasks[tasks.ordinal_of(task).unwrap()].state
}

#[test]
fn another_condition_leads_another_way() {
    let edges = |least: i64| {
        json!([
            {"from": "look", "to": "mend", "condition": format!("tasks.look.output.n >= {least}")},
            {"from": "look", "to": "leave", "condition": format!("tasks.look.output.n < {least}")},
        ])
    };
    let outcomes = [("look", ok(1, json!({"n": 5}))), ("mend", ok(2, json!(1)))];
    let tasks = json!([{"name": "look", "capability": "count"}, "mend", "leave"]);
    let same = simulated(tasks.clone(), edges(3), &outcomes);
    assert_eq!((same.workflow.state, same.unknown.len()), (WorkflowState::Succeeded, 0));
    assert_eq!(state(&same, "leave"), TaskState::Skipped);
    let other = simulated(tasks, edges(6), &outcomes);
    assert_eq!(other.workflow.state, WorkflowState::Running);
    assert_eq!((state(&other, "mend"), other.unknown), (TaskState::Skipped, vec![2]));
}

#[test]
fn whoever_ended_first_ends_first() {
    let first = json!({"name": "first", "capability": "any", "join": "any", "rest": "cancel"});
    let edges = json!([{"from": "a", "to": "first"}, {"from": "b", "to": "first"}]);
    let all = [("a", ok(9, json!(1))), ("b", ok(4, json!(1))), ("first", ok(5, json!(1)))];
    let simulation = simulated(json!(["a", "b", first]), edges, &all);
    assert_eq!(
        (state(&simulation, "a"), state(&simulation, "b")),
        (TaskState::Cancelled, TaskState::Succeeded)
    );
}

#[test]
fn failures_times_signals_approvals_and_graphs_are_played() {
    let failing =
        json!({"name": "fails", "capability": "any", "retry": {"max_attempts": 3, "initial_backoff_ms": 9}});
    let control = |name: &str, input: Value| json!({"name": name, "capability": format!("goalpost.{name}"), "input": input});
    let tasks = json!([
        failing,
        control("wait", json!({"duration_ms": 5})),
        control("await_signal", json!({"name": "go", "timeout_ms": 5})),
        control("approve", json!({})),
        control("sub_goal", json!({"goal": "cook"})),
        "after",
    ]);
    let edges = json!([{"from": "fails", "to": "after", "on": "failure"}]);
    let failed = |order| Outcome { result: Err(broken()), planned: None, order };
    let simulation = simulated(
        tasks,
        edges,
        &[
            ("fails", failed(1)),
            ("await_signal", ok(2, json!("went"))),
            (
                "approve",
                Outcome { result: Err(Failure::new(Failure::REJECTED, "no")), planned: None, order: 3 },
            ),
            ("sub_goal", ok(4, json!({"cooked": true}))),
            ("after", ok(5, json!(1))),
        ],
    );
    let tasks = &simulation.workflow.tasks;
    assert_eq!(tasks[0].attempt, 3);
    let states: Vec<TaskState> = (0..6).map(|task| tasks[task].state).collect();
    let (good, bad) = (TaskState::Succeeded, TaskState::Failed);
    assert_eq!(states, [bad, good, good, bad, good, good]);
    assert_eq!(simulation.workflow.state, WorkflowState::Failed);
    assert_eq!(simulation.unknown, [0_usize; 0]);
}

#[test]
fn a_loop_without_an_end_is_bounded_and_what_nobody_knows_is_told() {
    let body = json!({"tasks": [{"name": "work", "capability": "any"}]});
    let again = json!({"name": "again", "capability": "", "loop": {"while": "true", "max_iterations": 3, "body": body}});
    let all: Vec<(String, Outcome)> = (0..2).map(|i| (format!("again[{i}].work"), ok(i, json!(i)))).collect();
    let all: Vec<(&str, Outcome)> =
        all.iter().map(|(name, outcome)| (name.as_str(), outcome.clone())).collect();
    let simulation = simulated(json!([again]), json!([]), &all);
    let tasks = &simulation.workflow.tasks;
    let unknown: Vec<String> = simulation.unknown.iter().filter_map(|task| tasks.name(*task)).collect();
    assert_eq!(unknown, ["again[2].work"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// What has happened, happens again.
    #[test]
    fn a_workflow_that_is_played_again_comes_to_the_same_end(plan in plan(), script in script()) {
        let mut order = HashMap::new();
        let run = play(&plan, &script, |moment| {
            for (ordinal, task) in moment.run.workflow.tasks.iter().filter(|(_, task)| task.state.is_terminal()) {
                let next = order.len() as i64;
                order.entry(ordinal).or_insert((next, task.clone()));
            }
            Ok(())
        })?;
        // Somebody who gives a workflow up is no outcome of a task.
        let is_given_up = run.workflow.failure.as_ref().is_some_and(|failure| {
            [Failure::CANCELLED, Failure::DEADLINE_EXCEEDED].contains(&failure.kind.as_str())
        });
        prop_assume!(!is_given_up);
        let outcomes: HashMap<String, Outcome> = order
            .iter()
            .filter_map(|(ordinal, (order, task))| {
                let result = match task.state {
                    TaskState::Succeeded => Ok((**task.output.as_ref()?).clone()),
                    TaskState::Failed if task.attempt > 0 => Err(task.failure.clone()?),
                    _ => return None,
                };
                Some((run.workflow.tasks.name(*ordinal)?, Outcome { result, planned: None, order: *order }))
            })
            .collect();
        let workflow = Workflow::new(&run.blueprint, "a goal".to_owned(), goal_input());
        let simulation = simulate(&run.blueprint, workflow, &outcomes);
        prop_assert_eq!(simulation.unknown.len(), 0);
        prop_assert_eq!(simulation.workflow.state, run.workflow.state);
        for ((_, one), (_, other)) in simulation.workflow.tasks.iter().zip(run.workflow.tasks.iter()) {
            prop_assert_eq!((one.state, &one.output), (other.state, &other.output));
        }
        prop_assert_eq!(simulation.workflow.result, run.workflow.result);
    }
}
