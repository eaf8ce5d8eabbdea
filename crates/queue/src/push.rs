//! Putting elements on lists.

use std::collections::{BTreeMap, HashSet};

use goalpost_model::Lane;
use redis::aio::MultiplexedConnection;

use crate::{Element, Epoch, Error, List, keys, scripts};

/// Elements in one call of the script at most.
const CHUNK: usize = 1_000;

/// A connection for pushes.
pub struct Pusher {
    connection: MultiplexedConnection,
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
        Self { connection, named: HashSet::new() }
    }

    /// Appends each element to its lane of its list, in order, if Redis is still in this epoch.
    pub async fn push(&mut self, epoch: &Epoch, elements: &[Element]) -> Result<Pushed, Error> {
        self.name(elements).await?;
        for chunk in elements.chunks(CHUNK) {
            let mut call = scripts::PUSH.key(keys::EPOCH);
            call.arg(keys::LANE_PREFIX).arg(keys::TURNS_PREFIX).arg(&epoch.0);
            for ((list, lane), elements) in by_lane(chunk) {
                call.arg(list.to_string()).arg(lane.as_str()).arg(elements.len()).arg(elements);
            }
            let done: bool = call.invoke_async(&mut self.connection).await?;
            if !done {
                return Ok(Pushed::EpochLost);
            }
        }
        Ok(Pushed::Done)
    }

    /// Says which lists there are, each once.
    async fn name(&mut self, elements: &[Element]) -> Result<(), Error> {
        let new: HashSet<&List> =
            elements.iter().map(|element| &element.list).filter(|list| !self.named.contains(list)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = new.iter().map(ToString::to_string).collect();
        redis::cmd("SADD").arg(keys::LISTS).arg(names).exec_async(&mut self.connection).await?;
        self.named.extend(new.into_iter().cloned());
        Ok(())
    }
}

/// The elements of each lane of each list, in their order.
fn by_lane(elements: &[Element]) -> BTreeMap<(&List, &Lane), Vec<&str>> {
    let mut lanes: BTreeMap<(&List, &Lane), Vec<&str>> = BTreeMap::new();
    for Element { list, lane, text } in elements {
        lanes.entry((list, lane)).or_default().push(text);
    }
    lanes
}
