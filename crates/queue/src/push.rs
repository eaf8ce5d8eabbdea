//! Putting elements on lists.

use std::collections::HashSet;

use redis::Script;
use redis::aio::MultiplexedConnection;

use crate::{Epoch, Error, List, keys};

/// Elements in one call of the script at most.
const CHUNK: usize = 1_000;

/// A connection for pushes.
pub struct Pusher {
    connection: MultiplexedConnection,
    script: Script,
    /// Lists that Redis knows by name.
    named: HashSet<List>,
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
        Self { connection, script: Script::new(include_str!("scripts/push.lua")), named: HashSet::new() }
    }

    /// Appends each element to its list, in order, if Redis is still in this epoch.
    pub async fn push(&mut self, epoch: &Epoch, elements: &[(List, String)]) -> Result<Pushed, Error> {
        self.name(elements).await?;
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

    /// Says which lists there are, each once.
    async fn name(&mut self, elements: &[(List, String)]) -> Result<(), Error> {
        let new: HashSet<&List> =
            elements.iter().map(|(list, _)| list).filter(|list| !self.named.contains(list)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = new.iter().map(ToString::to_string).collect();
        redis::cmd("SADD").arg(keys::LISTS).arg(names).exec_async(&mut self.connection).await?;
        self.named.extend(new.into_iter().cloned());
        Ok(())
    }
}
