//! An engine: what it holds in memory, and what it does.

use crate::actions::{Action, EngineAction};
use crate::commit::Memory;
use crate::element::Element;
use crate::line::{self, Line};
use crate::model::Protocol;
use crate::mutation::Mutation;
use crate::postgres::Taker;
use crate::sessions::{self, Received, Session};
use crate::state::{State, WORKERS};

/// An engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Engine {
    /// Whether it runs.
    pub alive: bool,
    /// Whether its session with the database lives, and with it its lock.
    pub leased: bool,
    /// What it remembers of the workflow.
    pub memory: Option<Memory>,
    /// Its takes.
    pub line: Line,
    /// The sessions of workers that it knows.
    pub sessions: [Option<Session>; WORKERS],
    /// A result that is not recorded yet.
    pub received: Option<Received>,
}

impl Engine {
    /// Registered, and connected to Redis.
    pub(crate) fn started() -> Self {
        let line = Line { connected: true, ..Line::default() };
        Self { alive: true, leased: true, line, ..Self::default() }
    }

    /// Whether the worker of the session could get an attempt now.
    pub(crate) fn has_credit(&self, worker: usize) -> bool {
        let is_reserved = self.line.deal.is_some_and(|deal| deal.place.worker == worker);
        self.sessions[worker].is_some_and(|session| session.is_free()) && !is_reserved
    }

    pub(crate) fn has_any_credit(&self) -> bool {
        (0..WORKERS).any(|worker| self.has_credit(worker))
    }
}

/// Whether the engine may answer for attempts: while it is not buried.
pub(crate) fn may_own(protocol: &Protocol, state: &State, engine: usize) -> bool {
    state.postgres.takers[engine] == Taker::Alive || protocol.breaks(Mutation::OwnsAfterBurial)
}

/// What it could do next.
pub(crate) fn offer(protocol: &Protocol, state: &State, engine: usize, actions: &mut Vec<Action>) {
    let known = &state.engines[engine];
    if !known.alive {
        return;
    }
    let mut offer = |action| actions.push(Action::Engine(engine, action));
    if !known.leased && state.deaths.lets_register(protocol, engine) {
        offer(EngineAction::Register);
    }
    line::offer(protocol, state, engine, &mut offer);
    sessions::offer(protocol, state, engine, &mut offer);
}

/// Does it.
pub(crate) fn act(protocol: &Protocol, state: &mut State, engine: usize, action: EngineAction) {
    match action {
        EngineAction::Register => register(state, engine),
        EngineAction::Connect => line::connect(protocol, state, engine),
        EngineAction::Take(element) => line::take(state, engine, element),
        EngineAction::Place(element, worker) => line::place(protocol, state, engine, element, worker),
        EngineAction::PutBack(element) => line::put_back(state, engine, element),
        EngineAction::Claim => line::claim(protocol, state, engine),
        EngineAction::Dispatch => line::dispatch(protocol, state, engine),
        EngineAction::Obey(order) => line::obey(protocol, state, engine, order),
        EngineAction::Done => line::done(state, engine),
        EngineAction::LetIn(worker) => sessions::let_in(protocol, state, engine, worker),
        EngineAction::Record => sessions::record(protocol, state, engine),
        EngineAction::Notice(worker) => sessions::notice(state, engine, worker),
        EngineAction::Forget(worker) => sessions::forget(protocol, state, engine, worker),
    }
}

/// Takes the lock, then says so; after that it may come back to Redis.
fn register(state: &mut State, engine: usize) {
    state.engines[engine].leased = true;
    state.postgres.flush();
    state.postgres.takers[engine] = Taker::Alive;
    state.redis.takers[engine].barred = false;
    state.deaths.heard_of(engine);
}

/// It dies. Its machine may leave a take open that waits.
pub(crate) fn crash(state: &mut State, engine: usize) {
    state.redis.takers[engine].ghost |= state.engines[engine].line.waits;
    state.engines[engine] = Engine::default();
    for worker in &mut state.workers {
        if worker.at == Some(engine) {
            worker.disconnect();
        }
    }
}

/// An attempt of the ready list as the step's subject.
pub(crate) fn subject(element: Element) -> (usize, u8) {
    (element.task, element.attempt)
}
