//! Reading workflows.

use std::collections::HashMap;

use futures::future::try_join3;
use goalpost_model::{
    Amount, Digest, EngineId, Failure, GoalBudget, Lane, SessionId, TaskState, WaitsFor, WorkflowId,
    WorkflowState,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::keys::bare;
use crate::row::{digest, lane};
use crate::workflows::Holder;
use crate::{Error, Json, Store};

pub(crate) const SELECT_WORKFLOWS: &str = "\
    SELECT w.id, w.blueprint_digest, w.added_tasks, w.replans, w.goal_text, w.goal_input, w.lane, w.state, w.result, w.failure, w.traceparent, w.budget, w.spent_before, \
           w.created_at, w.ended_at, h.last_number \
    FROM workflows w JOIN histories h USING (id) WHERE w.id = ANY ($1)";

pub(crate) const TASK_COLUMNS: &str = "\
    workflow_id, ordinal, name, capability, state, attempt, failures, input, output, failure, unhandled, taken_edges, \
    body_first, body_count, body_digest, undo, spent, waits_for, event, engine_id, session_id, worker, started_at, ended_at, key";

/// Tasks with their keys.
pub(crate) const TASKS: &str = "\
    tasks LEFT JOIN (SELECT workflow_id AS of_workflow, task AS of_task, name AS key FROM concurrency_keys) k \
    ON of_workflow = workflow_id AND of_task = ordinal";

pub(crate) const SELECT_SIGNALS: &str = "\
    SELECT workflow_id, id, name, payload, taken_by FROM signals WHERE workflow_id = ANY ($1) ORDER BY workflow_id, place";

const SELECT_TIMERS: &str = "SELECT task, fire_at FROM timers WHERE workflow_id = $1 AND task >= 0";

/// When the timers of the workflow's tasks fire, by ordinal.
pub async fn timers(store: &Store, id: WorkflowId) -> Result<HashMap<usize, Timestamp>, Error> {
    let rows = store.client().await?.query(SELECT_TIMERS, &[&id.0]).await?;
    rows.iter().map(|row| Ok((count(row.try_get(0)?)?, row.try_get(1)?))).collect()
}

/// A workflow as it is stored.
#[derive(Clone, Debug)]
pub struct StoredWorkflow {
    /// Its id.
    pub id: WorkflowId,
    /// The blueprint that it runs.
    pub blueprint_digest: Digest,
    /// By which tasks that was extended, in the order in which it was: the place of the first one, and its ordinal.
    pub added_tasks: Vec<(usize, usize)>,
    /// How often it has waited for another plan.
    pub replans: u32,
    /// The goal in words.
    pub goal_text: String,
    /// The goal's input.
    pub goal_input: Map<String, Value>,
    /// Its lane on the delivery lists.
    pub lane: Lane,
    /// How far it has come.
    pub state: WorkflowState,
    /// What came out.
    pub result: Option<Map<String, Value>>,
    /// Why it failed or was cancelled.
    pub failure: Option<Failure>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// What it may take.
    pub budget: GoalBudget,
    /// What was spent before it began.
    pub spent_before: Amount,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The number of its last event.
    pub last_number: i64,
    /// Its tasks that are past pending, by ordinal.
    pub tasks: Vec<StoredTask>,
    /// The signals that came, in their order.
    pub signals: Vec<StoredSignal>,
}

/// A signal as it is stored.
#[derive(Clone, Debug)]
pub struct StoredSignal {
    /// Tells it from others.
    pub id: String,
    /// What tasks wait for.
    pub name: String,
    /// What came with it.
    pub payload: Value,
    /// The task that took it.
    pub taken_by: Option<usize>,
}

/// A task as it is stored.
#[derive(Clone, Debug)]
pub struct StoredTask {
    /// Its place in the blueprint; those of graphs inside of tasks come after.
    pub ordinal: usize,
    /// Its name, with the tasks that it is inside of.
    pub name: String,
    /// What it needs.
    pub capability: String,
    /// How far it has come.
    pub state: TaskState,
    /// The latest attempt; 0 if there was none.
    pub attempt: u32,
    /// Attempts that failed and count.
    pub failures: u32,
    /// What its attempts are given.
    pub input: Option<Map<String, Value>>,
    /// What came out.
    pub output: Option<Value>,
    /// Why the latest attempt failed, or the task ended.
    pub failure: Option<Failure>,
    /// Why it makes its workflow fail.
    pub unhandled: Option<Failure>,
    /// Outgoing edges that its end took.
    pub taken_edges: Vec<usize>,
    /// The first ordinal that it has reserved for the graph inside of it, and for how many runs.
    pub body: Option<(usize, usize)>,
    /// The blueprint whose graph is inside of it, if it came up only when the task was reached.
    pub body_digest: Option<Digest>,
    /// The task that undoes it, once that has begun.
    pub undo: Option<usize>,
    /// The key that it waits for or holds.
    pub key: Option<String>,
    /// What its attempts took that are over.
    pub spent: Amount,
    /// Whether it waits for room in the budget.
    pub awaits_budget: bool,
    /// The number of the event that its last change of state made.
    pub event: i64,
    /// Who runs or ran the latest attempt.
    pub holder: Option<Holder>,
    /// When the latest attempt started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The workflows with these ids, as far as they exist, in one snapshot.
pub async fn load(store: &Store, ids: &[WorkflowId]) -> Result<Vec<StoredWorkflow>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let select_tasks = format!(
        "SELECT {TASK_COLUMNS} FROM {TASKS} WHERE workflow_id = ANY ($1) ORDER BY workflow_id, ordinal"
    );
    let mut client = store.client().await?;
    let snapshot = client.snapshot().await?;
    let (workflows, tasks, signals) = try_join3(
        snapshot.query(SELECT_WORKFLOWS, &[&ids]),
        snapshot.query(&select_tasks, &[&ids]),
        snapshot.query(SELECT_SIGNALS, &[&ids]),
    )
    .await?;
    snapshot.commit().await?;
    assemble(&workflows, &tasks, &signals)
}

/// The workflow without its tasks and signals.
pub async fn load_without_tasks(store: &Store, id: WorkflowId) -> Result<Option<StoredWorkflow>, Error> {
    let rows = store.client().await?.query(SELECT_WORKFLOWS, &[&vec![id.0]]).await?;
    rows.first().map(workflow).transpose()
}

/// Puts tasks and signals into their workflows.
pub(crate) fn assemble(
    workflows: &[Row],
    tasks: &[Row],
    signals: &[Row],
) -> Result<Vec<StoredWorkflow>, Error> {
    let mut loaded = workflows.iter().map(workflow).collect::<Result<Vec<_>, _>>()?;
    loaded.sort_unstable_by_key(|workflow| workflow.id);
    for row in tasks {
        let id = WorkflowId(row.try_get("workflow_id")?);
        if let Ok(place) = loaded.binary_search_by_key(&id, |workflow| workflow.id) {
            loaded[place].tasks.push(task(row)?);
        }
    }
    for row in signals {
        let id = WorkflowId(row.try_get("workflow_id")?);
        if let Ok(place) = loaded.binary_search_by_key(&id, |workflow| workflow.id) {
            loaded[place].signals.push(signal(row)?);
        }
    }
    Ok(loaded)
}

fn workflow(row: &Row) -> Result<StoredWorkflow, Error> {
    Ok(StoredWorkflow {
        id: WorkflowId(row.try_get("id")?),
        blueprint_digest: digest(row.try_get("blueprint_digest")?)?,
        added_tasks: pairs(row.try_get("added_tasks")?)?,
        replans: count(row.try_get("replans")?)?,
        goal_text: row.try_get("goal_text")?,
        goal_input: row.try_get::<_, Json>("goal_input")?.parse("a goal's input")?,
        lane: lane(row, "lane")?,
        state: word(row.try_get("state")?)?,
        result: optional(row.try_get("result")?, "a workflow's result")?,
        failure: optional(row.try_get("failure")?, "a failure")?,
        traceparent: row.try_get("traceparent")?,
        budget: row.try_get::<_, Json>("budget")?.parse("a budget")?,
        spent_before: row.try_get::<_, Json>("spent_before")?.parse("what was spent")?,
        created_at: row.try_get("created_at")?,
        ended_at: row.try_get("ended_at")?,
        last_number: row.try_get("last_number")?,
        tasks: Vec::new(),
        signals: Vec::new(),
    })
}

fn signal(row: &Row) -> Result<StoredSignal, Error> {
    Ok(StoredSignal {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        payload: row.try_get::<_, Json>("payload")?.parse("a signal's payload")?,
        taken_by: row.try_get::<_, Option<i32>>("taken_by")?.map(count).transpose()?,
    })
}

fn task(row: &Row) -> Result<StoredTask, Error> {
    let taken: Option<Vec<i32>> = row.try_get("taken_edges")?;
    let waits_for: Option<&str> = row.try_get("waits_for")?;
    Ok(StoredTask {
        ordinal: count(row.try_get("ordinal")?)?,
        name: row.try_get("name")?,
        capability: row.try_get("capability")?,
        state: word(row.try_get("state")?)?,
        attempt: count(row.try_get("attempt")?)?,
        failures: count(row.try_get("failures")?)?,
        input: optional(row.try_get("input")?, "a task's input")?,
        output: optional(row.try_get("output")?, "a task's output")?,
        failure: optional(row.try_get("failure")?, "a failure")?,
        unhandled: optional(row.try_get("unhandled")?, "a failure")?,
        taken_edges: taken.unwrap_or_default().into_iter().map(count).collect::<Result<_, _>>()?,
        body: body(row)?,
        body_digest: row.try_get::<_, Option<&[u8]>>("body_digest")?.map(digest).transpose()?,
        undo: row.try_get::<_, Option<i32>>("undo")?.map(count).transpose()?,
        key: row.try_get::<_, Option<&str>>("key")?.map(|key| bare(key).to_owned()),
        spent: spent(row)?,
        awaits_budget: waits_for == Some(WaitsFor::Budget.as_str()),
        event: row.try_get("event")?,
        holder: holder(row)?,
        started_at: row.try_get("started_at")?,
        ended_at: row.try_get("ended_at")?,
    })
}

fn holder(row: &Row) -> Result<Option<Holder>, Error> {
    let engine: Option<Uuid> = row.try_get("engine_id")?;
    let session: Option<Uuid> = row.try_get("session_id")?;
    let worker: Option<String> = row.try_get("worker")?;
    Ok(engine.zip(session).map(|(engine, session)| Holder {
        engine: EngineId(engine),
        session: SessionId(session),
        worker: worker.unwrap_or_default(),
    }))
}

fn body(row: &Row) -> Result<Option<(usize, usize)>, Error> {
    let first: Option<i32> = row.try_get("body_first")?;
    let runs: Option<i32> = row.try_get("body_count")?;
    first.zip(runs).map(|(first, runs)| Ok((count(first)?, count(runs)?))).transpose()
}

fn spent(row: &Row) -> Result<Amount, Error> {
    let Some(sums) = row.try_get::<_, Option<Vec<i64>>>("spent")? else { return Ok(Amount::default()) };
    let [attempts, money_micros, tokens] = sums[..] else {
        return Err(Error::corrupt("what a task has taken", format!("it is {} numbers", sums.len())));
    };
    Ok(Amount {
        attempts: attempts.unsigned_abs(),
        money_micros: money_micros.unsigned_abs(),
        tokens: tokens.unsigned_abs(),
    })
}

pub(crate) fn optional<T: serde::de::DeserializeOwned>(
    json: Option<Json>,
    what: &'static str,
) -> Result<Option<T>, Error> {
    json.map(|json| json.parse(what)).transpose()
}

pub(crate) fn word<T: std::str::FromStr<Err: std::fmt::Display>>(word: &str) -> Result<T, Error> {
    word.parse().map_err(|error| Error::corrupt("a state", error))
}

/// Pairs that are stored one after the other.
fn pairs(numbers: Vec<i32>) -> Result<Vec<(usize, usize)>, Error> {
    numbers.chunks_exact(2).map(|pair| Ok((count(pair[0])?, count(pair[1])?))).collect()
}

fn count<T: TryFrom<i32, Error: std::fmt::Display>>(number: i32) -> Result<T, Error> {
    number.try_into().map_err(|error| Error::corrupt("a count", error))
}
