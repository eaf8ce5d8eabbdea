//! An engine's committer: a step is looked at in memory, and written if nobody was faster.

use crate::advance::{Step, Verdict, advance};
use crate::element::TASKS;
use crate::model::Protocol;
use crate::mutation::Mutation;
use crate::postgres::{Task, TaskState};
use crate::state::State;

/// The workflow as an engine holds it in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    /// Its tasks.
    pub tasks: [Task; TASKS],
    /// The number of the last event that this rests on.
    pub number: u8,
}

/// Does the step once it is durable. False if it is refused.
///
/// What is read here and written at once stands for any pause in between too: after a pause
/// the memory is as old as one that was read by an earlier step.
pub(crate) fn commit(protocol: &Protocol, state: &mut State, engine: usize, step: Step) -> bool {
    let mut is_fresh = false;
    loop {
        let Some(memory) = state.engines[engine].memory else {
            let (tasks, number) = (state.postgres.tasks, state.postgres.number);
            state.engines[engine].memory = Some(Memory { tasks, number });
            is_fresh = true;
            continue;
        };
        let may_refuse = is_fresh || protocol.breaks(Mutation::RefusesFromMemory);
        match advance(protocol, &memory.tasks, step, is_fresh) {
            Verdict::Change(after) if passes(protocol, state, &memory) => {
                write(protocol, state, &memory, &after, step);
                let ended = after.iter().all(|task| task.state == TaskState::Ended);
                let number = state.postgres.number;
                state.engines[engine].memory = (!ended).then_some(Memory { tasks: after, number });
                return true;
            }
            Verdict::Done => return true,
            Verdict::Refused if may_refuse => return false,
            // Another engine may be ahead: it is read again.
            Verdict::Change(_) | Verdict::Refused => state.engines[engine].memory = None,
        }
    }
}

/// The fence: what is known is what is stored.
fn passes(protocol: &Protocol, state: &State, memory: &Memory) -> bool {
    memory.number == state.postgres.number || protocol.breaks(Mutation::NotFenced)
}

fn write(protocol: &Protocol, state: &mut State, memory: &Memory, after: &[Task; TASKS], step: Step) {
    if let Step::Finish { task, attempt, session, .. } = step {
        let row = state.postgres.tasks[task];
        let is_current = row.state == TaskState::Running && row.attempt == attempt;
        let is_theirs = row.holder.is_some_and(|holder| holder.session == session);
        state.history.stale_completion |= !(is_current && is_theirs);
    }
    state.history.torn |= memory.number != state.postgres.number;
    let is_lazy = protocol.breaks(Mutation::ClaimsLazily) && matches!(step, Step::Claim { .. });
    // A durable commit takes all that was committed before along.
    if is_lazy {
        state.postgres.remember()
    } else {
        state.postgres.flush()
    }
    let rows = state.postgres.write(memory.number, &memory.tasks, after);
    state.announce(rows);
}
