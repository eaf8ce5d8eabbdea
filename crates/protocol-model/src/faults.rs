//! What can break.

use crate::actions::Action;
use crate::bounds::Kind;
use crate::deaths::Deaths;
use crate::element::Element;
use crate::engine::{self, may_own};
use crate::line::{self, Deal, Stage};
use crate::model::Protocol;
use crate::relay::Relay;
use crate::state::{ENGINES, State};
use crate::worker::Worker;

/// One thing that breaks, and where; [`Kind`] says what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    EngineCrash(usize),
    WorkerDeath(usize),
    StreamBreak(usize),
    Failure(usize, Element),
    LeaseLoss(usize),
    ConnectionLoss(usize),
    Flush,
    RedisRestart,
    DatabaseCrash,
    ReplicaCrash,
    TermLoss,
    AnswerLoss(usize),
}

/// What could break next. One engine and one worker are left; since they are alike, it is always
/// the first that dies for good.
pub(crate) fn offer(protocol: &Protocol, state: &State, actions: &mut Vec<Action>) {
    let mut offer = |fault: Fault| {
        if state.faults.has(fault.kind()) {
            actions.push(Action::Fault(fault));
        }
    };
    for (place, engine) in state.engines.iter().enumerate().filter(|(_, engine)| engine.alive) {
        if engine.leased {
            offer(Fault::LeaseLoss(place));
        }
        if engine.line.connected {
            offer(Fault::ConnectionLoss(place));
        }
        let is_claiming = engine.line.deal.is_some_and(|deal: Deal| deal.stage != Stage::Claimed);
        if is_claiming && may_own(protocol, state, place) {
            offer(Fault::AnswerLoss(place));
        }
    }
    for (place, worker) in state.workers.iter().enumerate().filter(|(_, worker)| worker.alive) {
        if worker.at.is_some() {
            offer(Fault::StreamBreak(place));
        }
        worker.runs.elements().for_each(|element| offer(Fault::Failure(place, element)));
    }
    if state.engines.iter().all(|engine| engine.alive) {
        offer(Fault::EngineCrash(0));
    }
    if state.workers.iter().all(|worker| worker.alive) {
        offer(Fault::WorkerDeath(0));
    }
    offer(Fault::Flush);
    offer(Fault::RedisRestart);
    offer(Fault::DatabaseCrash);
    offer(Fault::ReplicaCrash);
    if state.relays[1] == Relay::default() {
        offer(Fault::TermLoss);
    }
}

/// It breaks.
pub(crate) fn happen(protocol: &Protocol, state: &mut State, fault: Fault) {
    state.faults.spend(fault.kind());
    match fault {
        Fault::EngineCrash(engine) => engine::crash(state, engine),
        Fault::WorkerDeath(worker) => {
            let generation = state.workers[worker].generation;
            state.workers[worker] = Worker { generation, ..Worker::default() };
        }
        Fault::StreamBreak(worker) => state.workers[worker].disconnect(),
        Fault::Failure(worker, element) => {
            state.workers[worker].runs.take(element);
            state.workers[worker].failed.put(element);
        }
        Fault::LeaseLoss(engine) => state.engines[engine].leased = false,
        Fault::ConnectionLoss(engine) => {
            state.redis.takers[engine].ghost |= state.engines[engine].line.waits;
            state.engines[engine].line.disconnect();
        }
        Fault::Flush => state.redis.flush(),
        Fault::RedisRestart => {
            state.redis.restart();
            (0..ENGINES).for_each(|engine| state.engines[engine].line.disconnect());
            state.relays = Default::default();
        }
        Fault::DatabaseCrash => {
            state.postgres.crash();
            state.engines.iter_mut().for_each(|engine| engine.leased = false);
            state.relays[1] = Relay::default();
            replica_ends(state);
        }
        Fault::ReplicaCrash => replica_ends(state),
        Fault::TermLoss => {
            state.relays[1] = state.relays[0].clone();
            replica_ends(state);
        }
        Fault::AnswerLoss(engine) => line::claim_unheard(protocol, state, engine),
    }
}

/// The next one begins with what is stored alone.
fn replica_ends(state: &mut State) {
    state.relays[0] = Relay::default();
    state.deaths = Deaths::default();
}

impl Fault {
    fn kind(self) -> Kind {
        match self {
            Self::EngineCrash(_) => Kind::EngineCrash,
            Self::WorkerDeath(_) => Kind::WorkerDeath,
            Self::StreamBreak(_) => Kind::StreamBreak,
            Self::Failure(..) => Kind::Failure,
            Self::LeaseLoss(_) => Kind::LeaseLoss,
            Self::ConnectionLoss(_) => Kind::ConnectionLoss,
            Self::Flush => Kind::Flush,
            Self::RedisRestart => Kind::RedisRestart,
            Self::DatabaseCrash => Kind::DatabaseCrash,
            Self::ReplicaCrash => Kind::ReplicaCrash,
            Self::TermLoss => Kind::TermLoss,
            Self::AnswerLoss(_) => Kind::AnswerLoss,
        }
    }
}
