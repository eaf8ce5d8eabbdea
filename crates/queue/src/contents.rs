//! Everything that is in Redis, for those who look for what is missing or left over.

use std::collections::BTreeSet;

use goalpost_model::Lane;
use redis::aio::ConnectionLike;
use uuid::Uuid;

use crate::{Element, Error, List, Queue, keys};

/// Keys that Redis is asked for at once.
const SCAN_COUNT: usize = 1_000;

/// What is in Redis. Elements move while they are read: what waits is read before what is taken, so
/// that only what is given back in between is missed.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// What waits on lanes.
    pub waiting: Vec<Element>,
    /// What takers have taken and not dealt with: taker, list, element.
    pub taken: Vec<(Uuid, List, String)>,
    /// Lanes that hold something, and whose turn will never come.
    pub turnless: BTreeSet<(List, Lane)>,
}

impl Queue {
    /// Reads everything.
    pub async fn contents(&self) -> Result<Contents, Error> {
        let mut connection = self.pool.get().await?;
        let (mut contents, mut turns) = (Contents::default(), BTreeSet::new());
        let mut lanes = Vec::new();
        for key in scan(&mut connection, keys::LANE_PREFIX).await? {
            let Some((list, lane)) = key.strip_prefix(keys::LANE_PREFIX).and_then(read_lane) else {
                continue;
            };
            for entry in range(&mut connection, &key).await? {
                let (list, lane) = (list.clone(), lane.clone());
                contents.waiting.push(Element { list, lane, text: Element::of_entry(entry) });
            }
            lanes.push((list, lane));
        }
        for key in scan(&mut connection, keys::PROCESSING_PREFIX).await? {
            let Some((taker, list)) = key.strip_prefix(keys::PROCESSING_PREFIX).and_then(read_taker) else {
                continue;
            };
            for entry in range(&mut connection, &key).await? {
                match read_turn(&entry) {
                    Some(lane) => drop(turns.insert((list.clone(), lane))),
                    None => contents.taken.push((taker, list.clone(), Element::of_entry(entry))),
                }
            }
        }
        for key in scan(&mut connection, keys::TURNS_PREFIX).await? {
            let list = key.strip_prefix(keys::TURNS_PREFIX).and_then(|list| list.parse::<List>().ok());
            let entries = range(&mut connection, &key).await?;
            let found = entries.iter().filter_map(|entry| read_turn(entry));
            turns.extend(
                list.into_iter().flat_map(|list| found.clone().map(move |lane| (list.clone(), lane))),
            );
        }
        contents.turnless = lanes.into_iter().filter(|lane| !turns.contains(lane)).collect();
        Ok(contents)
    }

    /// Gives a lane a turn. One too many is harmless.
    pub async fn add_turn(&self, list: &List, lane: &Lane) -> Result<(), Error> {
        let mut connection = self.pool.get().await?;
        let mut push = redis::cmd("RPUSH");
        push.arg(keys::turns(list)).arg(lane.as_str());
        Ok(push.exec_async(&mut connection).await?)
    }

    /// Removes an element that waits.
    pub async fn remove_element(&self, element: &Element) -> Result<(), Error> {
        let Element { list, lane, text } = element;
        let mut connection = self.pool.get().await?;
        let mut removal = redis::cmd("LREM");
        removal.arg(keys::lane(list, lane)).arg(0).arg(format!("{} {text}", lane.as_str()));
        Ok(removal.exec_async(&mut connection).await?)
    }
}

async fn scan(connection: &mut impl ConnectionLike, prefix: &str) -> Result<BTreeSet<String>, Error> {
    let (mut keys, mut cursor) = (BTreeSet::new(), 0_u64);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{prefix}*")).arg("COUNT").arg(SCAN_COUNT);
        let (next, found): (u64, Vec<String>) = scan.query_async(connection).await?;
        keys.extend(found);
        if next == 0 {
            return Ok(keys);
        }
        cursor = next;
    }
}

async fn range(connection: &mut impl ConnectionLike, key: &str) -> Result<Vec<String>, Error> {
    let mut range = redis::cmd("LRANGE");
    range.arg(key).arg(0).arg(-1);
    Ok(range.query_async(connection).await?)
}

/// `namespace:rank:list`.
fn read_lane(rest: &str) -> Option<(List, Lane)> {
    let (namespace, rest) = rest.split_once(':')?;
    let (rank, list) = rest.split_once(':')?;
    Some((list.parse().ok()?, format!("{namespace}:{rank}").parse().ok()?))
}

/// `taker:list`.
fn read_taker(rest: &str) -> Option<(Uuid, List)> {
    let (taker, list) = rest.split_once(':')?;
    Some((taker.parse().ok()?, list.parse().ok()?))
}

/// The lane of an entry that is a turn: `lane`, or `lane#left`.
fn read_turn(entry: &str) -> Option<Lane> {
    if entry.contains(' ') {
        return None;
    }
    entry.split('#').next()?.parse().ok()
}
