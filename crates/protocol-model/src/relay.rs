//! The relay: from the outbox to the lists.

use crate::actions::{Action, RelayAction};
use crate::element::{Bag, Element};
use crate::model::Protocol;
use crate::mutation::Mutation;
use crate::postgres::{Taker, TaskState, Timer};
use crate::state::{ENGINES, State};

/// A relay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Relay {
    /// Where it is.
    pub phase: Phase,
    /// Whether it hears of new rows.
    pub listening: bool,
    /// The epoch that it pushes into.
    pub epoch: u8,
    /// Announced rows that it has not come to.
    pub heard: Bag,
    /// Rows that it pushed and can delete.
    pub to_delete: Bag,
    /// Those of them that it pushed in this epoch.
    pub seen: Bag,
    /// What it has read and not pushed, or drained and not committed.
    pub page: Bag,
}

/// The steps of a relay's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nobody relays here.
    #[default]
    Idle,
    /// It listens; next comes the epoch.
    Starts,
    /// The epoch is to be told of everything; takers are cut.
    Tells,
    /// What the epoch is to be told of is read.
    Pushes,
    /// Next comes the drain.
    Drains,
    /// What was drained is pushed; its rows are still there.
    Keeps,
    /// It passes on what is announced.
    Relays,
}

impl Relay {
    /// New rows are heard of.
    pub(crate) fn announce(&mut self, rows: Bag) {
        if self.listening {
            self.heard.put_all(rows);
        }
    }
}

/// What it could do next. The second relay lost its lock: it does not begin again.
pub(crate) fn offer(state: &State, relay: usize, actions: &mut Vec<Action>) {
    let known = &state.relays[relay];
    let mut offer = |action| actions.push(Action::Relay(relay, action));
    match known.phase {
        Phase::Idle if relay > 0 => return,
        Phase::Idle => offer(RelayAction::Start),
        Phase::Starts => offer(RelayAction::EnsureEpoch),
        Phase::Tells => offer(RelayAction::Read),
        Phase::Pushes => offer(RelayAction::Tell),
        Phase::Drains => offer(RelayAction::Drain),
        Phase::Keeps => offer(RelayAction::Keep),
        Phase::Relays if !known.listening => offer(RelayAction::Listen),
        Phase::Relays if state.redis.epoch != Some(known.epoch) => offer(RelayAction::NoticeEpoch),
        Phase::Relays => {}
    }
    if known.phase == Phase::Relays && known.listening {
        known.heard.elements().for_each(|row| offer(RelayAction::Push(row)));
    }
    if !known.to_delete.is_empty() && known.phase != Phase::Keeps {
        offer(RelayAction::Delete);
    }
    if relay > 0 {
        offer(RelayAction::Stop);
    }
}

/// Does it.
pub(crate) fn act(protocol: &Protocol, state: &mut State, relay: usize, action: RelayAction) {
    let known = &mut state.relays[relay];
    match action {
        RelayAction::Start => {
            known.phase = Phase::Starts;
            known.listening = !protocol.breaks(Mutation::ListensAfterDraining);
        }
        RelayAction::EnsureEpoch => ensure_epoch(protocol, state, relay),
        RelayAction::Read => {
            let page = undelivered(protocol, state);
            let known = &mut state.relays[relay];
            (known.page, known.phase) = (page, Phase::Pushes);
        }
        RelayAction::Tell => tell(protocol, state, relay),
        RelayAction::Drain => drain(protocol, state, relay),
        RelayAction::Keep => keep(protocol, state, relay),
        RelayAction::Listen => known.listening = true,
        RelayAction::Push(row) => push_announced(protocol, state, relay, row),
        RelayAction::Delete => {
            let rows = known.to_delete.drain();
            known.seen = Bag::default();
            state.postgres.delete_lazily(rows);
        }
        RelayAction::NoticeEpoch => known.phase = Phase::Starts,
        RelayAction::Stop => *known = Relay::default(),
    }
}

fn ensure_epoch(protocol: &Protocol, state: &mut State, relay: usize) {
    let epoch = state.redis.ensure_epoch();
    if protocol.breaks(Mutation::NothingToldAgain) {
        state.redis.told = Some(epoch);
    }
    let is_told = state.redis.told == Some(epoch);
    let known = &mut state.relays[relay];
    known.epoch = epoch;
    known.seen = Bag::default();
    known.phase = if is_told { after_telling(protocol) } else { Phase::Tells };
    if is_told {
        return;
    }
    for engine in 0..ENGINES {
        if !protocol.breaks(Mutation::TakersNotCut) {
            state.cut(engine);
        }
        state.redis.takers[engine].barred |= state.postgres.takers[engine] == Taker::Buried;
    }
}

fn after_telling(protocol: &Protocol) -> Phase {
    if protocol.breaks(Mutation::NeverDrains) { Phase::Relays } else { Phase::Drains }
}

/// Everything undelivered, from the state itself.
fn undelivered(protocol: &Protocol, state: &State) -> Bag {
    let rows = state.postgres.tasks.iter().enumerate().filter_map(|(place, task)| match task.state {
        TaskState::Ready => Some(Element::ready(place, task.attempt)),
        TaskState::Running if !protocol.breaks(Mutation::LostNotToldAgain) => {
            let taker = state.postgres.takers[task.holder?.engine];
            (taker == Taker::Buried).then(|| Element::lost(place, task.attempt))
        }
        TaskState::Backoff if !protocol.breaks(Mutation::TimersNotToldAgain) => {
            (task.timer == Timer::Fired).then(|| Element::timer(place, task.attempt))
        }
        _ => None,
    });
    rows.collect()
}

/// Puts elements on their lists. False if this is another Redis by now.
fn push(protocol: &Protocol, state: &mut State, relay: usize, elements: Bag) -> bool {
    let is_ours = state.redis.epoch == Some(state.relays[relay].epoch);
    if is_ours || protocol.breaks(Mutation::EpochNotChecked) {
        state.redis.list.put_all(elements);
        return true;
    }
    false
}

fn tell(protocol: &Protocol, state: &mut State, relay: usize) {
    let page = state.relays[relay].page.drain();
    let is_pushed = push(protocol, state, relay, page);
    let Relay { epoch, phase, .. } = &mut state.relays[relay];
    *phase = if is_pushed { after_telling(protocol) } else { Phase::Starts };
    if state.redis.epoch == Some(*epoch) {
        state.redis.told = Some(*epoch);
    }
}

/// Takes the rows in a transaction that is still open, and pushes them.
fn drain(protocol: &Protocol, state: &mut State, relay: usize) {
    let rows = rows_to_drain(protocol, state);
    if protocol.breaks(Mutation::DeletesBeforePush) {
        state.postgres.delete_lazily(rows);
        state.relays[relay].page = rows;
        state.relays[relay].phase = Phase::Keeps;
        return;
    }
    let mut unseen = rows;
    unseen.take_all(state.relays[relay].seen);
    let is_pushed = push(protocol, state, relay, unseen);
    let known = &mut state.relays[relay];
    known.phase = match (is_pushed, rows.is_empty()) {
        (false, _) => Phase::Starts,
        (true, true) => Phase::Relays,
        (true, false) => Phase::Keeps,
    };
    if is_pushed {
        known.page = rows;
        known.heard.take_all(rows);
    }
}

fn rows_to_drain(protocol: &Protocol, state: &mut State) -> Bag {
    let rows = state.postgres.outbox;
    if !protocol.breaks(Mutation::DrainsByCursor) {
        return rows;
    }
    let cursor = state.postgres.cursor;
    let beyond: Bag = rows.elements().filter(|row| row.index() >= cursor).collect();
    state.postgres.cursor = beyond.elements().map(|row| row.index() + 1).max().unwrap_or(cursor);
    beyond
}

/// Commits the drain.
fn keep(protocol: &Protocol, state: &mut State, relay: usize) {
    let rows = state.relays[relay].page.drain();
    state.relays[relay].phase = Phase::Relays;
    if protocol.breaks(Mutation::DeletesBeforePush) {
        if !push(protocol, state, relay, rows) {
            state.relays[relay].phase = Phase::Starts;
        }
        return;
    }
    state.postgres.delete_lazily(rows);
}

fn push_announced(protocol: &Protocol, state: &mut State, relay: usize, row: Element) {
    state.relays[relay].heard.take(row);
    let is_pushed = push(protocol, state, relay, Bag::from_iter([row]));
    let known = &mut state.relays[relay];
    if is_pushed {
        known.to_delete.put(row);
        known.seen.put(row);
    } else {
        known.phase = Phase::Starts;
    }
}
