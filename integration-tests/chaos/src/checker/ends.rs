//! Every task of a workflow that has ended ended once, and nothing happened to it afterwards.

use goalpost_model::EventType;

use super::history::{Goal, History, ends_task, ends_workflow};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let goals = history.goals.iter();
    goals
        .flat_map(|(id, goal)| {
            let wrong = (0..goal.graph.tasks.len()).filter_map(|task| wrong_end(goal, task));
            wrong.chain(event_after_end(goal)).map(|message| Violation::of(Rule::TaskEndsOnce, id, message))
        })
        .collect()
}

fn wrong_end(goal: &Goal, task: usize) -> Option<String> {
    let name = &goal.graph.tasks[task].name;
    let ends = goal.events_of(task).filter(|event| ends_task(event.kind)).count();
    if ends > 1 || (ends == 0 && goal.has_ended_workflow()) {
        return Some(format!("task {name} ended {ends} times"));
    }
    let after = goal.events_of(task).skip_while(|event| !ends_task(event.kind)).nth(1)?;
    Some(format!("{} {name} comes after the task's end", after.kind))
}

/// Nothing happens to the tasks of a workflow that has ended, unless it is retried.
fn event_after_end(goal: &Goal) -> Option<String> {
    let mut has_ended = false;
    for event in &goal.events {
        match event.kind {
            kind if ends_workflow(kind) => has_ended = true,
            EventType::WorkflowRunning => has_ended = false,
            _ if has_ended && event.task.is_some() => {
                return Some(format!("event {} comes after the workflow's end", event.number));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, GOAL, broken};

    #[test]
    fn a_task_that_ended_twice_is_found() {
        let mut history = sample::history();
        sample::insert_after(&mut history, EventType::TaskSucceeded, |event| event.clone());
        assert_eq!(broken(&history), [Rule::TaskEndsOnce]);
    }

    #[test]
    fn a_task_that_did_not_end_is_found() {
        let mut history = sample::history();
        sample::remove_last(&mut history, EventType::TaskSkipped);
        assert_eq!(broken(&history), [Rule::TaskEndsOnce]);
    }

    #[test]
    fn an_event_after_the_end_of_its_workflow_is_found() {
        let mut history = sample::cancelled();
        let events = &mut history.goals.get_mut(GOAL).unwrap().events;
        let end = events.iter().position(|event| event.kind == EventType::WorkflowCancelled).unwrap();
        events.swap(end - 1, end);
        sample::renumber(&mut history);
        assert_eq!(broken(&history), [Rule::TaskEndsOnce]);
    }
}
