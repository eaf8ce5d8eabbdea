//! The journal of a plan by a language model.

use goalpost_model::{AttemptRef, Digest, Past, PlanningRef, PlanningStep, ReplanRef};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::workflows::int;
use crate::{Error, Json, Store};

const IS_WANTED: &str = "\
    SELECT CASE \
        WHEN $2::integer < 0 AND $3::integer > 0 \
        THEN EXISTS (SELECT FROM workflows WHERE id = $1 AND state = 'REPLANNING' AND replans = $3) \
        WHEN $2 < 0 THEN EXISTS (SELECT FROM goals WHERE id = $1 AND state = 'SUBMITTED') \
        ELSE EXISTS (SELECT FROM tasks WHERE workflow_id = $1 AND ordinal = $2 AND attempt = $3 AND waits_for = 'plan') END";

const PAST: &str = "SELECT past FROM plannings WHERE id = $1 AND task = $2 AND attempt = $3";

const STEPS: &str = "\
    SELECT request, answer, usage FROM planning_steps \
    WHERE id = $1 AND task = $2 AND attempt = $3 ORDER BY number";

/// Whoever comes second with a step has not heard of the first, and finds it in the journal.
const KEEP: &str = "\
    INSERT INTO planning_steps (id, task, attempt, number, request, answer, usage) \
    SELECT id, task, attempt, $4::integer, $5::bytea, $6::json, $7::json FROM plannings \
    WHERE id = $1 AND task = $2 AND attempt = $3 \
    ON CONFLICT DO NOTHING";

/// Whether anybody still waits for this plan.
pub async fn is_wanted(store: &Store, planning: PlanningRef) -> Result<bool, Error> {
    let (id, task, attempt) = key(planning);
    Ok(store.client().await?.query_one(IS_WANTED, &[&id, &task, &attempt]).await?.try_get(0)?)
}

/// What the model has said so far, in the order in which it was kept.
pub async fn steps(store: &Store, planning: PlanningRef) -> Result<Vec<PlanningStep>, Error> {
    let (id, task, attempt) = key(planning);
    let rows = store.client().await?.query(STEPS, &[&id, &task, &attempt]).await?;
    rows.iter().map(step).collect()
}

/// What the model is told of the plan that runs, if it is to make another one.
pub async fn past(store: &Store, wanted: ReplanRef) -> Result<Option<Past>, Error> {
    let (id, task, number) = key(PlanningRef::Replan(wanted));
    let rows = store.client().await?.query(PAST, &[&id, &task, &number]).await?;
    rows.first().map(|row| row.try_get::<_, Json>(0)?.parse("what became of a plan")).transpose()
}

/// Keeps what the model has said as the step with this number, from 1, unless there is one.
pub async fn keep(
    store: &Store,
    planning: PlanningRef,
    number: usize,
    step: &PlanningStep,
) -> Result<(), Error> {
    let (id, task, attempt) = key(planning);
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    let PlanningStep { request, answer, usage } = step;
    let (request, answer, usage) = (request.0.as_slice(), Json::of(answer), Json::of(usage));
    let client = store.client().await?;
    client.execute(KEEP, &[&id, &task, &attempt, &number, &request, &answer, &usage]).await?;
    Ok(())
}

fn step(row: &Row) -> Result<PlanningStep, Error> {
    let request: &[u8] = row.try_get(0)?;
    Ok(PlanningStep {
        request: request.try_into().map(Digest).map_err(|error| Error::corrupt("a digest", error))?,
        answer: row.try_get::<_, Json>(1)?.parse("an answer of a language model")?,
        usage: row.try_get::<_, Json>(2)?.parse("what an answer took")?,
    })
}

/// As it is stored: the task of a goal is -1.
fn key(planning: PlanningRef) -> (Uuid, i32, i32) {
    match planning {
        PlanningRef::Goal(goal) => (goal.0, -1, 0),
        PlanningRef::Task(AttemptRef { workflow, task, attempt }) => (workflow.0, int(task), int(attempt)),
        PlanningRef::Replan(ReplanRef { workflow, number }) => (workflow.0, -1, int(number)),
    }
}
