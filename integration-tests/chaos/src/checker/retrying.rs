//! What has ended stays so unless it is retried: goals, workflows and tasks. What has succeeded is not run again, unless
//! somebody wanted that of all.

use goalpost_model::EventType;

use super::history::{Goal, History, ends_goal, ends_workflow};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, goal) in &history.goals {
        let again = history.accepted.iter().any(|accepted| accepted.ids.contains(id) && accepted.retries_all);
        let wrong = goal_events(goal).into_iter().chain(workflow_events(goal)).chain(other_end(goal));
        let wrong = wrong.chain(if again { Vec::new() } else { run_again(goal) });
        found.extend(wrong.map(|message| Violation::of(Rule::Retrying, id, message)));
    }
    found
}

/// A goal that has ended is opened again before anything else happens to it.
fn goal_events(goal: &Goal) -> Option<String> {
    let mut has_ended = false;
    for event in &goal.events {
        match event.kind {
            EventType::GoalRetried if !has_ended => {
                return Some(format!("event {} opens a goal that has not ended", event.number));
            }
            EventType::GoalRetried => has_ended = false,
            kind if ends_goal(kind) && has_ended => {
                return Some(format!("event {}, {kind}, ends a goal that has ended", event.number));
            }
            kind => has_ended |= ends_goal(kind),
        }
    }
    None
}

/// A workflow that has ended does nothing before it runs again, and never again once it has succeeded.
fn workflow_events(goal: &Goal) -> Option<String> {
    let mut end = None;
    for event in &goal.events {
        match (event.kind, end) {
            (EventType::WorkflowRunning, Some(EventType::WorkflowSucceeded)) => {
                return Some(format!("event {} opens a workflow that has succeeded", event.number));
            }
            (EventType::WorkflowRunning, _) => end = None,
            (
                EventType::WorkflowPaused
                | EventType::WorkflowReplanning
                | EventType::WorkflowCompensating
                | EventType::WorkflowExtended
                | EventType::SignalReceived,
                Some(_),
            ) => {
                return Some(format!(
                    "event {}, {}, comes after the workflow's end",
                    event.number, event.kind
                ));
            }
            (kind, Some(_)) if ends_workflow(kind) => {
                return Some(format!("event {}, {kind}, ends a workflow that has ended", event.number));
            }
            (kind, None) if ends_workflow(kind) => end = Some(kind),
            _ => {}
        }
    }
    None
}

/// The goal and its workflow have ended differently, or one of them has not.
fn other_end(goal: &Goal) -> Option<String> {
    let workflow = goal.workflow.filter(|workflow| workflow.as_str() != goal.state.as_str())?;
    let is_open = !workflow.is_terminal();
    (goal.state.is_terminal() || !is_open)
        .then(|| format!("the goal is {}, its workflow {workflow}", goal.state))
}

fn run_again(goal: &Goal) -> Vec<String> {
    let again = |task: &usize| {
        let mut after =
            goal.events_of(*task).skip_while(|event| event.kind != EventType::TaskSucceeded).skip(1);
        let event = after.next()?;
        let name = goal.name_of(*task).unwrap_or("?");
        Some(format!("event {}, {} {name}, comes after its success", event.number, event.kind))
    };
    goal.rows.keys().filter_map(again).collect()
}

#[cfg(test)]
mod tests {
    use goalpost_model::WorkflowState;

    use super::*;
    use crate::checker::sample::{self, GOAL, broken, retried};

    #[test]
    fn a_goal_that_was_retried_in_order_breaks_no_rule() {
        assert_eq!(broken(&retried()), []);
    }

    #[test]
    fn a_goal_that_does_not_know_of_its_workflow_s_end_is_found() {
        let mut history = retried();
        history.goals.get_mut(GOAL).unwrap().workflow = Some(WorkflowState::Failed);
        assert_eq!(broken(&history), [Rule::Retrying]);
    }

    #[test]
    fn a_success_that_is_run_again_is_found_unless_all_was_to_be() {
        let mut history = retried();
        sample::insert_after(&mut history, EventType::WorkflowRunning, |event| {
            super::super::history::Event { kind: EventType::TaskPending, task: Some(0), ..event.clone() }
        });
        assert_eq!(broken(&history), [Rule::Retrying]);
        history.accepted[0].retries_all = true;
        assert_eq!(broken(&history), []);
    }

    #[test]
    fn a_goal_that_ended_twice_is_found() {
        let mut history = retried();
        let events = &mut history.goals.get_mut(GOAL).unwrap().events;
        events.retain(|event| event.kind != EventType::GoalRetried);
        sample::renumber(&mut history);
        assert_eq!(broken(&history), [Rule::Retrying]);
    }
}
