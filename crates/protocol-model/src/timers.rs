//! The active replica's timers.

use crate::element::{Element, TASKS};
use crate::model::Protocol;
use crate::mutation::Mutation;
use crate::postgres::Timer;
use crate::state::State;

/// The tasks whose timers may fire.
pub(crate) fn due(state: &State) -> impl Iterator<Item = usize> {
    (0..TASKS).filter(|task| state.postgres.tasks[*task].timer == Timer::Armed)
}

/// Notes that the timer fired and delivers it, in one statement. The row stays until the retry
/// is committed.
pub(crate) fn fire(protocol: &Protocol, state: &mut State, task: usize) {
    let row = &mut state.postgres.tasks[task];
    row.timer = if protocol.breaks(Mutation::TimerGoesWhenFired) { Timer::None } else { Timer::Fired };
    let attempt = row.attempt;
    state.deliver(Element::timer(task, attempt));
}
