//! What must be true, whatever happens in whatever order.

use stateright::Property;

use crate::element::Bag;
use crate::model::Protocol;
use crate::postgres::TaskState;
use crate::state::State;

/// No attempt is begun by a worker twice.
pub const RUNS_ONCE: &str = "no (task, attempt) runs twice";
/// A completion by anyone but the holder of the latest attempt is refused.
pub const STALE_IS_REFUSED: &str = "a stale completion changes nothing";
/// Events are numbered 1..n.
pub const NO_GAPS: &str = "events are numbered without gaps";
/// Where nothing can move any more, every task has ended.
pub const ALL_END: &str = "every task ends";
/// Where nothing can move any more, nothing waits anywhere.
pub const NOTHING_STRANDED: &str = "nothing is stranded";

pub(crate) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(RUNS_ONCE, |_, state: &State| !state.history.ran_twice),
        Property::always(STALE_IS_REFUSED, |_, state: &State| !state.history.stale_completion),
        Property::always(NO_GAPS, |_, state: &State| {
            !state.history.torn && state.postgres.events == state.postgres.number
        }),
        Property::always(ALL_END, |protocol, state| have_ended(state) || moves(protocol, state)),
        Property::always(NOTHING_STRANDED, |protocol, state| is_empty(state) || moves(protocol, state)),
    ]
}

/// Whether anything is left to be done, by itself, without another fault.
fn moves(protocol: &Protocol, state: &State) -> bool {
    let mut actions = Vec::new();
    protocol.offer_progress(state, &mut actions);
    !actions.is_empty()
}

fn have_ended(state: &State) -> bool {
    state.postgres.tasks.iter().all(|task| task.state == TaskState::Ended)
}

/// No row, no element, no result, and every worker's place is free.
fn is_empty(state: &State) -> bool {
    let rows = [state.postgres.outbox, state.redis.list];
    let taken = state.redis.takers.iter().map(|taker| taker.processing);
    let held = state.workers.iter().flat_map(|worker| [worker.runs, worker.succeeded, worker.failed]);
    let sessions = state.engines.iter().flat_map(|engine| &engine.sessions).flatten();
    let promised = sessions.map(|session| session.running);
    rows.into_iter().chain(taken).chain(held).chain(promised).all(Bag::is_empty)
}
