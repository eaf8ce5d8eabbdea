//! Putting elements on lists.

use redis::Script;
use redis::aio::MultiplexedConnection;

use crate::{Epoch, Error, List, keys};

/// Elements in one call of the script at most.
const CHUNK: usize = 1_000;

/// A connection for pushes.
pub struct Pusher {
    connection: MultiplexedConnection,
    script: Script,
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Pushed {
    /// Everything is on its list.
    Done,
    /// This is another Redis than the epoch says: what was in it is gone.
    EpochLost,
}

impl Pusher {
    pub(crate) fn new(connection: MultiplexedConnection) -> Self {
        Self { connection, script: Script::new(include_str!("scripts/push.lua")) }
    }

    /// Appends each element to its list, in order, if Redis is still in this epoch.
    pub async fn push(&mut self, epoch: &Epoch, elements: &[(List, String)]) -> Result<Pushed, Error> {
        for chunk in elements.chunks(CHUNK) {
            let mut call = self.script.key(keys::EPOCH);
            call.arg(&epoch.0);
            for (list, element) in chunk {
                call.arg(keys::list(list)).arg(element);
            }
            let done: bool = call.invoke_async(&mut self.connection).await?;
            if !done {
                return Ok(Pushed::EpochLost);
            }
        }
        Ok(Pushed::Done)
    }
}
