//! Goals: every accepted one ends, once for each request, and as its tasks say.

use std::collections::BTreeMap;

use goalpost_model::{EdgeOn, EventType, Failure, GoalState};

use super::history::{Accepted, Edge, Event, Goal, History};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    for accepted in &history.accepted {
        check_accepted(history, accepted, &mut found);
    }
    check_requests(history, &mut found);
    for (id, goal) in &history.goals {
        found.extend(wrong_outcome(goal).map(|message| Violation::of(Rule::Outcome, id, message)));
    }
    found
}

fn check_accepted(history: &History, accepted: &Accepted, found: &mut Vec<Violation>) {
    let Accepted { request_id, ids, ends, .. } = accepted;
    let Some(id) = ids.first() else {
        return found.push(Violation::general(Rule::GoalEnds, format!("{request_id} was never accepted")));
    };
    let mut wrong = |message: String| found.push(Violation::of(Rule::GoalEnds, id, message));
    if let Some(other) = ids.iter().find(|other| *other != id) {
        wrong(format!("{request_id} made another goal, too: {other}"));
    }
    match history.goals.get(id) {
        None => wrong("the goal was accepted and is not stored".to_owned()),
        Some(goal) if !goal.state.is_terminal() => wrong(format!("the goal is {} for ever", goal.state)),
        Some(goal) => {
            if let Some(told) = ends.iter().find(|told| !has_been(goal, **told)) {
                wrong(format!("a client was told that the goal is {told}, it is {}", goal.state));
            }
        }
    }
}

/// Whether the goal has ended so, if not for good.
fn has_been(goal: &Goal, told: GoalState) -> bool {
    goal.state == told || goal.is_retried() && goal.events.iter().any(|event| event.kind == last_event(told))
}

/// A request makes one goal, also where no client was told of it.
fn check_requests(history: &History, found: &mut Vec<Violation>) {
    let mut goals: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for (id, goal) in &history.goals {
        goals.entry(&goal.request_id).or_default().push(id);
    }
    for (request_id, ids) in goals.into_iter().filter(|(_, ids)| ids.len() > 1) {
        let message = format!("{request_id} made {} goals: {ids:?}", ids.len());
        found.push(Violation::of(Rule::GoalEnds, ids[0], message));
    }
}

/// The goal's state is the last word of its history, and the workflow's end follows from its tasks.
fn wrong_outcome(goal: &Goal) -> Option<String> {
    let kinds = || goal.events.iter().map(|event| event.kind);
    if goal.state.is_terminal() && kinds().next_back() != Some(last_event(goal.state)) {
        return Some(format!("the goal is {}, its last event is {:?}", goal.state, kinds().next_back()));
    }
    if goal.graph.tasks.is_empty() {
        return None;
    }
    let failed = |task: &usize| goal.events_of(*task).any(|event| event.kind == EventType::TaskFailed);
    let unhandled = (0..goal.graph.tasks.len()).filter(failed).find(|task| !has_handler(goal, *task));
    let is_failed =
        goal.events.iter().any(|event| event.kind == EventType::WorkflowFailed && !is_late(goal, event));
    let is_succeeded = kinds().any(|kind| kind == EventType::WorkflowSucceeded);
    match unhandled {
        Some(task) if is_succeeded => {
            Some(format!("the workflow succeeded, although nothing took up the failure of task {task}"))
        }
        None if is_failed => Some("the workflow failed, although every failure was taken up".to_owned()),
        _ => None,
    }
}

/// The workflow failed because its time was over.
fn is_late(goal: &Goal, event: &Event) -> bool {
    goal.graph.deadline_ms > 0 && event.failure.as_deref() == Some(Failure::DEADLINE_EXCEEDED)
}

fn has_handler(goal: &Goal, task: usize) -> bool {
    let takes_failure = |edge: &Edge| matches!(edge.on, EdgeOn::Failure | EdgeOn::Always);
    goal.graph.edges.iter().any(|edge| edge.source == task && edge.holds && takes_failure(edge))
}

fn last_event(state: GoalState) -> EventType {
    match state {
        GoalState::Submitted => EventType::GoalSubmitted,
        GoalState::AwaitingApproval => EventType::GoalAwaitingApproval,
        GoalState::Running => EventType::GoalPlanned,
        GoalState::Succeeded => EventType::GoalSucceeded,
        GoalState::Failed => EventType::GoalFailed,
        GoalState::Cancelled => EventType::GoalCancelled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, GOAL, broken};

    #[test]
    fn an_accepted_goal_that_is_not_stored_is_found() {
        let mut history = sample::history();
        history.goals.clear();
        history.ledger.clear();
        history.watches.clear();
        assert_eq!(broken(&history), [Rule::GoalEnds]);
    }

    #[test]
    fn a_goal_that_does_not_end_is_found() {
        let mut history = sample::history();
        let goal = history.goals.get_mut(GOAL).unwrap();
        goal.state = GoalState::Running;
        goal.events.pop();
        history.watches.clear();
        history.accepted[0].ends.clear();
        assert_eq!(broken(&history), [Rule::GoalEnds]);
    }

    #[test]
    fn a_request_that_made_two_goals_is_found() {
        let mut history = sample::history();
        history.accepted[0].ids.push("another".to_owned());
        assert_eq!(broken(&history), [Rule::GoalEnds]);
        let mut history = sample::history();
        history.goals.insert("another".to_owned(), history.goals[GOAL].clone());
        assert!(broken(&history).contains(&Rule::GoalEnds));
    }

    #[test]
    fn an_answer_that_did_not_stay_true_is_found() {
        let mut history = sample::history();
        history.accepted[0].ends.push(GoalState::Cancelled);
        assert_eq!(broken(&history), [Rule::GoalEnds]);
    }

    #[test]
    fn an_end_that_does_not_follow_from_the_tasks_is_found() {
        let mut history = sample::history();
        let goal = history.goals.get_mut(GOAL).unwrap();
        goal.state = GoalState::Failed;
        let last = goal.events.len() - 1;
        goal.events[last].kind = EventType::GoalFailed;
        goal.events[last - 1].kind = EventType::WorkflowFailed;
        history.watches.clear();
        history.accepted[0].ends.clear();
        assert_eq!(broken(&history), [Rule::Outcome]);
    }

    #[test]
    fn a_state_that_is_not_the_last_word_of_the_history_is_found() {
        let mut history = sample::history();
        history.goals.get_mut(GOAL).unwrap().state = GoalState::Failed;
        history.accepted[0].ends.clear();
        assert_eq!(broken(&history), [Rule::Outcome]);
    }
}
