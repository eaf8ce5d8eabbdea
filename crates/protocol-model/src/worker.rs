//! A worker: one session for life, over any number of streams.

use crate::actions::{Action, WorkerAction};
use crate::element::{Bag, Element};
use crate::sessions::{Phase, Received, Session};
use crate::state::{ENGINES, State};

/// A worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Worker {
    /// Whether it runs.
    pub alive: bool,
    /// The engine that it has a stream to.
    pub at: Option<usize>,
    /// How many streams it had.
    pub generation: u8,
    /// Attempts on their way to it.
    pub assigned: Bag,
    /// Acknowledgements on their way to it.
    pub acknowledged: Bag,
    /// Attempts that run.
    pub runs: Bag,
    /// Attempts that succeeded and are not acknowledged.
    pub succeeded: Bag,
    /// Attempts that failed and are not acknowledged.
    pub failed: Bag,
    /// Results that were sent by this stream.
    pub sent: Bag,
}

impl Worker {
    /// The stream is lost, with all that is on its way.
    pub(crate) fn disconnect(&mut self) {
        let (runs, succeeded, failed) = (self.runs, self.succeeded, self.failed);
        let (alive, generation) = (self.alive, self.generation);
        *self = Self { alive, generation, runs, succeeded, failed, ..Self::default() };
    }

    /// All that it names when it says hello.
    fn held(&self) -> Bag {
        let mut held = self.runs;
        held.put_all(self.succeeded);
        held.put_all(self.failed);
        held
    }

    fn results(&self) -> impl Iterator<Item = Element> {
        let sent = self.sent;
        self.succeeded.elements().chain(self.failed.elements()).filter(move |result| !sent.has(*result))
    }
}

/// What it could do next.
pub(crate) fn offer(state: &State, worker: usize, actions: &mut Vec<Action>) {
    let known = &state.workers[worker];
    if !known.alive {
        return;
    }
    let mut offer = |action| actions.push(Action::Worker(worker, action));
    known.assigned.elements().for_each(|element| offer(WorkerAction::Begin(element)));
    known.acknowledged.elements().for_each(|element| offer(WorkerAction::Acknowledge(element)));
    known.runs.elements().for_each(|element| offer(WorkerAction::Succeed(element)));
    let Some(engine) = known.at else {
        let engines = (0..ENGINES).filter(|engine| state.engines[*engine].alive);
        return engines.for_each(|engine| offer(WorkerAction::Greet(engine)));
    };
    let session = state.engines[engine].sessions[worker];
    let is_served = session.is_some_and(|session| session.takes(known.generation));
    if is_served && state.engines[engine].received.is_none() {
        known.results().for_each(|element| offer(WorkerAction::Send(element)));
    }
}

/// Does it.
pub(crate) fn act(state: &mut State, worker: usize, action: WorkerAction) {
    match action {
        WorkerAction::Greet(engine) => greet(state, worker, engine),
        WorkerAction::Begin(element) => begin(state, worker, element),
        WorkerAction::Succeed(element) => {
            let known = &mut state.workers[worker];
            known.runs.take(element);
            known.succeeded.put(element);
        }
        WorkerAction::Send(element) => send(state, worker, element),
        WorkerAction::Acknowledge(element) => {
            let known = &mut state.workers[worker];
            known.acknowledged.take(element);
            known.sent.forget(element);
            known.succeeded.forget(element);
            known.failed.forget(element);
        }
    }
}

/// Opens a stream: the engine forgets the one before.
fn greet(state: &mut State, worker: usize, engine: usize) {
    let known = &mut state.workers[worker];
    known.at = Some(engine);
    known.generation += 1;
    let (generation, phase) = (known.generation, Phase::Greeted(known.held()));
    state.engines[engine].sessions[worker] = Some(Session { generation, phase, running: Bag::default() });
}

/// Runs it, unless it has it already.
fn begin(state: &mut State, worker: usize, element: Element) {
    let known = &mut state.workers[worker];
    known.assigned.take(element);
    if known.held().has(element) {
        return;
    }
    known.runs.put(element);
    let history = &mut state.history;
    history.ran_twice |= history.begun.has(element);
    history.begun.forget(element);
    history.begun.put(element);
}

/// The engine has the result; the worker's place is free again.
fn send(state: &mut State, worker: usize, element: Element) {
    let known = &mut state.workers[worker];
    known.sent.put(element);
    let Some(engine) = known.at else { return };
    let (generation, failed) = (known.generation, known.failed.has(element));
    let engine = &mut state.engines[engine];
    engine.received = Some(Received { worker, generation, element, failed });
    if let Some(session) = &mut engine.sessions[worker] {
        session.running.forget(element);
    }
}
