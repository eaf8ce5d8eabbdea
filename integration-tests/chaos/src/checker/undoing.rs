//! What tasks did is undone once the workflow ends badly: what has succeeded, all of it, once, one after the other,
//! in the reverse order.

use goalpost_model::{EventType, TaskState, WorkflowState};

use super::history::{Goal, History, TaskRow, ends_task};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let goals = history.goals.iter();
    goals
        .flat_map(|(id, goal)| {
            let wrong = wrong_rows(goal).into_iter().chain(wrong_order(goal));
            wrong.map(|message| Violation::of(Rule::Undoing, id, message))
        })
        .collect()
}

fn wrong_rows(goal: &Goal) -> Vec<String> {
    let has_ended_badly = matches!(goal.workflow, Some(WorkflowState::Failed | WorkflowState::Cancelled));
    let undoes = |row: &TaskRow| match (row.undo, row.state) {
        (Some(_), TaskState::Succeeded) => None,
        (Some(_), state) => Some(format!("task {} is {state} and was undone", row.name)),
        (None, TaskState::Succeeded) if row.is_undoable && has_ended_badly => {
            Some(format!("task {} was not undone", row.name))
        }
        (None, _) => None,
    };
    goal.rows.values().filter_map(undoes).collect()
}

/// A task that was undone.
struct Undone<'a> {
    name: &'a str,
    /// When it had succeeded, by the numbers of events.
    succeeded: i64,
    /// When undoing it began and ended.
    begun: i64,
    ended: i64,
}

fn wrong_order(goal: &Goal) -> Vec<String> {
    let mut undone: Vec<Undone<'_>> =
        goal.rows.iter().filter_map(|(task, row)| undone(goal, *task, row)).collect();
    undone.sort_by_key(|undone| undone.begun);
    let turns = goal.events.iter().filter(|event| event.kind == EventType::WorkflowCompensating);
    let turn = turns.map(|event| event.number).next_back().unwrap_or(i64::MAX);
    let early = undone.iter().filter(|undone| undone.begun < turn);
    let early = early.map(|undone| format!("undoing {} began before the workflow ended badly", undone.name));
    let wrong = |pair: &[Undone<'_>]| {
        let [before, after] = pair else { return None };
        if before.succeeded < after.succeeded {
            return Some(format!("{} was undone before {}, which succeeded later", before.name, after.name));
        }
        let is_beside = after.begun < before.ended;
        is_beside.then(|| format!("{} and {} were undone at once", before.name, after.name))
    };
    early.chain(undone.windows(2).filter_map(wrong)).collect()
}

fn undone<'a>(goal: &Goal, task: usize, row: &'a TaskRow) -> Option<Undone<'a>> {
    let undo = row.undo?;
    let begun = goal.events_of(undo).next()?.number;
    let ended =
        goal.events_of(undo).find(|event| ends_task(event.kind)).map_or(i64::MAX, |event| event.number);
    let is_success =
        |event: &&super::history::Event| event.kind == EventType::TaskSucceeded && event.number < begun;
    let succeeded = goal.events_of(task).filter(is_success).last()?.number;
    Some(Undone { name: &row.name, succeeded, begun, ended })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, GOAL, broken, undone};

    #[test]
    fn a_history_in_which_everything_was_undone_in_order_breaks_no_rule() {
        assert_eq!(broken(&undone()), []);
    }

    #[test]
    fn what_was_not_undone_and_what_had_not_succeeded_are_found() {
        let mut history = undone();
        sample::row(&mut history, 0).undo = None;
        assert_eq!(broken(&history), [Rule::Undoing]);
        let mut history = undone();
        sample::row(&mut history, 0).state = TaskState::Skipped;
        assert_eq!(broken(&history), [Rule::Undoing]);
    }

    #[test]
    fn what_was_undone_in_the_wrong_order_is_found() {
        let mut history = undone();
        (sample::row(&mut history, 0).undo, sample::row(&mut history, 1).undo) = (Some(3), Some(4));
        assert_eq!(broken(&history), [Rule::Undoing]);
    }

    #[test]
    fn undoing_before_the_workflow_ended_badly_is_found() {
        let mut history = undone();
        let events = &mut history.goals.get_mut(GOAL).unwrap().events;
        let turn = events.iter().position(|event| event.kind == EventType::WorkflowCompensating).unwrap();
        events.swap(turn, turn + 1);
        sample::renumber(&mut history);
        assert_eq!(broken(&history), [Rule::Undoing]);
    }
}
