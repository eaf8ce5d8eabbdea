//! The death of takers, seen from the service that watches them.

use goalpost_model::{AttemptRef, WorkflowId};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::takers::lock_key;
use crate::{Error, Store};

const ALIVE: &str = "SELECT id FROM takers WHERE dead_at IS NULL";

const LOCK: &str = "SELECT pg_advisory_lock($1)";
const UNLOCK: &str = "SELECT pg_advisory_unlock($1)";

/// A taker that came back in the meantime stays alive: it registers after it has the lock.
const BURY: &str = "UPDATE takers SET dead_at = now() WHERE id = $1 AND dead_at IS NULL";

const DEAD_WITH_ATTEMPTS: &str = "\
    SELECT DISTINCT k.id FROM takers k JOIN tasks t ON t.engine_id = k.id AND t.state = 'RUNNING' \
    WHERE k.dead_at IS NOT NULL";

const ATTEMPTS_OF_DEAD: &str = "\
    SELECT t.workflow_id, t.ordinal, t.attempt FROM tasks t \
    JOIN takers k ON k.id = t.engine_id AND k.dead_at IS NOT NULL \
    WHERE t.engine_id = $1 AND t.state = 'RUNNING'";

/// The takers that are believed to be alive.
pub async fn alive(store: &Store) -> Result<Vec<Uuid>, Error> {
    let client = store.client().await?;
    let rows = client.query(ALIVE, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Waits, on a connection of its own, until the taker is dead.
pub async fn wait_for_death(client: &Client, taker: Uuid) -> Result<(), Error> {
    let key = lock_key(taker);
    client.execute(LOCK, &[&key]).await?;
    // The same taker may come back and needs its lock.
    client.execute(UNLOCK, &[&key]).await?;
    Ok(())
}

/// Notes that the taker is dead.
pub async fn bury(store: &Store, taker: Uuid) -> Result<(), Error> {
    store.client().await?.execute(BURY, &[&taker]).await?;
    Ok(())
}

/// Dead takers in whose hands attempts still are.
pub async fn dead_with_attempts(store: &Store) -> Result<Vec<Uuid>, Error> {
    let client = store.client().await?;
    let rows = client.query(DEAD_WITH_ATTEMPTS, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The running attempts of the taker, if it is dead.
pub async fn attempts_of_dead(store: &Store, taker: Uuid) -> Result<Vec<AttemptRef>, Error> {
    let client = store.client().await?;
    let rows = client.query(ATTEMPTS_OF_DEAD, &[&taker]).await?;
    rows.iter()
        .map(|row| {
            let number = |place| row.try_get::<_, i32>(place);
            let count = |number: i32| u32::try_from(number).map_err(|error| Error::corrupt("a count", error));
            Ok(AttemptRef {
                workflow: WorkflowId(row.try_get(0)?),
                task: count(number(1)?)?,
                attempt: count(number(2)?)?,
            })
        })
        .collect()
}
