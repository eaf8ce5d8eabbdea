//! How much is explored.

use std::fmt;

/// How the tasks of the workflow depend on each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One task.
    #[default]
    Alone,
    /// Two tasks that are ready at once.
    Beside,
    /// Two tasks; the second becomes ready when the first ends.
    Chain,
}

/// What can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An engine dies for good; its machine may leave a connection open.
    EngineCrash,
    /// A worker dies for good.
    WorkerDeath,
    /// A worker's stream is lost.
    StreamBreak,
    /// An attempt fails.
    Failure,
    /// An engine's session with the database is lost, and with it its lock; the engine goes on.
    LeaseLoss,
    /// An engine's connection to Redis is lost; Redis may not know it.
    ConnectionLoss,
    /// Redis forgets everything; connections stay.
    Flush,
    /// Redis comes back from a file; connections are lost.
    RedisRestart,
    /// The database comes back; what was committed lazily is lost, and all sessions are.
    DatabaseCrash,
    /// The active replica of the persistence service dies, or starts over.
    ReplicaCrash,
    /// The active replica loses its lock, and its relay goes on for a while.
    TermLoss,
    /// A claim is committed and its engine does not hear of it.
    AnswerLoss,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::EngineCrash,
        Self::WorkerDeath,
        Self::StreamBreak,
        Self::Failure,
        Self::LeaseLoss,
        Self::ConnectionLoss,
        Self::Flush,
        Self::RedisRestart,
        Self::DatabaseCrash,
        Self::ReplicaCrash,
        Self::TermLoss,
        Self::AnswerLoss,
    ];
}

/// How many faults of each kind may still happen, at any time and in any order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Faults([u8; Kind::ALL.len()]);

impl Faults {
    /// One for each time that a kind is named.
    pub fn of(kinds: &[Kind]) -> Self {
        let mut faults = Self::default();
        kinds.iter().for_each(|kind| faults.0[*kind as usize] += 1);
        faults
    }

    pub(crate) fn has(self, kind: Kind) -> bool {
        self.0[kind as usize] > 0
    }

    pub(crate) fn spend(&mut self, kind: Kind) {
        self.0[kind as usize] -= 1;
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |kind: Kind| (0..self.0[kind as usize]).map(move |_| kind);
        f.debug_list().entries(Kind::ALL.into_iter().flat_map(times)).finish()
    }
}

/// What is explored.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The workflow.
    pub shape: Shape,
    /// Engines, 1 or 2.
    pub engines: usize,
    /// Workers, 1 or 2, with room for one attempt each.
    pub workers: usize,
    /// The faults.
    pub faults: Faults,
}
