//! What would happen: a workflow driven by outcomes that are given, without anybody who runs anything.

use std::collections::{BTreeSet, HashMap, HashSet};

use goalpost_checker::CompiledBlueprint;
use goalpost_model::{Amount, Failure, TaskState, TimerKind, Usage, WaitsFor};
use serde_json::Value;

use crate::hand::signal_name;
use crate::{Effect, Event, Planned, Workflow, advance};

/// What comes of a task, whatever its attempts are.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What comes out, or why it fails.
    pub result: Result<Value, Failure>,
    /// The graph that came up inside of it: its tasks have outcomes of their own, and the result is theirs to give.
    pub planned: Option<Planned>,
    /// When it ends, as compared with others that could: the lowest first.
    pub order: i64,
}

/// How far a workflow comes.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The workflow where it has ended, or where nobody knows what comes next.
    pub workflow: Workflow,
    /// The tasks in the order in which they ended.
    pub ended: Vec<usize>,
    /// The open tasks of which nobody knows what comes of them.
    pub unknown: Vec<usize>,
}

/// Drives a workflow that has not begun by these outcomes, given by the names of tasks. Whatever waits for a time gets
/// it, keys are free, and nothing else is decided by chance: the same outcomes give the same end.
pub fn simulate(
    blueprint: &CompiledBlueprint,
    workflow: Workflow,
    outcomes: &HashMap<String, Outcome>,
) -> Simulation {
    let mut play = Play { blueprint, workflow, outcomes, open: BTreeSet::new(), ended: Vec::new() };
    play.apply(Event::Start);
    let mut unknown = HashSet::new();
    while let Some((_, ordinal)) = play.open.pop_first() {
        let is_known = match play.next(ordinal) {
            // What the state does not allow is no outcome of it.
            Next::Happens(event) => play.apply(event),
            Next::Nothing => true,
            Next::Unknown => false,
        };
        if !is_known {
            unknown.insert(ordinal);
        }
    }
    let is_open = |ordinal: &usize| !play.workflow.tasks[*ordinal].state.is_terminal();
    let mut unknown: Vec<usize> = unknown.into_iter().filter(is_open).collect();
    unknown.sort_unstable();
    Simulation { workflow: play.workflow, ended: play.ended, unknown }
}

struct Play<'a> {
    blueprint: &'a CompiledBlueprint,
    workflow: Workflow,
    outcomes: &'a HashMap<String, Outcome>,
    /// What may go on, by the order of its outcome.
    open: BTreeSet<(i64, usize)>,
    ended: Vec<usize>,
}

/// What happens to a task next.
enum Next {
    Happens(Event),
    /// It has ended, or others have to come first.
    Nothing,
    Unknown,
}

impl Play<'_> {
    /// Whether the state allows it.
    fn apply(&mut self, event: Event) -> bool {
        let Ok(effects) = advance(self.blueprint, &mut self.workflow, event) else { return false };
        for effect in effects {
            match effect {
                Effect::TaskSucceeded { task }
                | Effect::TaskFailed { task }
                | Effect::TaskSkipped { task }
                | Effect::TaskCancelled { task, .. } => self.ended.push(task),
                Effect::TaskReady { task, .. }
                | Effect::TaskWaiting { task }
                | Effect::AttemptStarted { task, .. }
                | Effect::AttemptFailed { task, .. } => {
                    let order = self.outcome(task).map_or(i64::MAX, |outcome| outcome.order);
                    self.open.insert((order, task));
                }
                _ => {}
            }
        }
        true
    }

    fn outcome(&self, ordinal: usize) -> Option<&Outcome> {
        self.outcomes.get(&self.workflow.tasks.name(ordinal)?)
    }

    fn next(&self, ordinal: usize) -> Next {
        let Some(task) = self.workflow.tasks.get(ordinal) else { return Next::Nothing };
        let attempt = task.attempt;
        match task.state {
            TaskState::Ready if self.outcome(ordinal).is_some() => {
                Next::Happens(Event::AttemptStarted { task: ordinal, attempt })
            }
            TaskState::Running => self.known(ordinal, |outcome| match outcome.result.clone() {
                // Its graph came out of it.
                Ok(_) if outcome.planned.is_some() => Event::AttemptSucceeded {
                    task: ordinal,
                    attempt,
                    output: Value::Null,
                    usage: Usage::default(),
                },
                Ok(output) => {
                    Event::AttemptSucceeded { task: ordinal, attempt, output, usage: Usage::default() }
                }
                Err(failure) => {
                    Event::AttemptFailed { task: ordinal, attempt, failure, usage: Usage::default() }
                }
            }),
            TaskState::Waiting => self.waiting(ordinal, attempt),
            TaskState::Ready => Next::Unknown,
            _ => Next::Nothing,
        }
    }

    fn waiting(&self, ordinal: usize, attempt: u32) -> Next {
        match self.workflow.waits_for(ordinal) {
            // For room in the budget only those give way that run.
            Some(WaitsFor::Body | WaitsFor::Budget) | None => Next::Nothing,
            Some(WaitsFor::Key) => Next::Happens(Event::KeyGranted { task: ordinal, attempt }),
            Some(WaitsFor::Time) => self.time_passes(ordinal, attempt),
            Some(WaitsFor::Approval) => self
                .known(ordinal, |outcome| Event::Decide { task: ordinal, verdict: outcome.result.clone() }),
            Some(WaitsFor::Signal) => self.known(ordinal, |outcome| match outcome.result.clone() {
                Ok(payload) => {
                    let input = self.workflow.tasks[ordinal].input.as_deref();
                    let name = input.and_then(signal_name).unwrap_or_default().to_owned();
                    let id = format!("simulated {}", self.workflow.signals.len());
                    Event::Signal { id, name, payload }
                }
                Err(_) => Event::TimerFired { task: ordinal, attempt, kind: TimerKind::GiveUp },
            }),
            Some(WaitsFor::Plan | WaitsFor::Extension) => {
                let expand =
                    |outcome| Event::Expand { task: ordinal, attempt, outcome, spent: Amount::default() };
                self.known(ordinal, |outcome| match (outcome.planned.clone(), outcome.result.clone()) {
                    (Some(planned), _) => expand(Ok(planned)),
                    (None, Ok(output)) => by_hand(ordinal, output),
                    (None, Err(failure)) => expand(Err(failure)),
                })
            }
        }
    }

    fn time_passes(&self, ordinal: usize, attempt: u32) -> Next {
        let timer = self.workflow.timer(ordinal);
        timer.map_or(Next::Unknown, |timer| {
            Next::Happens(Event::TimerFired { task: ordinal, attempt, kind: timer.kind })
        })
    }

    fn known(&self, ordinal: usize, event: impl FnOnce(&Outcome) -> Event) -> Next {
        self.outcome(ordinal).map_or(Next::Unknown, |outcome| Next::Happens(event(outcome)))
    }
}

/// What came out of a graph of which nothing else is known.
fn by_hand(ordinal: usize, output: Value) -> Event {
    let reason = Failure::new(Failure::BY_HAND, "what came out of its graph is given");
    Event::Skip { task: ordinal, output: Some(output), reason }
}
