//! What dead takers leave behind in the state.

use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Store};

const DEAD: &str = "SELECT id FROM takers WHERE dead_at IS NOT NULL";

/// By way of the outbox, like every delivery.
const LOSE: &str = "\
    INSERT INTO outbox (list, element, lane) \
    SELECT 'lost', attempt_ref(t.workflow_id, t.ordinal, t.attempt), t.lane \
    FROM tasks t JOIN takers k ON k.id = t.engine_id AND k.dead_at IS NOT NULL \
    WHERE t.engine_id = $1 AND t.state = 'RUNNING'";

const IS_DEAD: &str = "SELECT EXISTS (SELECT FROM takers WHERE id = $1 AND dead_at IS NOT NULL)";

/// Takers that died not long ago: they may still answer for attempts, or have orders.
pub async fn dead(store: &Store) -> Result<Vec<Uuid>, Error> {
    let client = store.client().await?;
    let rows = client.query(DEAD, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Whether the taker is dead and has not come back.
pub async fn is_dead(store: &Store, taker: Uuid) -> Result<bool, Error> {
    Ok(store.client().await?.query_one(IS_DEAD, &[&taker]).await?.try_get(0)?)
}

/// Queues the running attempts of the taker on the list of lost ones, if it is still dead. Answers
/// with how many they are.
pub async fn lose_attempts(store: &Store, taker: Uuid) -> Result<u64, Error> {
    store.client().await?.execute(LOSE, &[&taker]).await
}
