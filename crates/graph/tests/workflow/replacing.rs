//! Workflows brought up to date by the tasks that have changed.

use goalpost_graph::{Effect, Task, Workflow};
use goalpost_model::WorkflowState;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::drive::{play, script};
use crate::random::plan;
use crate::run::Run;

/// What has to be put in the place of what is known, to come from one state to another one.
fn difference(known: &Workflow, now: &Workflow) -> Vec<(usize, Task)> {
    let changed = now.tasks.iter().filter(|(ordinal, task)| known.tasks.get(*ordinal) != Some(*task));
    let gone = known.tasks.iter().filter(|(ordinal, _)| now.tasks.get(*ordinal).is_none());
    let gone = gone.map(|(ordinal, _)| (ordinal, Task::default()));
    changed.map(|(ordinal, task)| (ordinal, task.clone())).chain(gone).collect()
}

/// The state that comes of it; `None` if the tasks alone do not tell.
fn brought(known: &Workflow, now: &Workflow, succeeded: &[usize]) -> Option<Workflow> {
    let (mut workflow, difference) = (known.clone(), difference(known, now));
    let new: Vec<usize> = difference.iter().map(|(ordinal, _)| *ordinal).collect();
    let succeeded = succeeded.iter().copied().filter(|ordinal| new.contains(ordinal));
    if !workflow.replace(difference, succeeded).expect("the tasks are right") {
        assert_eq!(workflow, *known, "nothing is replaced");
        return None;
    }
    workflow.signals.clone_from(&now.signals);
    Some(workflow)
}

proptest! {
    /// Back, too: what was done in memory alone has not happened.
    #[test]
    fn a_running_workflow_is_brought_from_any_moment_to_any_other(
        plan in plan(), script in script(), from: prop::sample::Index, to: prop::sample::Index,
    ) {
        let (mut states, mut succeeded) = (Vec::new(), Vec::new());
        play(&plan, &script, |moment| {
            succeeded.extend(moment.effects.iter().filter_map(|effect| match *effect {
                Effect::TaskSucceeded { task } => Some(task),
                _ => None,
            }));
            states.push((moment.run.workflow.clone(), succeeded.clone()));
            Ok(())
        })?;
        states.truncate(states.iter().take_while(|(state, _)| state.state == WorkflowState::Running).count());
        if !states.is_empty() {
            let ((known, _), (now, succeeded)) = (&states[from.index(states.len())], &states[to.index(states.len())]);
            let brought = brought(known, now, succeeded);
            prop_assert!(brought.is_none_or(|brought| brought == *now));
        }
    }
}

fn each(more: Value) -> Run {
    let mut for_each =
        json!({"body": {"tasks": [{"name": "work", "capability": "any", "data_flow": {"value": "item"}}]}});
    for_each.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let each = json!({"name": "each", "capability": "", "input": {"items": [1, 2, 3]}, "for_each": for_each});
    Run::begin(json!([each]), json!([]))
}

#[test]
fn items_that_run_already_are_replaced_one_by_one() {
    let mut run = each(json!({}));
    let before = run.workflow.clone();
    run.succeed("each[1].work", json!("done"));
    assert_eq!(brought(&before, &run.workflow, &[]), Some(run.workflow.clone()));
    assert_eq!(brought(&run.workflow, &before, &[]), Some(before.clone()));
    // What comes out of them in the end rests on all of them.
    let mut other = each(json!({}));
    other.workflow = brought(&before, &run.workflow, &[]).unwrap();
    for item in ["each[0].work", "each[2].work"] {
        run.succeed(item, json!("done"));
        other.succeed(item, json!("done"));
    }
    assert_eq!(other.workflow, run.workflow);
}

#[test]
fn an_item_that_begins_takes_more_than_its_tasks() {
    let mut run = each(json!({"concurrency": 2}));
    let before = run.workflow.clone();
    run.succeed("each[1].work", json!("done"));
    assert!(run.workflow.tasks.ordinal_of("each[2].work").is_some());
    assert_eq!(brought(&before, &run.workflow, &[]), None);
    assert_eq!(brought(&run.workflow, &before, &[]), None);
}
