//! What workers wrote down, held against what the history says.

use std::collections::BTreeMap;

use goalpost_model::{EventType, Failure};

use super::history::{Event, Goal, History, TaskRow};
use super::{Rule, Violation};
use crate::behaviour::ON_PURPOSE;
use crate::ledger::{Line, Mark};

/// Lines by workflow, task and attempt.
type Executions<'a> = BTreeMap<(&'a str, &'a str, u32), Vec<&'a Line>>;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut executions = Executions::new();
    for line in &history.ledger {
        executions.entry((&line.workflow, &line.task, line.attempt)).or_default().push(line);
    }
    let mut found = Vec::new();
    for ((workflow, task, attempt), lines) in &executions {
        let begun: Vec<&&Line> = lines.iter().filter(|line| line.mark == Mark::Begun).collect();
        if let [first, second, ..] = begun.as_slice() {
            let sessions = (&first.session, &second.session);
            let message =
                format!("attempt {attempt} of {task} was begun by {} and by {}", sessions.0, sessions.1);
            found.push(Violation::of(Rule::RunsOnce, workflow, message));
        }
        for line in begun {
            let unclaimed = unclaimed(history.goals.get(*workflow), line);
            found.extend(unclaimed.map(|message| Violation::of(Rule::ClaimedFirst, workflow, message)));
        }
    }
    for (id, goal) in &history.goals {
        let invented = goal.events.iter().filter_map(|event| invented(id, goal, event, &executions));
        found.extend(invented.map(|message| Violation::of(Rule::NothingInvented, id, message)));
    }
    found
}

/// Why an execution had no right to begin, if it had none.
fn unclaimed(goal: Option<&Goal>, line: &Line) -> Option<String> {
    let Line { task, attempt, session, at, .. } = line;
    let claim = goal.and_then(|goal| {
        let ordinal = goal.task_of(task)?;
        let is_claim = |event: &&Event| event.kind == EventType::AttemptStarted && event.attempt == *attempt;
        goal.events_of(ordinal).find(is_claim)
    });
    match claim {
        None => Some(format!("attempt {attempt} of {task} was begun by {session} and is in no history")),
        Some(claim) if claim.at > *at => {
            Some(format!("attempt {attempt} of {task} was begun at {at}, and claimed at {}", claim.at))
        }
        Some(_) => None,
    }
}

/// The event says what no worker has said.
fn invented(id: &str, goal: &Goal, event: &Event, executions: &Executions<'_>) -> Option<String> {
    let needed = match event.kind {
        EventType::TaskSucceeded => Mark::Succeeded,
        EventType::TaskFailed | EventType::AttemptFailed if event.failure.as_deref() == Some(ON_PURPOSE) => {
            Mark::Failed
        }
        _ => return None,
    };
    let ordinal = event.task?;
    let is_by_hand = event.failure.as_deref() == Some(Failure::BY_HAND);
    let name = goal.name_of(ordinal).filter(|_| !is_by_hand && needs_worker(goal, ordinal))?;
    let lines = executions.get(&(id, name, event.attempt));
    let is_witness = |line: &&Line| line.mark == needed && line.at <= event.at;
    if lines.is_some_and(|lines| lines.iter().copied().any(|line| is_witness(&line))) {
        return None;
    }
    Some(format!("event {}, {} {}: no worker said so before", event.number, event.kind, name))
}

fn needs_worker(goal: &Goal, task: usize) -> bool {
    let row = goal.rows.get(&task);
    row.map_or_else(
        || goal.graph.tasks.get(task).is_some_and(|task| task.wait_ms.is_none()),
        TaskRow::needs_worker,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, broken};

    #[test]
    fn an_attempt_that_ran_twice_is_found() {
        let mut history = sample::history();
        let again = Line { session: "another".to_owned(), ..history.ledger[0].clone() };
        history.ledger.push(again);
        assert_eq!(broken(&history), [Rule::RunsOnce]);
    }

    #[test]
    fn an_execution_that_is_in_no_history_is_found() {
        let mut history = sample::history();
        let unknown = Line { attempt: 9, ..history.ledger[0].clone() };
        history.ledger.push(unknown);
        assert_eq!(broken(&history), [Rule::ClaimedFirst]);
    }

    #[test]
    fn an_execution_that_began_before_its_claim_is_found() {
        let mut history = sample::history();
        history.ledger[0].at = sample::at(0);
        assert_eq!(broken(&history), [Rule::ClaimedFirst]);
    }

    #[test]
    fn a_success_that_no_worker_reported_is_found() {
        let mut history = sample::history();
        let line = history.ledger.iter_mut().find(|line| line.mark == Mark::Succeeded).unwrap();
        line.mark = Mark::Stopped;
        assert_eq!(broken(&history), [Rule::NothingInvented]);
    }

    #[test]
    fn a_failure_that_no_worker_reported_is_found() {
        let mut history = sample::history();
        history.ledger.retain(|line| line.mark != Mark::Failed);
        assert_eq!(broken(&history), [Rule::NothingInvented]);
    }
}
