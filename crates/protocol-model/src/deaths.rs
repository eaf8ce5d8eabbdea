//! The active replica's watch over takers.

use crate::actions::{Action, DeathsAction};
use crate::element::Element;
use crate::model::Protocol;
use crate::mutation::Mutation;
use crate::postgres::Taker;
use crate::state::{ENGINES, State};

/// The watch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Deaths {
    /// Whether anybody watches.
    pub on: bool,
    /// The watch over each taker.
    pub watches: [Watch; ENGINES],
    /// Those whose attempts are lost once the grace time is over.
    pub losing: [bool; ENGINES],
}

/// The watch over one taker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Watch {
    /// There is none.
    #[default]
    None,
    /// It waits for the taker's lock.
    Waits,
    /// It has the lock: the taker cannot register.
    Locked,
    /// The taker's connections are cut. False if it has another one since.
    Cut {
        /// Whether what it has taken is still that of the connection that was cut.
        is_same: bool,
    },
}

impl Deaths {
    /// Whether nobody holds the taker's lock.
    pub(crate) fn lets_register(&self, protocol: &Protocol, taker: usize) -> bool {
        matches!(self.watches[taker], Watch::None | Watch::Waits)
            || protocol.breaks(Mutation::BuriesTheLiving)
    }

    /// A taker registered.
    pub(crate) fn heard_of(&mut self, taker: usize) {
        if self.on && self.watches[taker] == Watch::None {
            self.watches[taker] = Watch::Waits;
        }
    }

    /// A taker connected to Redis.
    pub(crate) fn taker_came_back(&mut self, taker: usize) {
        if let Watch::Cut { is_same } = &mut self.watches[taker] {
            *is_same = false;
        }
    }
}

/// What it could do next.
pub(crate) fn offer(state: &State, actions: &mut Vec<Action>) {
    let known = &state.deaths;
    let mut offer = |action| actions.push(Action::Deaths(action));
    if !known.on {
        offer(DeathsAction::Start);
    }
    for taker in 0..ENGINES {
        match known.watches[taker] {
            Watch::Waits if !state.engines[taker].leased => offer(DeathsAction::Lock(taker)),
            Watch::None | Watch::Waits => {}
            Watch::Locked => offer(DeathsAction::Cut(taker)),
            Watch::Cut { .. } => offer(DeathsAction::Bury(taker)),
        }
        if known.losing[taker] {
            offer(DeathsAction::Lose(taker));
        }
    }
}

/// Does it.
pub(crate) fn act(protocol: &Protocol, state: &mut State, action: DeathsAction) {
    match action {
        DeathsAction::Start => start(protocol, state),
        DeathsAction::Lock(taker) => state.deaths.watches[taker] = Watch::Locked,
        DeathsAction::Cut(taker) => {
            let is_same = state.redis.takers[taker].listed;
            cut(protocol, state, taker);
            state.deaths.watches[taker] = Watch::Cut { is_same };
        }
        DeathsAction::Bury(taker) => bury(protocol, state, taker),
        DeathsAction::Lose(taker) => lose(protocol, state, taker),
    }
}

fn start(protocol: &Protocol, state: &mut State) {
    let State { deaths, postgres, .. } = state;
    deaths.on = true;
    for taker in 0..ENGINES {
        match postgres.takers[taker] {
            Taker::Alive if !protocol.breaks(Mutation::ForgetsToWatch) => {
                deaths.watches[taker] = Watch::Waits;
            }
            Taker::Buried => deaths.losing[taker] = !postgres.running(taker, None).is_empty(),
            _ => {}
        }
    }
}

/// It may not come back before it is registered again, and nothing is handed to it any more.
fn cut(protocol: &Protocol, state: &mut State, taker: usize) {
    state.redis.takers[taker].barred = true;
    if !protocol.breaks(Mutation::GivesBackWithoutCut) {
        state.cut(taker);
    }
}

/// Gives back what it had taken, and notes that it is dead.
fn bury(protocol: &Protocol, state: &mut State, taker: usize) {
    let is_same = state.deaths.watches[taker] == Watch::Cut { is_same: true };
    if is_same && !protocol.breaks(Mutation::NoGiveBack) {
        state.redis.give_back_all(taker);
    }
    state.postgres.flush();
    state.postgres.takers[taker] = Taker::Buried;
    state.deaths.watches[taker] = Watch::None;
    state.deaths.losing[taker] = true;
}

/// After the grace time: if it is still dead, what it still answers for is lost.
fn lose(protocol: &Protocol, state: &mut State, taker: usize) {
    state.deaths.losing[taker] = false;
    if state.postgres.takers[taker] != Taker::Buried {
        return;
    }
    if !protocol.breaks(Mutation::NoGiveBack) && state.redis.takers[taker].listed {
        cut(protocol, state, taker);
        state.redis.give_back_all(taker);
    }
    if protocol.breaks(Mutation::LeavesLostAttempts) {
        return;
    }
    for (task, attempt) in state.postgres.running(taker, None) {
        state.deliver(Element::lost(task, attempt));
    }
}
