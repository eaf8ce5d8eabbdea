//! The active replica's timers.

use crate::element::{Element, TASKS};
use crate::model::Protocol;
use crate::mutation::Mutation;
use crate::state::State;

/// What the replica remembers: the attempt whose timer it fired last, for each task. Another
/// replica fires what is due once more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timers {
    /// By task; 0 for none.
    pub fired: [u8; TASKS],
}

/// The tasks whose timers are due.
pub(crate) fn due(state: &State) -> impl Iterator<Item = usize> {
    (0..TASKS).filter(|task| {
        let row = state.postgres.tasks[*task];
        row.timer && state.timers.fired[*task] != row.attempt
    })
}

/// Delivers the retry. The row stays until the retry is committed.
pub(crate) fn fire(protocol: &Protocol, state: &mut State, task: usize) {
    let attempt = state.postgres.tasks[task].attempt;
    state.timers.fired[task] = attempt;
    state.deliver(Element::timer(task, attempt));
    if protocol.breaks(Mutation::TimerGoesWhenFired) {
        state.postgres.tasks[task].timer = false;
    }
}
