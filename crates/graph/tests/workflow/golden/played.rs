//! Golden workflows, run from their start to their end with some tasks failing.

use std::collections::BTreeMap;

use goalpost_graph::{Effect, Event, Task};
use goalpost_model::{Failure, TaskState, Usage, WaitsFor};

use super::script::Golden;
use crate::run::{Run, broken};

/// In which order what is open goes on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// One task after the other.
    First,
    /// The same from the other end.
    Last,
    /// All that is ready starts before anything ends; what started last ends first.
    Together,
}

/// A workflow that has ended, and how it came to that.
pub(super) struct Played {
    pub(super) run: Run,
    pub(super) events: Vec<Event>,
    pub(super) effects: Vec<Vec<Effect>>,
}

/// Runs a workflow to its end. The tasks of these names fail, whenever they could do anything.
pub(super) fn play(golden: &Golden, order: Order, failing: &[&str]) -> Played {
    let run = Run::new(&golden.blueprint);
    let mut played = Played { run, events: Vec::new(), effects: Vec::new() };
    played.tell(Event::Start);
    played.go_on(golden, order, failing);
    played
}

/// Lets the first events of a workflow happen once more, gives it up then, and runs it to its end.
pub(super) fn give_up(golden: &Golden, order: Order, of: &Played, events: usize) -> Played {
    let mut played = Played { run: of.run.anew(), events: Vec::new(), effects: Vec::new() };
    of.events[..events].iter().for_each(|event| played.tell(event.clone()));
    played.tell(Event::Cancel { failure: Failure::new(Failure::CANCELLED, "no longer wanted") });
    played.go_on(golden, order, &[]);
    played
}

impl Played {
    fn tell(&mut self, event: Event) {
        self.effects.push(self.run.apply(event.clone()));
        self.events.push(event);
    }

    fn go_on(&mut self, golden: &Golden, order: Order, failing: &[&str]) {
        while let Some(event) = next_event(golden, &self.run, order, failing) {
            self.tell(event);
        }
    }

    pub(super) fn all_effects(&self) -> impl Iterator<Item = Effect> {
        self.effects.iter().flatten().copied()
    }

    pub(super) fn name(&self, task: usize) -> String {
        self.run.workflow.tasks.name(task).unwrap()
    }

    /// How many tasks have ended in which state.
    pub(super) fn ends(&self) -> BTreeMap<TaskState, usize> {
        let mut ends = BTreeMap::new();
        for (_, task) in self.run.workflow.tasks.iter() {
            *ends.entry(task.state).or_default() += 1;
        }
        ends
    }

    /// The tasks that could have failed: those that had an attempt, and those that waited for a word.
    pub(super) fn could_fail(&self) -> Vec<String> {
        let tasks = &self.run.workflow.tasks;
        let waited = |ordinal| {
            let capability = tasks.compiled(ordinal).map(|task| task.capability.as_str());
            matches!(capability, Some("goalpost.approve" | "goalpost.await_signal"))
        };
        let could = tasks
            .iter()
            .filter(|(ordinal, task)| task.attempt > 0 || waited(*ordinal) && task.input.is_some());
        could.map(|(ordinal, _)| self.name(ordinal)).collect()
    }
}

fn next_event(golden: &Golden, run: &Run, order: Order, failing: &[&str]) -> Option<Event> {
    let tasks = &run.workflow.tasks;
    let moves = |(ordinal, task): &(usize, &Task)| match task.state {
        TaskState::Ready | TaskState::Running => true,
        TaskState::Waiting => run.workflow.waits_for(*ordinal) != Some(WaitsFor::Body),
        _ => false,
    };
    let mut open = tasks.iter().filter(moves);
    let (ordinal, task) = match order {
        Order::First => open.next(),
        Order::Last => open.last(),
        Order::Together => {
            let ready = tasks.iter().find(|(_, task)| task.state == TaskState::Ready);
            ready.or_else(|| open.last())
        }
    }?;
    let name = tasks.name(ordinal)?;
    Some(event_of(golden, run, ordinal, task, &name, failing.contains(&name.as_str())))
}

fn event_of(golden: &Golden, run: &Run, ordinal: usize, of: &Task, name: &str, fails: bool) -> Event {
    let (task, attempt) = (ordinal, of.attempt);
    let fired = || Event::TimerFired { task, attempt, kind: run.workflow.timer(task).unwrap().kind };
    match (of.state, run.workflow.waits_for(task)) {
        (TaskState::Ready, _) => Event::AttemptStarted { task, attempt },
        (TaskState::Running, _) if fails => {
            Event::AttemptFailed { task, attempt, failure: broken(), usage: Usage::default() }
        }
        (TaskState::Running, _) => {
            Event::AttemptSucceeded { task, attempt, output: golden.output(name), usage: Usage::default() }
        }
        (_, Some(WaitsFor::Approval)) if fails => {
            Event::Decide { task, verdict: Err(Failure::new(Failure::REJECTED, "not now")) }
        }
        (_, Some(WaitsFor::Approval)) => Event::Decide { task, verdict: Ok(golden.output(name)) },
        (_, Some(WaitsFor::Signal)) if !fails => {
            let signal = of.input.as_ref().unwrap()["name"].as_str().unwrap().to_owned();
            Event::Signal { id: format!("for {name}"), name: signal, payload: golden.output(name) }
        }
        (_, Some(WaitsFor::Key)) => Event::KeyGranted { task, attempt },
        _ => fired(),
    }
}
