//! Tasks that wait for a plan.

use goalpost_model::{AttemptRef, Namespace, WorkflowId};
use serde_json::{Map, Value};

use crate::connection::Queries as _;
use crate::goals::NewBlueprint;
use crate::row::lane;
use crate::workflows::attempts::named_columns;
use crate::{Error, Json, Store};

const WANTED: &str = "\
    SELECT t.workflow_id, t.name, t.capability, t.input, t.output, w.traceparent, t.attempt, w.lane \
    FROM unnest($1::uuid[], $2::integer[], $3::integer[]) AS n (workflow, task, attempt) \
    JOIN tasks t ON t.workflow_id = n.workflow AND t.ordinal = n.task AND t.attempt = n.attempt \
    JOIN workflows w ON w.id = t.workflow_id \
    WHERE t.waits_for = 'plan'";

const STORE: &str = "\
    INSERT INTO blueprints AS b (digest, body) VALUES ($1, $2) \
    ON CONFLICT (digest) DO UPDATE SET used_at = now() WHERE b.used_at < now() - interval '1 day'";

/// A task that waits for a plan.
#[derive(Clone, Debug)]
pub struct WantedPlan {
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Its name.
    pub task: String,
    /// Its attempt that waits.
    pub attempt: i32,
    /// What it does: it has a goal planned, or it has made a blueprint.
    pub capability: String,
    /// Its input.
    pub input: Map<String, Value>,
    /// What it has made.
    pub output: Option<Value>,
    /// W3C trace context of its workflow.
    pub traceparent: Option<String>,
    /// Whose goal its workflow is for.
    pub namespace: Namespace,
}

/// Those of the named tasks that still wait for a plan.
pub async fn wanted_plans(store: &Store, named: &[AttemptRef]) -> Result<Vec<WantedPlan>, Error> {
    let (workflows, tasks, attempts) = named_columns(named);
    let rows = store.client().await?.query(WANTED, &[&workflows, &tasks, &attempts]).await?;
    rows.iter()
        .map(|row| {
            let input: Option<Json> = row.try_get(3)?;
            let output: Option<Json> = row.try_get(4)?;
            Ok(WantedPlan {
                workflow: WorkflowId(row.try_get(0)?),
                task: row.try_get(1)?,
                capability: row.try_get(2)?,
                input: input.map(|json| json.parse("a task's input")).transpose()?.unwrap_or_default(),
                output: output.map(|json| json.parse("a task's output")).transpose()?,
                traceparent: row.try_get(5)?,
                attempt: row.try_get(6)?,
                namespace: lane(row, 7)?.parts().0,
            })
        })
        .collect()
}

/// Stores a blueprint that came up while a workflow runs.
pub async fn store_blueprint(store: &Store, blueprint: &NewBlueprint) -> Result<(), Error> {
    let digest = blueprint.digest.0.as_slice();
    store.client().await?.execute(STORE, &[&digest, &blueprint.body]).await?;
    Ok(())
}
