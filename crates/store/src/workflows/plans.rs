//! Tasks that wait for a plan.

use goalpost_model::{AttemptRef, Namespace};
use serde_json::{Map, Value};

use crate::connection::Queries as _;
use crate::goals::NewBlueprint;
use crate::row::{attempt, lane};
use crate::workflows::attempts::named_columns;
use crate::{Error, Json, Store};

const WANTED: &str = "\
    SELECT t.workflow_id, t.ordinal, t.attempt, t.name, t.capability, t.input, t.output, w.traceparent, w.lane \
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
    /// Its attempt that waits.
    pub at: AttemptRef,
    /// Its name.
    pub task: String,
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
            let input: Option<Json> = row.try_get(5)?;
            let output: Option<Json> = row.try_get(6)?;
            Ok(WantedPlan {
                at: attempt(row)?,
                task: row.try_get(3)?,
                capability: row.try_get(4)?,
                input: input.map(|json| json.parse("a task's input")).transpose()?.unwrap_or_default(),
                output: output.map(|json| json.parse("a task's output")).transpose()?,
                traceparent: row.try_get(7)?,
                namespace: lane(row, 8)?.parts().0,
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
