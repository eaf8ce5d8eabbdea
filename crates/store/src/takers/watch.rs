//! The takers that are to be watched, and their deaths.

use std::time::Duration;

use uuid::Uuid;

use crate::connection::Queries as _;
use crate::takers::lock_key;
use crate::takers::session::Session;
use crate::{Error, Store};

const ALIVE: &str = "SELECT id FROM takers WHERE dead_at IS NULL";

const KNOWN: &str =
    "SELECT id FROM takers WHERE dead_at IS NULL OR dead_at > now() - make_interval(secs => $1)";

const BURY: &str = "UPDATE takers SET dead_at = now() WHERE id = $1 AND dead_at IS NULL";

/// Takers of old that nothing refers to any more.
const FORGET: &str = "\
    DELETE FROM takers k WHERE k.dead_at < now() - interval '1 day' \
    AND NOT EXISTS (SELECT FROM tasks t WHERE t.engine_id = k.id AND t.state = 'RUNNING')";

/// The takers that are believed to be alive.
pub async fn alive(store: &Store) -> Result<Vec<Uuid>, Error> {
    let client = store.client().await?;
    let rows = client.query(ALIVE, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The takers that are believed to be alive, and those that died less than `ago` ago.
pub async fn known(store: &Store, ago: Duration) -> Result<Vec<Uuid>, Error> {
    let client = store.client().await?;
    let rows = client.query(KNOWN, &[&ago.as_secs_f64()]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The death of a taker. As long as this is kept the taker cannot register again: what it has left
/// is put in order first.
pub struct Death {
    session: Session,
    taker: Uuid,
}

impl Death {
    /// Waits, on a session of its own, until the taker is dead.
    pub async fn of(store: &Store, taker: Uuid) -> Result<Self, Error> {
        let session = Session::open(store).await?;
        session.lock(lock_key(taker)).await?;
        Ok(Self { session, taker })
    }

    /// Notes that the taker is dead, forgets those who died long ago, and lets it come back.
    pub async fn bury(self) -> Result<(), Error> {
        self.session.client.execute(BURY, &[&self.taker]).await?;
        self.session.client.execute(FORGET, &[]).await?;
        Ok(())
    }
}
