//! Everything that is anywhere.

use crate::bounds::{Bounds, Faults, Shape};
use crate::deaths::Deaths;
use crate::element::{Bag, Element};
use crate::engine::Engine;
use crate::postgres::{Postgres, Taker, TaskState};
use crate::redis::Redis;
use crate::relay::Relay;
use crate::worker::Worker;

/// Engines at most.
pub(crate) const ENGINES: usize = 2;
/// Workers at most.
pub(crate) const WORKERS: usize = 2;
/// Replicas that relay: the one with the lock, and one that does not know that it lost it.
pub(crate) const RELAYS: usize = 2;

/// One state of the whole system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// The truth.
    pub postgres: Postgres,
    /// The lists.
    pub redis: Redis,
    /// The engines.
    pub engines: [Engine; ENGINES],
    /// The workers.
    pub workers: [Worker; WORKERS],
    /// The relays.
    pub relays: [Relay; RELAYS],
    /// The active replica's watch over takers.
    pub deaths: Deaths,
    /// What must never happen, written down when it does.
    pub history: History,
    /// Faults that may still happen.
    pub faults: Faults,
}

/// What only an observer of the whole can know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct History {
    /// Attempts that a worker began.
    pub begun: Bag,
    /// One of them was begun again.
    pub ran_twice: bool,
    /// A completion changed something although its attempt was not the latest, or another's.
    pub stale_completion: bool,
    /// Events were written under numbers that were used, or left a gap.
    pub torn: bool,
}

impl State {
    /// Everything is up, the workflow has just begun, and nobody has acted on it.
    pub(crate) fn initial(bounds: &Bounds) -> Self {
        let mut state = Self { faults: bounds.faults, ..Self::default() };
        let epoch = state.redis.ensure_epoch();
        state.redis.told = Some(epoch);
        for engine in 0..bounds.engines {
            state.engines[engine] = Engine::started();
            state.postgres.takers[engine] = Taker::Alive;
            state.redis.takers[engine].listed = true;
        }
        for worker in &mut state.workers[..bounds.workers] {
            worker.alive = true;
        }
        let before = state.postgres.tasks;
        let mut after = before;
        let ready = if bounds.shape == Shape::Beside { 2 } else { 1 };
        for task in &mut after[..ready] {
            (task.state, task.attempt) = (TaskState::Ready, 1);
        }
        if bounds.shape == Shape::Alone {
            after[1].state = TaskState::Ended;
        }
        state.postgres.write(0, &before, &after);
        state
    }

    /// New rows of the outbox are announced to whoever listens.
    pub(crate) fn announce(&mut self, rows: Bag) {
        for relay in &mut self.relays {
            relay.announce(rows);
        }
    }

    /// Rows that are written by themselves.
    pub(crate) fn deliver(&mut self, row: Element) {
        self.postgres.flush();
        self.postgres.outbox.put(row);
        self.announce(Bag::from_iter([row]));
    }

    /// The connections of a taker are cut, those that nobody reads too.
    pub(crate) fn cut(&mut self, engine: usize) {
        self.engines[engine].line.disconnect();
        self.redis.takers[engine].ghost = false;
    }

    /// Whether the worker's stream is the one that the engine knows as this generation.
    pub(crate) fn is_connected(&self, engine: usize, worker: usize, generation: u8) -> bool {
        let Worker { at, generation: current, .. } = self.workers[worker];
        at == Some(engine) && current == generation
    }
}
