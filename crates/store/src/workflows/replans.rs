//! Workflows that are planned anew.

use std::collections::HashMap;

use goalpost_model::{
    Digest, Failure, GoalId, LlmUsage, Namespace, Past, TaskState, WorkflowId, WorkflowState,
};
use serde_json::{Map, Value};
use tokio_postgres::Row;

use crate::connection::Queries as _;
use crate::goals::NewBlueprint;
use crate::row::{digest, lane};
use crate::workflows::load::{optional, word};
use crate::{Error, Json, Store};

const SELECT_GOAL: &str = "\
    SELECT g.goal, g.goal_type, g.input, w.lane, w.blueprint_digest, w.state, w.replans, w.failure, w.traceparent \
    FROM workflows w JOIN goals g ON g.id = w.id WHERE w.id = $1";

/// The tasks of the workflow's own graph; of what came out of them what is small, and not much in all.
const SELECT_TASKS: &str = "\
    SELECT name, state, unhandled IS NOT NULL, \
           CASE WHEN bytes <= 8192 AND sum(bytes) FILTER (WHERE bytes <= 8192) OVER (ORDER BY ordinal) <= 65536 THEN output END \
    FROM (SELECT *, octet_length(output::text) AS bytes FROM tasks WHERE workflow_id = $1 AND strpos(name, '[') = 0 AND strpos(name, '.') = 0) t";

/// The plan and the decision for it, which is made once.
const DECIDE: &str = "\
    WITH stored AS ( \
        INSERT INTO blueprints AS b (digest, body) VALUES ($2, $3) \
        ON CONFLICT (digest) DO UPDATE SET used_at = now() WHERE b.used_at < now() - interval '1 day' \
    ) \
    INSERT INTO decisions (goal_id, verdict, decided_by, reason, blueprint_digest, llm_usage) \
    VALUES ($1, 'replan', $4, $5, $2, $6) \
    ON CONFLICT DO NOTHING";

/// A goal whose workflow has begun, as far as planning it anew needs to know.
#[derive(Clone, Debug)]
pub struct RunningGoal {
    /// Its id, which is its workflow's.
    pub id: WorkflowId,
    /// The goal in words; empty if it has a type or came with its blueprint.
    pub goal: String,
    /// The structured goal type; empty if it has words or came with its blueprint.
    pub goal_type: String,
    /// Its input.
    pub input: Map<String, Value>,
    /// Whose it is.
    pub namespace: Namespace,
    /// The blueprint that it runs.
    pub blueprint_digest: Digest,
    /// How far its workflow has come.
    pub state: WorkflowState,
    /// How often that has waited for another plan.
    pub replans: u32,
    /// Why it waits, if it does.
    pub failure: Option<Failure>,
    /// W3C trace context of its workflow.
    pub traceparent: Option<String>,
    /// The tasks of its own graph that are past pending, by name.
    pub tasks: HashMap<String, Progress>,
}

/// How far a task has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Its state.
    pub state: TaskState,
    /// Whether it makes its workflow fail.
    pub is_unhandled: bool,
    /// What came out of it, if that is small.
    pub output: Option<Value>,
}

impl RunningGoal {
    /// What has become of its plan.
    pub fn past(&self) -> Past {
        let names = |is_it: fn(&Progress) -> bool| {
            let tasks = self.tasks.iter().filter(|(_, task)| is_it(task));
            tasks.map(|(name, _)| name.clone()).collect()
        };
        let succeeded = self.tasks.iter().filter(|(_, task)| task.state == TaskState::Succeeded);
        Past {
            failed: names(|task| task.state == TaskState::Failed && task.is_unhandled),
            cancelled: names(|task| task.state == TaskState::Cancelled),
            ended: names(|task| task.state.is_terminal()),
            outputs: succeeded
                .filter_map(|(name, task)| Some((name.clone(), task.output.clone()?)))
                .collect(),
            reason: self.failure.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// The goal with this id, if its workflow has begun, in one snapshot.
pub async fn running_goal(store: &Store, id: WorkflowId) -> Result<Option<RunningGoal>, Error> {
    let mut client = store.client().await?;
    let snapshot = client.snapshot().await?;
    let goal = snapshot.query(SELECT_GOAL, &[&id.0]).await?;
    let tasks = snapshot.query(SELECT_TASKS, &[&id.0]).await?;
    snapshot.commit().await?;
    let Some(row) = goal.first() else { return Ok(None) };
    let replans: i32 = row.try_get(6)?;
    Ok(Some(RunningGoal {
        id,
        goal: row.try_get(0)?,
        goal_type: row.try_get(1)?,
        input: row.try_get::<_, Json>(2)?.parse("a goal's input")?,
        namespace: lane(row, 3)?.parts().0,
        blueprint_digest: digest(row.try_get(4)?)?,
        state: word(row.try_get(5)?)?,
        replans: replans.try_into().map_err(|error| Error::corrupt("a count", error))?,
        failure: optional(row.try_get(7)?, "a failure")?,
        traceparent: row.try_get(8)?,
        tasks: tasks.iter().map(progress).collect::<Result<_, _>>()?,
    }))
}

fn progress(row: &Row) -> Result<(String, Progress), Error> {
    let (state, output) = (word(row.try_get(1)?)?, optional(row.try_get(3)?, "an output")?);
    Ok((row.try_get(0)?, Progress { state, is_unhandled: row.try_get(2)?, output }))
}

/// Stores another plan of a goal, who has decided for it and why, and what a language model took for it. To decide for
/// the same plan again changes nothing.
pub async fn decide_replan(
    store: &Store,
    goal: GoalId,
    plan: &NewBlueprint,
    decided_by: &str,
    reason: &str,
    usage: Option<&LlmUsage>,
) -> Result<(), Error> {
    let usage = usage.map(Json::of);
    let digest = plan.digest.0.as_slice();
    let client = store.client().await?;
    client.execute(DECIDE, &[&goal.0, &digest, &plan.body, &decided_by, &reason, &usage]).await?;
    Ok(())
}
