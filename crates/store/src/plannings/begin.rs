//! Handing goals over to those who ask a language model.

use goalpost_model::{AttemptRef, PlanningRef};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::workflows::named_columns;
use crate::{Error, Store};

/// Only what still waits for a plan. What was handed over before is not handed over again; in one order, so that two
/// who hand over the same things wait for each other.
const BEGIN: &str = "\
    INSERT INTO plannings (id, task, attempt, lane) \
    SELECT id, task, attempt, lane FROM ( \
        SELECT g.id, -1 AS task, 0 AS attempt, g.namespace || ':' || g.priority AS lane \
        FROM goals g WHERE g.id = ANY ($1::uuid[]) AND g.state = 'SUBMITTED' \
        UNION ALL \
        SELECT t.workflow_id, t.ordinal, t.attempt, t.lane \
        FROM unnest($2::uuid[], $3::integer[], $4::integer[]) AS n (workflow, task, attempt) \
        JOIN tasks t ON t.workflow_id = n.workflow AND t.ordinal = n.task AND t.attempt = n.attempt \
        WHERE t.waits_for = 'plan' \
    ) w ORDER BY id, task, attempt \
    ON CONFLICT DO NOTHING";

/// From now on a language model plans these. Its trigger delivers them to those who ask it.
pub async fn begin(store: &Store, plannings: &[PlanningRef]) -> Result<(), Error> {
    let (mut goals, mut tasks): (Vec<Uuid>, Vec<AttemptRef>) = Default::default();
    for planning in plannings {
        match planning {
            PlanningRef::Goal(goal) => goals.push(goal.0),
            PlanningRef::Task(attempt) => tasks.push(*attempt),
        }
    }
    let (workflows, ordinals, attempts) = named_columns(&tasks);
    store.client().await?.execute(BEGIN, &[&goals, &workflows, &ordinals, &attempts]).await?;
    Ok(())
}
