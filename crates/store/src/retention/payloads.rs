//! Payloads that nobody uses any more, and those that were never completed.

use std::time::Duration;

use crate::connection::Queries as _;
use crate::{Error, Store};

/// A history that is kept, or was submitted within `age`, may have uses.
const FORGET_USES: &str = "\
    DELETE FROM payload_uses u WHERE u.workflow_id < uuid_at(now() - make_interval(secs => $1)) \
      AND NOT EXISTS (SELECT FROM histories h WHERE h.id = u.workflow_id)";

/// One that somebody begins to use at this moment is locked, and left alone.
const FORGET: &str = "\
    DELETE FROM payloads WHERE id IN ( \
        SELECT p.id FROM payloads p WHERE p.id < uuid_at(now() - make_interval(secs => $1)) \
          AND p.completed_at IS NOT NULL \
          AND NOT EXISTS (SELECT FROM payload_uses u WHERE u.payload_id = p.id) \
        ORDER BY p.id LIMIT $2 FOR UPDATE OF p SKIP LOCKED)";

const FORGET_BROKEN: &str = "\
    DELETE FROM payloads WHERE completed_at IS NULL AND id < uuid_at(now() - make_interval(secs => $1))";

/// Payloads removed in one transaction, with all their parts.
const BATCH: i64 = 20;

/// Removes the payloads that are older than `age` and are used by no history that is kept. Answers with how many.
pub async fn forget_payloads(store: &Store, age: Duration) -> Result<u64, Error> {
    let client = store.client().await?;
    client.execute(FORGET_USES, &[&age.as_secs_f64()]).await?;
    let mut forgotten = 0;
    loop {
        let removed = client.execute(FORGET, &[&age.as_secs_f64(), &BATCH]).await?;
        forgotten += removed;
        if removed < BATCH.unsigned_abs() {
            return Ok(forgotten);
        }
    }
}

/// Removes payloads whose writing has begun longer ago than it may take. Answers with how many.
pub async fn forget_broken_payloads(store: &Store, longest: Duration) -> Result<u64, Error> {
    store.client().await?.execute(FORGET_BROKEN, &[&longest.as_secs_f64()]).await
}
