//! A history in order, for tests to break.
//!
//! `first` succeeds; `second` fails once and succeeds; `third` is skipped, it waited for a failure of
//! `first`; `fourth` fails for good, which `fifth` takes up.

use std::collections::BTreeMap;

use goalpost_model::{EdgeOn, EventType, GoalState, Join, RetryPolicy, TaskState, Timeouts};
use jiff::Timestamp;

use super::history::{Accepted, Edge, Event, Goal, Graph, History, Signal, Task, TaskRow, Watched};
use super::{Rule, check};
use crate::behaviour::ON_PURPOSE;
use crate::ledger::{Line, Mark};

pub(super) const GOAL: &str = "018f4d3a-0000-7000-8000-000000000001";

/// The time of the event of this number; executions happen in between.
pub(super) fn at(number: i64) -> Timestamp {
    Timestamp::from_second(number * 10).unwrap()
}

/// The rules that the history breaks.
pub(super) fn broken(history: &History) -> Vec<Rule> {
    let mut rules: Vec<Rule> = check(history).into_iter().map(|violation| violation.rule).collect();
    rules.dedup();
    rules
}

pub(super) fn history() -> History {
    let events = [
        (EventType::GoalSubmitted, None, 0),
        (EventType::GoalPlanned, None, 0),
        (EventType::WorkflowStarted, None, 0),
        (EventType::TaskReady, Some(0), 1),
        (EventType::AttemptStarted, Some(0), 1),
        (EventType::TaskSucceeded, Some(0), 1),
        (EventType::TaskReady, Some(1), 1),
        (EventType::TaskSkipped, Some(2), 0),
        (EventType::AttemptStarted, Some(1), 1),
        (EventType::AttemptFailed, Some(1), 1),
        (EventType::TaskReady, Some(1), 2),
        (EventType::AttemptStarted, Some(1), 2),
        (EventType::TaskSucceeded, Some(1), 2),
        (EventType::TaskReady, Some(3), 1),
        (EventType::AttemptStarted, Some(3), 1),
        (EventType::TaskFailed, Some(3), 1),
        (EventType::TaskReady, Some(4), 1),
        (EventType::AttemptStarted, Some(4), 1),
        (EventType::TaskSucceeded, Some(4), 1),
        (EventType::WorkflowSucceeded, None, 0),
        (EventType::GoalSucceeded, None, 0),
    ];
    of(GoalState::Succeeded, &events)
}

pub(super) fn cancelled() -> History {
    let events = [
        (EventType::GoalSubmitted, None, 0),
        (EventType::GoalPlanned, None, 0),
        (EventType::WorkflowStarted, None, 0),
        (EventType::TaskReady, Some(0), 1),
        (EventType::AttemptStarted, Some(0), 1),
        (EventType::TaskCancelled, Some(0), 1),
        (EventType::TaskCancelled, Some(1), 0),
        (EventType::TaskCancelled, Some(2), 0),
        (EventType::TaskCancelled, Some(3), 0),
        (EventType::TaskCancelled, Some(4), 0),
        (EventType::WorkflowCancelled, None, 0),
        (EventType::GoalCancelled, None, 0),
    ];
    of(GoalState::Cancelled, &events)
}

/// A list, somebody who waits for a signal, and a task, of which all have succeeded.
pub(super) fn pieces() -> History {
    let events = [
        (EventType::GoalSubmitted, None, 0),
        (EventType::GoalPlanned, None, 0),
        (EventType::WorkflowStarted, None, 0),
        (EventType::TaskWaiting, Some(0), 0),
        (EventType::TaskSucceeded, Some(0), 0),
        (EventType::TaskWaiting, Some(1), 0),
        (EventType::TaskReady, Some(2), 1),
        (EventType::SignalReceived, None, 0),
        (EventType::TaskSucceeded, Some(1), 0),
        (EventType::TaskCancelled, Some(2), 1),
        (EventType::WorkflowSucceeded, None, 0),
        (EventType::GoalSucceeded, None, 0),
    ];
    let mut history = of(GoalState::Succeeded, &events);
    let rows = [("goalpost.for_each", None), ("goalpost.await_signal", Some("go")), ("chaos.step", None)];
    let goal = put_together(&mut history, &rows);
    goal.rows.get_mut(&2).unwrap().state = TaskState::Cancelled;
    goal.signals = vec![Signal { id: "1".to_owned(), name: "go".to_owned(), event: 8, taken_by: Some(1) }];
    history.accepted[0].signals = vec!["1".to_owned()];
    history
}

/// Two tasks that succeeded, one after the other, and a third that failed; both were undone.
pub(super) fn undone() -> History {
    let events = [
        (EventType::GoalSubmitted, None, 0),
        (EventType::GoalPlanned, None, 0),
        (EventType::WorkflowStarted, None, 0),
        (EventType::TaskSucceeded, Some(0), 0),
        (EventType::TaskSucceeded, Some(1), 0),
        (EventType::TaskFailed, Some(2), 0),
        (EventType::WorkflowCompensating, None, 0),
        (EventType::TaskWaiting, Some(3), 0),
        (EventType::TaskSucceeded, Some(3), 0),
        (EventType::TaskWaiting, Some(4), 0),
        (EventType::TaskSucceeded, Some(4), 0),
        (EventType::WorkflowFailed, None, 0),
        (EventType::GoalFailed, None, 0),
    ];
    let mut history = of(GoalState::Failed, &events);
    let goal = put_together(&mut history, &[("goalpost.transform", None); 5]);
    for (task, undo) in [(0, 4), (1, 3)] {
        let row = goal.rows.get_mut(&task).unwrap();
        (row.undo, row.is_undoable) = (Some(undo), true);
    }
    goal.rows.get_mut(&2).unwrap().state = TaskState::Failed;
    history
}

/// A goal that failed and was opened again.
pub(super) fn retried() -> History {
    let events = [
        (EventType::GoalSubmitted, None, 0),
        (EventType::GoalPlanned, None, 0),
        (EventType::WorkflowStarted, None, 0),
        (EventType::TaskSucceeded, Some(0), 0),
        (EventType::TaskFailed, Some(1), 0),
        (EventType::WorkflowFailed, None, 0),
        (EventType::GoalFailed, None, 0),
        (EventType::WorkflowRunning, None, 0),
        (EventType::TaskPending, Some(1), 0),
        (EventType::GoalRetried, None, 0),
        (EventType::TaskSucceeded, Some(1), 0),
        (EventType::WorkflowSucceeded, None, 0),
        (EventType::GoalSucceeded, None, 0),
    ];
    let mut history = of(GoalState::Succeeded, &events);
    put_together(&mut history, &[("goalpost.transform", None); 2]);
    history
}

/// Has the goal be one of these capabilities, which wait for these signals.
fn put_together<'a>(history: &'a mut History, tasks: &[(&str, Option<&str>)]) -> &'a mut Goal {
    let goal = history.goals.get_mut(GOAL).unwrap();
    let row = |(ordinal, (capability, signal)): (usize, &(&str, Option<&str>))| {
        let row = TaskRow {
            name: format!("t{ordinal}"),
            capability: (*capability).to_owned(),
            state: TaskState::Succeeded,
            failure: None,
            undo: None,
            is_undoable: false,
            signal: signal.map(str::to_owned),
            key: None,
            gathered: None,
        };
        (ordinal, row)
    };
    goal.rows = tasks.iter().enumerate().map(row).collect();
    goal.graph = Graph::default();
    goal.workflow = goal.state.as_str().parse().ok();
    renumber(history);
    history.goals.get_mut(GOAL).unwrap()
}

/// A task of the goal.
pub(super) fn row(history: &mut History, task: usize) -> &mut TaskRow {
    history.goals.get_mut(GOAL).unwrap().rows.get_mut(&task).unwrap()
}

/// Puts an event behind the first one of this kind.
pub(super) fn insert_after(history: &mut History, kind: EventType, make: impl Fn(&Event) -> Event) {
    let events = &mut history.goals.get_mut(GOAL).unwrap().events;
    let place = events.iter().position(|event| event.kind == kind).unwrap();
    let event = make(&events[place]);
    events.insert(place + 1, event);
    renumber(history);
}

/// Removes the last event of this kind.
pub(super) fn remove_last(history: &mut History, kind: EventType) {
    let events = &mut history.goals.get_mut(GOAL).unwrap().events;
    let place = events.iter().rposition(|event| event.kind == kind).unwrap();
    events.remove(place);
    renumber(history);
}

/// Numbers the events and has the watcher and the workers see them as they are now.
pub(super) fn renumber(history: &mut History) {
    let goal = history.goals.get_mut(GOAL).unwrap();
    let mut numbers = 1..;
    for event in &mut goal.events {
        event.number = numbers.next().unwrap();
        event.at = at(event.number);
    }
    history.watches = vec![watched(&goal.events)];
    history.ledger = ledger(goal);
}

fn of(state: GoalState, events: &[(EventType, Option<usize>, u32)]) -> History {
    let event = |(kind, task, attempt): &(EventType, Option<usize>, u32)| Event {
        number: 0,
        at: at(0),
        kind: *kind,
        task: *task,
        attempt: *attempt,
        failure: matches!(kind, EventType::AttemptFailed | EventType::TaskFailed)
            .then(|| ON_PURPOSE.to_owned()),
    };
    let request_id = "request".to_owned();
    let events = events.iter().map(event).collect();
    let (rows, signals) = (BTreeMap::new(), Vec::new());
    let goal =
        Goal { state, request_id: request_id.clone(), graph: graph(), workflow: None, rows, signals, events };
    let accepted =
        Accepted { request_id, ids: vec![GOAL.to_owned()], ends: vec![state], ..Accepted::default() };
    let goals = [(GOAL.to_owned(), goal)].into();
    let mut history = History { goals, accepted: vec![accepted], ..History::default() };
    renumber(&mut history);
    history
}

fn graph() -> Graph {
    let task = |name: &str, max_attempts| Task {
        name: name.to_owned(),
        join: Join::All,
        retry: RetryPolicy { max_attempts, ..RetryPolicy::default() },
        timeouts: Timeouts::default(),
        wait_ms: None,
    };
    let edge = |source, target, on| Edge { source, target, on, holds: true };
    Graph {
        tasks: vec![
            task("first", 1),
            task("second", 2),
            task("third", 1),
            task("fourth", 1),
            task("fifth", 1),
        ],
        edges: vec![
            edge(0, 1, EdgeOn::Success),
            edge(0, 2, EdgeOn::Failure),
            edge(1, 3, EdgeOn::Always),
            edge(3, 4, EdgeOn::Failure),
        ],
        deadline_ms: 0,
    }
}

fn watched(events: &[Event]) -> Watched {
    let seen = events.iter().map(|event| (event.number, event.kind)).collect();
    Watched { goal: GOAL.to_owned(), seen, resumed: 1, is_complete: true }
}

/// What workers would have written: each attempt once, right after its claim, to the end that it had.
fn ledger(goal: &Goal) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for event in &goal.events {
        let Some(task) = event.task.filter(|task| goal.name_of(*task).is_some()) else { continue };
        let mark = match event.kind {
            EventType::AttemptStarted => Mark::Begun,
            EventType::TaskSucceeded => Mark::Succeeded,
            EventType::TaskFailed | EventType::AttemptFailed => Mark::Failed,
            EventType::TaskCancelled if event.attempt > 0 => Mark::Stopped,
            _ => continue,
        };
        let line = Line {
            at: event.at,
            session: "worker".to_owned(),
            workflow: GOAL.to_owned(),
            task: goal.name_of(task).unwrap().to_owned(),
            attempt: event.attempt,
            mark,
        };
        let is_there =
            |known: &Line| (&known.task, known.attempt, known.mark) == (&line.task, line.attempt, mark);
        if !lines.iter().any(is_there) {
            lines.push(line);
        }
    }
    lines
}
