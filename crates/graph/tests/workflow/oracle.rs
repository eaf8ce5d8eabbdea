//! The rules of the graph once more, read from the plan and the tasks' ends alone, by brute force.

use goalpost_graph::{Task, Workflow};
use goalpost_model::{Branch, EdgeOn, Failure, Join, Rest, TaskState, WorkflowState};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::random::{Condition, Plan, PlanEdge};

/// Whether the edge of this ordinal was taken; nothing while its source has not ended.
fn taken(plan: &Plan, ordinal: usize, workflow: &Workflow) -> Option<bool> {
    let edge = &plan.edges[ordinal];
    let source = &workflow.tasks[edge.source];
    let has_ended = matches!(source.state, TaskState::Succeeded | TaskState::Failed | TaskState::Skipped);
    has_ended.then(|| matches(edge.on, source) && is_chosen(plan, ordinal, source))
}

fn matches(on: EdgeOn, source: &Task) -> bool {
    match source.state {
        TaskState::Succeeded => on != EdgeOn::Failure,
        TaskState::Failed => on != EdgeOn::Success,
        _ => false,
    }
}

/// Whether the edge is among those that its source chose, all of whose kinds match.
fn is_chosen(plan: &Plan, ordinal: usize, source: &Task) -> bool {
    let edge = &plan.edges[ordinal];
    let asked = asked(plan, edge.source, source);
    if edge.otherwise {
        return asked.iter().all(|(_, held)| *held == Some(false));
    }
    !edge.is_conditional() || asked.contains(&(ordinal, Some(true)))
}

/// The conditions that the source looked at, and what each of them said.
fn asked(plan: &Plan, task: usize, source: &Task) -> Vec<(usize, Option<bool>)> {
    let mut asked = Vec::new();
    for (ordinal, edge) in plan.outgoing(task) {
        if !edge.is_conditional() || !matches(edge.on, source) {
            continue;
        }
        let held = holds(edge.condition, source);
        asked.push((ordinal, held));
        if plan.tasks[task].branch == Branch::Exclusive && held != Some(false) {
            break;
        }
    }
    asked
}

/// Whether the condition holds; nothing if it cannot be evaluated.
fn holds(condition: Condition, source: &Task) -> Option<bool> {
    match condition {
        Condition::None | Condition::Holds => Some(true),
        Condition::DoesNotHold => Some(false),
        Condition::CannotBeEvaluated => None,
        Condition::OutputAtLeast(least) => {
            Some(source.output.as_ref().is_some_and(|output| output["n"].as_i64() >= Some(least)))
        }
    }
}

/// Whether the join is met; nothing while it is open.
fn met(join: Join, edges: &[Option<bool>]) -> Option<bool> {
    let decided = edges.iter().all(Option::is_some);
    let count = |decision| edges.iter().filter(|edge| **edge == Some(decision)).count();
    match join {
        _ if edges.is_empty() => Some(true),
        Join::All if edges.contains(&Some(false)) => Some(false),
        Join::Any if edges.contains(&Some(true)) => Some(true),
        Join::All => decided.then_some(true),
        Join::Any => decided.then_some(false),
        Join::NOf(needed) if count(true) >= needed as usize => Some(true),
        Join::NOf(needed) if count(false) > edges.len() - needed as usize => Some(false),
        Join::NOf(_) => None,
    }
}

/// Every task is where its incoming edges put it, and says which outgoing edges it took.
pub(crate) fn check_tasks(plan: &Plan, workflow: &Workflow) -> Result<(), TestCaseError> {
    workflow.tasks.iter().try_for_each(|(ordinal, _)| check_task(plan, workflow, ordinal))
}

/// The same for one task.
pub(crate) fn check_task(plan: &Plan, workflow: &Workflow, ordinal: usize) -> Result<(), TestCaseError> {
    let task = &workflow.tasks[ordinal];
    let edges: Vec<Option<bool>> =
        plan.incoming(ordinal).map(|(edge, _)| taken(plan, edge, workflow)).collect();
    let met = met(plan.tasks[ordinal].join, &edges);
    match task.state {
        TaskState::Pending => prop_assert_eq!(met, None, "task {} waits", ordinal),
        TaskState::Skipped => prop_assert_eq!(met, Some(false), "task {} was skipped", ordinal),
        TaskState::Cancelled => prop_assert!(
            workflow.state == WorkflowState::Cancelled
                || is_out_of_time(workflow)
                || is_unneeded(plan, ordinal, workflow)
        ),
        _ => prop_assert_eq!(met, Some(true), "task {} began", ordinal),
    }
    if !task.state.is_terminal() {
        prop_assert!(!is_unneeded(plan, ordinal, workflow), "nobody needs task {}", ordinal);
    }
    if !matches!(task.state, TaskState::Pending | TaskState::Skipped | TaskState::Cancelled) {
        check_input(plan, workflow, ordinal)?;
    }
    let out = plan.outgoing(ordinal).filter(|(edge, _)| taken(plan, *edge, workflow) == Some(true));
    prop_assert_eq!(&task.taken_edges, &out.map(|(ordinal, _)| ordinal).collect::<Vec<_>>());
    prop_assert_eq!(task.unhandled.is_some(), fails_the_workflow(plan, ordinal, task));
    Ok(())
}

/// The input is the task's own and what came over the taken edges; if that is broken, no attempt was made.
fn check_input(plan: &Plan, workflow: &Workflow, ordinal: usize) -> Result<(), TestCaseError> {
    let own = &plan.tasks[ordinal];
    let task = &workflow.tasks[ordinal];
    if own.waits {
        let wait = task.input.as_deref().map(|input| input["duration_ms"].clone());
        prop_assert_eq!((wait, task.attempt), (Some(json!(5)), 0));
        return Ok(());
    }
    let over = |edge: usize| taken(plan, edge, workflow) == Some(true);
    let over: Vec<_> = plan.incoming(ordinal).filter(|(edge, _)| over(*edge)).collect();
    let may_break = own.broken_flow || over.iter().any(|(_, edge)| edge.broken_flow);
    // What a transform is given is what came out.
    let output = task.output.as_deref().and_then(Value::as_object).filter(|_| own.transforms);
    let Some(input) = output.or(task.input.as_deref()) else {
        prop_assert!(may_break, "task {} has no input", ordinal);
        prop_assert_eq!((task.state, task.attempt), (TaskState::Failed, 0));
        return Ok(());
    };
    prop_assert!(!own.broken_flow && (task.attempt > 0) != own.transforms);
    let came = |edge: usize| input.contains_key(&format!("e{edge}"));
    let all_came = over.iter().all(|(edge, _)| came(*edge));
    prop_assert!(all_came || own.join != Join::All, "task {} misses an edge's data", ordinal);
    let brought = over.iter().filter(|(edge, _)| came(*edge)).count();
    prop_assert!(brought > 0 || plan.incoming(ordinal).next().is_none(), "task {} began by itself", ordinal);
    let of_its_own = if own.transforms { 2 } else { 1 };
    prop_assert_eq!(input.len(), of_its_own + brought, "task {} has another edge's data", ordinal);
    Ok(())
}

/// All that the task leads to was cancelled, or has begun without it and wants no rest.
fn is_unneeded(plan: &Plan, task: usize, workflow: &Workflow) -> bool {
    let mut targets = plan.outgoing(task).map(|(_, edge)| edge.target).peekable();
    targets.peek().is_some()
        && targets.all(|target| match workflow.tasks[target].state {
            _ if plan.tasks[target].withdrawn => workflow.tasks[task].state == TaskState::Cancelled,
            TaskState::Cancelled => true,
            TaskState::Pending | TaskState::Skipped => false,
            _ => plan.tasks[target].rest == Rest::Cancel,
        })
}

/// A failure that nothing took up, or a condition that could not be evaluated.
fn fails_the_workflow(plan: &Plan, ordinal: usize, task: &Task) -> bool {
    if !matches!(task.state, TaskState::Succeeded | TaskState::Failed) {
        return false;
    }
    let is_wanted = |edge: &PlanEdge| !plan.tasks[edge.target].withdrawn;
    let chosen = |(edge, kind): (usize, &PlanEdge)| {
        matches(kind.on, task) && is_chosen(plan, edge, task) && is_wanted(kind)
    };
    let lost = task.state == TaskState::Failed && !plan.outgoing(ordinal).any(chosen);
    lost || asked(plan, ordinal, task).iter().any(|(_, held)| held.is_none())
}

fn is_out_of_time(workflow: &Workflow) -> bool {
    let kind = workflow.failure.as_ref().map(|failure| failure.kind.as_str());
    workflow.state == WorkflowState::Failed && kind == Some(Failure::DEADLINE_EXCEEDED)
}

/// The workflow ended as its tasks say.
pub(crate) fn check_end(plan: &Plan, workflow: &Workflow) -> Result<(), TestCaseError> {
    prop_assert!(workflow.tasks.iter().all(|(_, task)| task.state.is_terminal()));
    let cancelled = workflow.tasks.iter().any(|(_, task)| task.state == TaskState::Cancelled);
    let unhandled = workflow.tasks.iter().find(|(ordinal, task)| fails_the_workflow(plan, *ordinal, task));
    match workflow.state {
        WorkflowState::Running
        | WorkflowState::Paused
        | WorkflowState::Replanning
        | WorkflowState::Compensating => {
            prop_assert!(false, "the workflow did not end")
        }
        WorkflowState::Cancelled => prop_assert!(cancelled && workflow.failure.is_some()),
        WorkflowState::Failed if is_out_of_time(workflow) => prop_assert!(plan.deadline && cancelled),
        WorkflowState::Failed => {
            let (ordinal, task) = unhandled.expect("some task makes the workflow fail");
            prop_assert_eq!(&workflow.failure, &task.unhandled, "the first is task {}", ordinal);
        }
        WorkflowState::Succeeded => {
            prop_assert!(unhandled.is_none());
            let is_leaf = |ordinal: usize| plan.outgoing(ordinal).next().is_none();
            for (ordinal, task) in workflow.tasks.iter() {
                let shown = workflow.result.as_ref().and_then(|result| result.get(&format!("t{ordinal}")));
                let expected = task.output.as_deref().filter(|_| is_leaf(ordinal));
                prop_assert_eq!(shown, expected);
            }
        }
    }
    prop_assert_eq!(workflow.result.is_some(), workflow.state == WorkflowState::Succeeded);
    Ok(())
}
