//! The sessions of workers, as an engine sees them.

use crate::actions::EngineAction;
use crate::advance::Step;
use crate::commit::commit;
use crate::element::{Bag, Element};
use crate::engine::{may_own, subject};
use crate::model::Protocol;
use crate::mutation::Mutation;
use crate::postgres::{Holder, TaskState};
use crate::state::{State, WORKERS};

/// A worker's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// Its stream.
    pub generation: u8,
    /// What is known of it.
    pub phase: Phase,
    /// Attempts that the worker has, as far as this engine knows: it has room for one.
    pub running: Bag,
}

/// From hello to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It said what it holds and is not let in yet.
    Greeted(Bag),
    /// It has a stream, as far as is known.
    Streams,
    /// It has none, and its grace time runs.
    Away,
}

/// A result that is to be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Received {
    /// Whose it is.
    pub worker: usize,
    /// The stream it came by.
    pub generation: u8,
    /// The attempt.
    pub element: Element,
    /// Whether it failed.
    pub failed: bool,
}

impl Session {
    /// Whether its worker could get an attempt.
    pub(crate) fn is_free(&self) -> bool {
        self.phase == Phase::Streams && self.running.is_empty()
    }

    /// Whether a place of this generation is still worth something.
    pub(crate) fn takes(&self, generation: u8) -> bool {
        self.phase == Phase::Streams && self.generation == generation
    }
}

pub(crate) fn offer(protocol: &Protocol, state: &State, engine: usize, offer: &mut impl FnMut(EngineAction)) {
    let known = &state.engines[engine];
    if known.received.is_some() {
        offer(EngineAction::Record);
    }
    for worker in 0..WORKERS {
        let Some(session) = known.sessions[worker] else { continue };
        match session.phase {
            Phase::Greeted(_) if may_own(protocol, state, engine) => {
                offer(EngineAction::LetIn(worker));
            }
            Phase::Greeted(_) => {}
            Phase::Streams if !state.is_connected(engine, worker, session.generation) => {
                offer(EngineAction::Notice(worker));
            }
            Phase::Streams => {}
            Phase::Away => offer(EngineAction::Forget(worker)),
        }
    }
}

/// Adopts what the worker holds, gives out again what never reached it, and opens the gate.
pub(crate) fn let_in(protocol: &Protocol, state: &mut State, engine: usize, worker: usize) {
    let Some(session) = state.engines[engine].sessions[worker] else { return };
    let Phase::Greeted(held) = session.phase else { return };
    let mut running = Bag::default();
    let mut unheld = Vec::new();
    for (place, task) in state.postgres.tasks.iter_mut().enumerate() {
        if task.state != TaskState::Running || task.holder.is_none_or(|holder| holder.session != worker) {
            continue;
        }
        let attempt = Element::ready(place, task.attempt);
        if held.has(attempt) {
            task.holder = Some(Holder { engine, session: worker });
            running.put(attempt);
        } else {
            unheld.push((place, task.attempt));
        }
    }
    if !protocol.breaks(Mutation::LeavesUnheldAttempts) {
        for (task, attempt) in unheld {
            commit(protocol, state, engine, Step::Undeliver { task, attempt });
        }
    }
    state.engines[engine].sessions[worker] = Some(Session { phase: Phase::Streams, running, ..session });
}

/// Records a result; the worker hears of it if its stream is still the one.
pub(crate) fn record(protocol: &Protocol, state: &mut State, engine: usize) {
    let Some(received) = state.engines[engine].received.take() else { return };
    let Received { worker, generation, element, failed } = received;
    let (task, attempt) = subject(element);
    commit(protocol, state, engine, Step::Finish { task, attempt, session: worker, failed });
    if state.is_connected(engine, worker, generation) {
        state.workers[worker].acknowledged.put(element);
    }
}

/// The stream is gone.
pub(crate) fn notice(state: &mut State, engine: usize, worker: usize) {
    if let Some(session) = &mut state.engines[engine].sessions[worker] {
        session.phase = Phase::Away;
        session.running = Bag::default();
    }
}

/// The grace time is over: what the session ran here is lost.
pub(crate) fn forget(protocol: &Protocol, state: &mut State, engine: usize, worker: usize) {
    state.engines[engine].sessions[worker] = None;
    if protocol.breaks(Mutation::ForgetsLostWorkers) {
        return;
    }
    for (task, attempt) in state.postgres.running(engine, Some(worker)) {
        commit(protocol, state, engine, Step::Lose { task, attempt });
    }
}
