//! No task began before its join was met: the joins are computed again, from the blueprint and the
//! ends of its tasks, in the order of events.

use goalpost_model::{EdgeOn, EventType, Join};

use super::history::{Event, Goal, Graph, History, ends_task};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let goals = history.goals.iter();
    goals
        .flat_map(|(id, goal)| replay(goal).into_iter().map(|message| Violation::of(Rule::Join, id, message)))
        .collect()
}

/// What the edges to a task say of its join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Open,
    Met,
    Unmet,
}

fn replay(goal: &Goal) -> Vec<String> {
    let graph = &goal.graph;
    let mut ends: Vec<Option<EventType>> = vec![None; graph.tasks.len()];
    let mut found = Vec::new();
    for event in &goal.events {
        let Some(task) = event.task.filter(|task| *task < graph.tasks.len()) else { continue };
        let Some(needed) = needs(event) else { continue };
        let is = verdict(graph, task, &ends);
        if needed.is_some_and(|needed| needed != is) {
            found.push(format!(
                "event {}, {} {}, while its join is {is:?}",
                event.number, event.kind, graph.tasks[task].name
            ));
        }
        if ends_task(event.kind) {
            ends[task] = Some(event.kind);
        }
    }
    found
}

/// The verdict that the event needs; `Some(None)` if it ends its task whatever that is, `None` if
/// it has nothing to do with joins.
fn needs(event: &Event) -> Option<Option<Verdict>> {
    match event.kind {
        EventType::TaskReady => (event.attempt == 1).then_some(Some(Verdict::Met)),
        EventType::TaskWaiting => Some(Some(Verdict::Met)),
        EventType::TaskSkipped => Some(Some(Verdict::Unmet)),
        EventType::TaskSucceeded | EventType::TaskFailed => Some(Some(Verdict::Met)),
        _ => None,
    }
}

fn verdict(graph: &Graph, task: usize, ends: &[Option<EventType>]) -> Verdict {
    let (mut edges, mut taken, mut refused) = (0, 0, 0);
    for edge in graph.edges.iter().filter(|edge| edge.target == task) {
        edges += 1;
        match ends[edge.source] {
            None => {}
            Some(end) if edge.holds && lets(edge.on, end) => taken += 1,
            Some(_) => refused += 1,
        }
    }
    match graph.tasks[task].join {
        _ if edges == 0 => Verdict::Met,
        Join::All if refused > 0 => Verdict::Unmet,
        Join::All if taken == edges => Verdict::Met,
        Join::Any if taken > 0 => Verdict::Met,
        Join::Any if refused == edges => Verdict::Unmet,
        Join::NOf(needed) if taken >= needed => Verdict::Met,
        Join::NOf(needed) if edges - refused < needed => Verdict::Unmet,
        _ => Verdict::Open,
    }
}

/// Whether an edge of this kind is taken at this end of its source.
fn lets(on: EdgeOn, end: EventType) -> bool {
    match end {
        EventType::TaskSucceeded => on != EdgeOn::Failure,
        EventType::TaskFailed => on != EdgeOn::Success,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, GOAL, broken};

    #[test]
    fn a_task_that_began_before_its_join_was_met_is_found() {
        let mut history = sample::history();
        let events = &mut history.goals.get_mut(GOAL).unwrap().events;
        let place = |kind| events.iter().position(|event| event.kind == kind).unwrap();
        let (end, begin) = (place(EventType::TaskSucceeded), place(EventType::TaskSucceeded) + 1);
        assert_eq!(events[begin].kind, EventType::TaskReady);
        events.swap(end, begin);
        sample::renumber(&mut history);
        assert_eq!(broken(&history), [Rule::Join]);
    }

    #[test]
    fn a_task_that_began_although_a_condition_did_not_hold_is_found() {
        let mut history = sample::history();
        history.goals.get_mut(GOAL).unwrap().graph.edges[0].holds = false;
        assert_eq!(broken(&history), [Rule::Join]);
    }

    #[test]
    fn a_task_that_was_skipped_although_its_join_was_met_is_found() {
        let mut history = sample::history();
        let edges = &mut history.goals.get_mut(GOAL).unwrap().graph.edges;
        edges.iter_mut().find(|edge| edge.target == 2).unwrap().on = EdgeOn::Always;
        assert_eq!(broken(&history), [Rule::Join]);
    }
}
