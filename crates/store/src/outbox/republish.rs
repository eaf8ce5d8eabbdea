//! Everything that a Redis without memory must be told, from the state itself.

use std::time::Duration;

use goalpost_model::{AttemptRef, GoalId, Lane, ReplanRef, WorkflowId};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::Error;
use crate::row::{attempt, lane};

const READY: &str = "\
    SELECT t.workflow_id, t.ordinal, t.attempt, t.capability, t.lane \
    FROM workflows w JOIN tasks t ON t.workflow_id = w.id AND t.state = 'READY' \
    WHERE (w.state IN ('RUNNING', 'COMPENSATING') OR w.state = 'PAUSED' AND w.failure ->> 'kind' = 'BUDGET_EXCEEDED') \
      AND (t.workflow_id, t.ordinal) > ($1, $2) \
    ORDER BY t.workflow_id, t.ordinal LIMIT $3";

/// Goals to be planned, planned ones whose workflow was not begun, and those on whose approvals a deadline has
/// decided, or that may go on with another blueprint; and whether a language model plans them.
const OPEN_GOALS: &str = "\
    SELECT g.id, g.namespace || ':' || g.priority AS lane, \
           g.state = 'SUBMITTED' AND EXISTS (SELECT FROM plannings p WHERE p.id = g.id AND p.task < 0 AND p.attempt = 0) \
    FROM goals g \
    WHERE g.id > $1 AND is_open_goal(g.state) \
      AND (g.state = 'SUBMITTED' \
           OR g.state = 'RUNNING' AND NOT EXISTS (SELECT FROM workflows w WHERE w.id = g.id) \
           OR g.state = 'RUNNING' AND may_go_on(g) \
           OR EXISTS (SELECT FROM timers r WHERE r.workflow_id = g.id AND r.task = -2 AND r.fired_at IS NOT NULL)) \
    ORDER BY g.id LIMIT $2";

const UNSETTLED: &str = "\
    SELECT id, lane FROM ( \
        SELECT g.id, w.lane FROM goals g JOIN workflows w ON w.id = g.id AND NOT is_open(w.state) WHERE g.state = 'RUNNING' \
        UNION ALL \
        SELECT g.id, w.lane FROM workflows w JOIN goals g ON g.id = w.id AND g.state IN ('FAILED', 'CANCELLED') \
        WHERE w.state IN ('RUNNING', 'PAUSED', 'REPLANNING', 'COMPENSATING') \
        UNION ALL \
        SELECT g.id, w.lane FROM goals g JOIN workflows w ON w.id = g.id AND NOT is_open(w.state) \
        WHERE g.state IN ('FAILED', 'CANCELLED') AND (w.state <> g.state OR NOT is_settled(g.id, w.event)) \
    ) u WHERE id > $1 ORDER BY id LIMIT $2";

/// Tasks that wait for a plan, and whether a language model makes it.
const PLANS: &str = "\
    SELECT t.workflow_id, t.ordinal, t.attempt, t.lane, \
           EXISTS (SELECT FROM plannings p WHERE p.id = t.workflow_id AND p.task = t.ordinal AND p.attempt = t.attempt) \
    FROM workflows w JOIN tasks t ON t.workflow_id = w.id AND t.waits_for = 'plan' \
    WHERE w.state IN ('RUNNING', 'PAUSED', 'COMPENSATING') AND (t.workflow_id, t.ordinal) > ($1, $2) \
    ORDER BY t.workflow_id, t.ordinal LIMIT $3";

/// Workflows that wait for another plan, and whether a language model makes it.
const REPLANS: &str = "\
    SELECT id, replans, lane, is_drafted(id, replans) FROM workflows \
    WHERE state = 'REPLANNING' AND id > $1 ORDER BY id LIMIT $2";

/// Running attempts of engines that are dead for longer than the time that their workers have to
/// come to another one.
const LOST: &str = "\
    SELECT t.workflow_id, t.ordinal, t.attempt, t.lane \
    FROM takers k JOIN tasks t ON t.engine_id = k.id AND t.state = 'RUNNING' \
    WHERE k.dead_at <= now() - make_interval(secs => $4) AND (t.workflow_id, t.ordinal) > ($1, $2) \
    ORDER BY t.workflow_id, t.ordinal LIMIT $3";

/// Attempts that wait for a worker, with their capabilities and lanes, in the order of workflow
/// and task; those after `after`.
pub async fn ready_attempts(
    client: &Client,
    after: Option<AttemptRef>,
    limit: i64,
) -> Result<Vec<(AttemptRef, String, Lane)>, Error> {
    let (workflow, task) = place(after);
    let rows = client.query(READY, &[&workflow, &task, &limit]).await?;
    rows.iter().map(|row| Ok((attempt(row)?, row.try_get(3)?, lane(row, 4)?))).collect()
}

/// Who plans what waits for a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannedBy {
    /// The catalog, as far as anybody knows.
    Catalog,
    /// A language model: the catalog has no plan.
    Model,
}

/// Tasks that wait for a plan, with their lanes, in the order of workflow and task; those after `after`.
pub async fn unplanned_tasks(
    client: &Client,
    after: Option<AttemptRef>,
    limit: i64,
) -> Result<Vec<(AttemptRef, Lane, PlannedBy)>, Error> {
    let (workflow, task) = place(after);
    let rows = client.query(PLANS, &[&workflow, &task, &limit]).await?;
    rows.iter().map(|row| Ok((attempt(row)?, lane(row, 3)?, planned_by(row, 4)?))).collect()
}

/// Workflows that wait for another plan, with their lanes, in the order of their ids; those after `after`.
pub async fn unplanned_workflows(
    client: &Client,
    after: Option<ReplanRef>,
    limit: i64,
) -> Result<Vec<(ReplanRef, Lane, PlannedBy)>, Error> {
    let after = after.map_or(Uuid::nil(), |replan| replan.workflow.0);
    let rows = client.query(REPLANS, &[&after, &limit]).await?;
    let replan = |row: &Row| {
        let number: i32 = row.try_get(1)?;
        let number = number.try_into().map_err(|error| Error::corrupt("a count", error))?;
        let replan = ReplanRef { workflow: WorkflowId(row.try_get(0)?), number };
        Ok((replan, lane(row, 2)?, planned_by(row, 3)?))
    };
    rows.iter().map(replan).collect()
}

/// Running attempts of engines that died at least `grace` ago, with their lanes, in the order of workflow
/// and task; those after `after`.
pub async fn lost_attempts(
    client: &Client,
    grace: Duration,
    after: Option<AttemptRef>,
    limit: i64,
) -> Result<Vec<(AttemptRef, Lane)>, Error> {
    let (workflow, task) = place(after);
    let rows = client.query(LOST, &[&workflow, &task, &limit, &grace.as_secs_f64()]).await?;
    rows.iter().map(|row| Ok((attempt(row)?, lane(row, 3)?))).collect()
}

/// Goals that a decision group has to act on, in the order of their ids; those after `after`.
pub async fn open_goals(
    client: &Client,
    after: Option<GoalId>,
    limit: i64,
) -> Result<Vec<(GoalId, Lane, PlannedBy)>, Error> {
    let rows = client.query(OPEN_GOALS, &[&first(after), &limit]).await?;
    rows.iter().map(|row| Ok((GoalId(row.try_get(0)?), lane(row, 1)?, planned_by(row, 2)?))).collect()
}

/// Goals that know nothing of their workflow's end, or of its being retried; those after `after`.
pub async fn unsettled_goals(
    client: &Client,
    after: Option<GoalId>,
    limit: i64,
) -> Result<Vec<(GoalId, Lane)>, Error> {
    let rows = client.query(UNSETTLED, &[&first(after), &limit]).await?;
    rows.iter().map(|row| Ok((GoalId(row.try_get(0)?), lane(row, 1)?))).collect()
}

fn first(after: Option<GoalId>) -> Uuid {
    after.map_or(Uuid::nil(), |goal| goal.0)
}

fn planned_by(row: &Row, column: usize) -> Result<PlannedBy, Error> {
    Ok(if row.try_get(column)? { PlannedBy::Model } else { PlannedBy::Catalog })
}

/// Where to read on: workflow and ordinal, before all others if there is none.
pub(crate) fn place(after: Option<AttemptRef>) -> (Uuid, i32) {
    after.map_or((Uuid::nil(), -1), |after| (after.workflow.0, i32::try_from(after.task).unwrap_or(i32::MAX)))
}
