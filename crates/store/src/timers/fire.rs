//! Firing what is due, by the clock of the database.

use std::time::Duration;

use crate::connection::Queries as _;
use crate::{Error, Store};

/// A timer that is due is noted as fired and delivered, in one statement; that of an approval to those who plan goals. Rows that an engine is
/// changing right now are passed over: to wait for several at once could be a deadlock.
const FIRE: &str = "\
    WITH due AS ( \
        SELECT workflow_id, task FROM timers WHERE fired_at IS NULL AND fire_at <= now() \
        ORDER BY fire_at LIMIT $1 FOR UPDATE SKIP LOCKED \
    ), fired AS ( \
        UPDATE timers t SET fired_at = now() FROM due d WHERE t.workflow_id = d.workflow_id AND t.task = d.task \
        RETURNING t.workflow_id, t.task, t.attempt, t.kind \
    ), delivered AS ( \
        INSERT INTO outbox (list, element, lane) \
        SELECT 'timers', f.workflow_id || ':' || f.task || ':' || f.attempt || ':' || f.kind, w.lane \
        FROM fired f JOIN workflows w ON w.id = f.workflow_id WHERE f.kind <> 'approval' \
        UNION ALL \
        SELECT 'goals', g.id::text, g.namespace || ':' || g.priority \
        FROM fired f JOIN goals g ON g.id = f.workflow_id WHERE f.kind = 'approval' \
    ) \
    SELECT count(*) FROM fired";

/// Waits until the engine that changes the earliest one is done with it.
const WAIT_FOR_ONE: &str = "\
    SELECT FROM timers WHERE fired_at IS NULL AND fire_at <= now() ORDER BY fire_at LIMIT 1 FOR UPDATE";

const UNTIL_NEXT: &str = "\
    SELECT extract(epoch FROM min(fire_at) - clock_timestamp())::float8 FROM timers WHERE fired_at IS NULL";

/// Fires up to `limit` timers that are due, the earliest first. Answers with how many.
pub async fn fire(store: &Store, limit: i64) -> Result<u64, Error> {
    let client = store.client().await?;
    let fired: i64 = client.query_one(FIRE, &[&limit]).await?.try_get(0)?;
    if fired == 0 {
        client.execute(WAIT_FOR_ONE, &[]).await?;
    }
    Ok(fired.unsigned_abs())
}

/// How long it is until the next timer is due; nothing if it is due already. `None` without timers.
pub async fn until_next(store: &Store) -> Result<Option<Duration>, Error> {
    let client = store.client().await?;
    let seconds: Option<f64> = client.query_one(UNTIL_NEXT, &[]).await?.try_get(0)?;
    Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)))
}
