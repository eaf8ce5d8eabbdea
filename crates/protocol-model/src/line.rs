//! An engine's takes: from a list through the claim to a worker.
//!
//! One element at a time; what an earlier connection left in the processing list comes at once.

use crate::actions::EngineAction;
use crate::advance::Step;
use crate::commit::commit;
use crate::element::{Bag, Element, List};
use crate::engine::{may_own, subject};
use crate::model::Protocol;
use crate::mutation::Mutation;
use crate::postgres::{Holder, Taker};
use crate::state::{State, WORKERS};

/// What the engine knows of its takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Line {
    /// Whether it has a connection.
    pub connected: bool,
    /// Whether a take of ready attempts waits; there was credit when it began. Takes of orders
    /// need none.
    pub waits: bool,
    /// Something was handed out that is not done.
    pub busy: bool,
    /// What was handed out and is not dealt with.
    pub hand: Bag,
    /// The attempt that is on its way to a worker.
    pub deal: Option<Deal>,
}

/// An attempt on its way to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Deal {
    /// The attempt.
    pub element: Element,
    /// Where it goes.
    pub place: Place,
    /// How far it is.
    pub stage: Stage,
}

/// A place that was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The worker's session.
    pub worker: usize,
    /// Its stream.
    pub generation: u8,
}

/// From a place to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// To be claimed.
    Placed,
    /// To be claimed; the answer to an earlier write is lost.
    Unsure,
    /// Durably claimed, to be sent.
    Claimed,
}

impl Line {
    /// The connection is gone. What was handed out is dealt with all the same.
    pub(crate) fn disconnect(&mut self) {
        (self.connected, self.waits) = (false, false);
    }
}

pub(crate) fn offer(protocol: &Protocol, state: &State, engine: usize, offer: &mut impl FnMut(EngineAction)) {
    let known = &state.engines[engine];
    let Line { connected, waits, busy, hand, deal } = known.line;
    if !busy {
        let is_barred = state.redis.takers[engine].barred && !protocol.breaks(Mutation::TakesAfterBurial);
        if !connected && !is_barred {
            offer(EngineAction::Connect);
        }
        let fits = |element: &Element| waits || element.list != List::Ready;
        let taken = state.redis.list.elements().filter(|element| connected && fits(element));
        return taken.for_each(|element| offer(EngineAction::Take(element)));
    }
    match deal {
        Some(Deal { stage: Stage::Claimed, .. }) => offer(EngineAction::Dispatch),
        Some(_) if may_own(protocol, state, engine) => {
            offer(EngineAction::Claim);
        }
        Some(_) => {}
        None if hand.is_empty() => offer(EngineAction::Done),
        None => hand.elements().for_each(|element| match element.list {
            List::Ready if !known.has_any_credit() => offer(EngineAction::PutBack(element)),
            List::Ready => {
                let free = (0..WORKERS).filter(|worker| known.has_credit(*worker));
                free.for_each(|worker| offer(EngineAction::Place(element, worker)));
            }
            List::Lost | List::Timer => offer(EngineAction::Obey(element)),
        }),
    }
}

/// Ends its old connection, registers the new one, and reads what the old one left.
pub(crate) fn connect(protocol: &Protocol, state: &mut State, engine: usize) {
    let taker = &mut state.redis.takers[engine];
    taker.listed = true;
    if !protocol.breaks(Mutation::OldConnectionLives) {
        taker.ghost = false;
    }
    let line = &mut state.engines[engine].line;
    line.connected = true;
    line.hand = taker.processing;
    line.busy = !line.hand.is_empty();
    state.deaths.taker_came_back(engine);
}

pub(crate) fn take(state: &mut State, engine: usize, element: Element) {
    state.redis.list.take(element);
    state.redis.takers[engine].processing.put(element);
    let line = &mut state.engines[engine].line;
    line.hand.put(element);
    line.busy = true;
    line.waits &= element.list != List::Ready;
}

/// Promises a worker's place to the attempt.
pub(crate) fn place(protocol: &Protocol, state: &mut State, engine: usize, element: Element, worker: usize) {
    let generation = state.engines[engine].sessions[worker].map_or(0, |session| session.generation);
    let place = Place { worker, generation };
    let line = &mut state.engines[engine].line;
    line.hand.take(element);
    line.deal = Some(Deal { element, place, stage: Stage::Placed });
    if protocol.breaks(Mutation::RemovesBeforeClaim) {
        state.redis.takers[engine].processing.take(element);
    }
    if protocol.breaks(Mutation::DispatchesBeforeCommit) {
        send(state, engine, element, place);
    }
}

/// Nobody has credit any more: it goes back to its list, if it is still there to go back.
pub(crate) fn put_back(state: &mut State, engine: usize, element: Element) {
    let line = &mut state.engines[engine].line;
    line.hand.take(element);
    if line.connected && state.redis.takers[engine].processing.take(element) {
        state.redis.list.put(element);
    }
}

pub(crate) fn claim(protocol: &Protocol, state: &mut State, engine: usize) {
    let Some(deal) = state.engines[engine].line.deal else { return };
    let is_claimed = commit(protocol, state, engine, claim_of(engine, deal));
    let goes_on = is_claimed && !protocol.breaks(Mutation::DispatchesBeforeCommit);
    state.engines[engine].line.deal = goes_on.then_some(Deal { stage: Stage::Claimed, ..deal });
}

/// The write passes, its answer is lost: the engine can only ask once more. A write that does not
/// pass has no answer to lose.
pub(crate) fn claim_unheard(protocol: &Protocol, state: &mut State, engine: usize) {
    let Some(deal) = state.engines[engine].line.deal else { return };
    let has_passed = commit(protocol, state, engine, claim_of(engine, deal));
    state.engines[engine].memory = None;
    state.engines[engine].line.deal = has_passed.then_some(Deal { stage: Stage::Unsure, ..deal });
}

fn claim_of(engine: usize, Deal { element, place, stage }: Deal) -> Step {
    let holder = Holder { engine, session: place.worker };
    let (task, attempt) = subject(element);
    Step::Claim { task, attempt, holder, unsure: stage == Stage::Unsure }
}

/// Sends it, or, if its stream is gone, gives it out again.
pub(crate) fn dispatch(protocol: &Protocol, state: &mut State, engine: usize) {
    let Some(Deal { element, place, .. }) = state.engines[engine].line.deal.take() else { return };
    if !send(state, engine, element, place) {
        let (task, attempt) = subject(element);
        commit(protocol, state, engine, Step::Undeliver { task, attempt });
    }
}

/// False if the place is not there any more. True does not mean that it arrives.
fn send(state: &mut State, engine: usize, element: Element, place: Place) -> bool {
    let Place { worker, generation } = place;
    let session = state.engines[engine].sessions[worker].as_mut();
    let Some(session) = session.filter(|session| session.takes(generation)) else { return false };
    session.running.forget(element);
    session.running.put(element);
    if state.is_connected(engine, worker, generation) {
        state.workers[worker].assigned.put(element);
    }
    true
}

/// An order that any engine can carry out.
pub(crate) fn obey(protocol: &Protocol, state: &mut State, engine: usize, order: Element) {
    state.engines[engine].line.hand.take(order);
    let (task, attempt) = subject(order);
    let holder = state.postgres.tasks[task].holder;
    let is_orphaned = holder.is_some_and(|holder| state.postgres.takers[holder.engine] == Taker::Buried);
    if order.list == List::Timer {
        commit(protocol, state, engine, Step::Retry { task, attempt });
    } else if is_orphaned {
        commit(protocol, state, engine, Step::Lose { task, attempt });
    }
}

/// All that was handed out is dealt with: the processing list goes.
pub(crate) fn done(state: &mut State, engine: usize) {
    let line = &mut state.engines[engine].line;
    line.busy = false;
    if line.connected {
        state.redis.takers[engine].processing = Bag::default();
    }
}
