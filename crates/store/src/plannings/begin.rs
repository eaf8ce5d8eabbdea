//! Handing goals over to those who ask a language model.

use goalpost_model::{AttemptRef, GoalId, Past, ReplanRef};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::workflows::{int, named_columns};
use crate::{Error, Json, Store};

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

/// The same for a workflow that waits for another plan.
const BEGIN_ANEW: &str = "\
    INSERT INTO plannings (id, task, attempt, lane, past) \
    SELECT id, -1, replans, lane, $3::json FROM workflows WHERE id = $1 AND state = 'REPLANNING' AND replans = $2::integer \
    ON CONFLICT DO NOTHING";

/// From now on a language model plans these goals, and the goals of these tasks. A trigger delivers them to those who
/// ask it.
pub async fn begin(store: &Store, goals: &[GoalId], tasks: &[AttemptRef]) -> Result<(), Error> {
    let goals: Vec<Uuid> = goals.iter().map(|goal| goal.0).collect();
    let (workflows, ordinals, attempts) = named_columns(tasks);
    store.client().await?.execute(BEGIN, &[&goals, &workflows, &ordinals, &attempts]).await?;
    Ok(())
}

/// From now on a language model makes the other plan for which this workflow waits, and is told this of the present one,
/// however long it takes.
pub async fn begin_anew(store: &Store, wanted: ReplanRef, past: &Past) -> Result<(), Error> {
    let client = store.client().await?;
    client.execute(BEGIN_ANEW, &[&wanted.workflow.0, &int(wanted.number), &Json::of(past)]).await?;
    Ok(())
}
