//! Mending what can be mended safely: what moves a workflow on may always be told again, since every
//! transition happens once.

use goalpost_model::WorkflowId;

use crate::connection::Queries as _;
use crate::outbox::Delivery;
use crate::{Error, Store};

/// Whatever it waited for, its time has come.
const ARM_MISSING: &str = "\
    INSERT INTO timers (workflow_id, task, attempt, kind, fire_at) \
    SELECT t.workflow_id, t.ordinal, t.attempt, CASE t.capability WHEN 'goalpost.wait' THEN 'wait' ELSE 'backoff' END, now() \
    FROM tasks t WHERE t.state = 'WAITING' AND t.waits_for = 'time' AND ($1::uuid IS NULL OR t.workflow_id = $1) \
    ON CONFLICT (workflow_id, task) DO NOTHING";

const DISARM_ORPHANED: &str = "\
    DELETE FROM timers t USING orphaned_timers r \
    WHERE t.workflow_id = r.workflow_id AND t.task = r.task AND ($1::uuid IS NULL OR r.workflow_id = $1)";

const DELIVER_AGAIN: &str = "\
    INSERT INTO outbox (list, lane, element) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])";

const OUTBOX: &str = "SELECT id, list, lane, element FROM outbox";

/// Arms a timer, due at once, for each task that waits and has none.
pub async fn arm_missing_timers(store: &Store, only: Option<WorkflowId>) -> Result<u64, Error> {
    store.client().await?.execute(ARM_MISSING, &[&only.map(|id| id.0)]).await
}

/// Removes timers that have nothing to move.
pub async fn remove_orphaned_timers(store: &Store, only: Option<WorkflowId>) -> Result<u64, Error> {
    store.client().await?.execute(DISARM_ORPHANED, &[&only.map(|id| id.0)]).await
}

/// Delivers these again, by way of the outbox. Their ids do not count.
pub async fn deliver_again(store: &Store, deliveries: &[Delivery]) -> Result<(), Error> {
    let lists: Vec<&str> = deliveries.iter().map(|delivery| delivery.list.as_str()).collect();
    let lanes: Vec<&str> = deliveries.iter().map(|delivery| delivery.lane.as_str()).collect();
    let elements: Vec<&str> = deliveries.iter().map(|delivery| delivery.element.as_str()).collect();
    store.client().await?.execute(DELIVER_AGAIN, &[&lists, &lanes, &elements]).await?;
    Ok(())
}

/// What waits in the outbox.
pub async fn in_outbox(store: &Store) -> Result<Vec<Delivery>, Error> {
    let rows = store.client().await?.query_once(OUTBOX, &[]).await?;
    rows.iter()
        .map(|row| {
            let (id, list) = (row.try_get(0)?, row.try_get(1)?);
            Ok(Delivery { id, list, lane: row.try_get(2)?, element: row.try_get(3)? })
        })
        .collect()
}
