//! The workers that are connected to engines, as the engines tell.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Json, Store};

/// With what each session runs now.
const WORKERS: &str = "\
    SELECT k.id, k.workers, \
           (SELECT json_object_agg(r.session_id, r.attempts) FROM \
               (SELECT t.session_id, count(*) AS attempts FROM tasks t \
                WHERE t.engine_id = k.id AND t.state = 'RUNNING' AND t.session_id IS NOT NULL GROUP BY t.session_id) r) \
    FROM takers k WHERE k.dead_at IS NULL AND json_array_length(k.workers) > 0";

/// A worker, as its engine tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldWorker {
    /// The life of its process.
    pub session: Uuid,
    /// Its name for people.
    pub name: String,
    /// What it offers.
    pub capabilities: Vec<String>,
    /// How many attempts it runs at once.
    pub max_concurrency: u32,
    /// Whether it takes attempts.
    pub presence: Presence,
    /// When it came to this engine.
    pub since: Timestamp,
}

/// Whether a worker takes attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It does.
    Connected,
    /// Its stream is lost, and its grace time runs.
    Away,
    /// It only ends what it has.
    Draining,
}

/// A worker, where it is, and what it runs.
#[derive(Clone, Debug)]
pub struct StoredWorker {
    /// What its engine tells of it.
    pub told: ToldWorker,
    /// The engine.
    pub engine: Uuid,
    /// Attempts that it has.
    pub in_flight: u64,
}

/// The workers at the engines that live, each once, in the order of their sessions.
pub async fn workers(store: &Store) -> Result<Vec<StoredWorker>, Error> {
    let rows = store.client().await?.query(WORKERS, &[]).await?;
    let mut found: HashMap<Uuid, StoredWorker> = HashMap::new();
    for row in &rows {
        let engine: Uuid = row.try_get(0)?;
        let told: Vec<ToldWorker> = row.try_get::<_, Json>(1)?.parse("the workers of an engine")?;
        let running = row.try_get::<_, Option<Json>>(2)?.map(|json| json.parse("running attempts"));
        let running: HashMap<Uuid, u64> = running.transpose()?.unwrap_or_default();
        for told in told {
            let in_flight = running.get(&told.session).copied().unwrap_or_default();
            add(&mut found, StoredWorker { told, engine, in_flight });
        }
    }
    let mut found: Vec<StoredWorker> = found.into_values().collect();
    found.sort_unstable_by_key(|worker| worker.told.session);
    Ok(found)
}

/// One that has moved is away at the engine that it came from.
fn add(found: &mut HashMap<Uuid, StoredWorker>, worker: StoredWorker) {
    let Some(other) = found.insert(worker.told.session, worker.clone()) else { return };
    let rank = |worker: &StoredWorker| (worker.told.presence != Presence::Away, worker.told.since);
    let mut kept = if rank(&other) > rank(&worker) { other.clone() } else { worker.clone() };
    kept.in_flight = other.in_flight + worker.in_flight;
    found.insert(kept.told.session, kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_has_moved_is_where_it_is_connected() {
        let session = Uuid::now_v7();
        let worker = |presence, since| StoredWorker {
            told: ToldWorker {
                session,
                name: "w".into(),
                capabilities: Vec::new(),
                max_concurrency: 1,
                presence,
                since: Timestamp::from_second(since).unwrap(),
            },
            engine: Uuid::from_u128(u128::try_from(since).unwrap()),
            in_flight: 1,
        };
        let (old, new) = (worker(Presence::Away, 1), worker(Presence::Connected, 2));
        for order in [[old.clone(), new.clone()], [new.clone(), old]] {
            let mut found = HashMap::new();
            order.into_iter().for_each(|worker| add(&mut found, worker));
            let kept = &found[&session];
            assert_eq!((kept.engine, kept.in_flight), (new.engine, 2));
        }
    }
}
