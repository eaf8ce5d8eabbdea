//! The engine's one write. See `migrations/V0003__create_commit_transitions.sql`.

use std::collections::HashMap;

use goalpost_model::{Digest, EngineId, SessionId, TaskState, WorkflowId, WorkflowState};
use tokio_postgres::types::ToSql;

use crate::{Error, Json, Store};

const COMMIT_TRANSITIONS: &str = "\
    SELECT id, last_number FROM commit_transitions(\
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
        $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)";

/// What a batch of events did to any number of workflows.
///
/// At most one change for each task. Every workflow that is named is either created
/// here or fenced by the number of its last event that the caller knows.
#[derive(Clone, Debug, Default)]
pub struct Transitions {
    /// Workflows that begin.
    pub created: Vec<NewWorkflow>,
    /// Workflows that exist, each with the number of its last event as the caller knows it.
    pub fences: Vec<(WorkflowId, i64)>,
    /// Tasks that come into being.
    pub new_tasks: Vec<NewTask>,
    /// Tasks that change.
    pub changed_tasks: Vec<ChangedTask>,
    /// Workflows that end.
    pub ended: Vec<EndedWorkflow>,
}

/// A workflow that begins.
#[derive(Clone, Debug)]
pub struct NewWorkflow {
    /// Its id: the goal's, if it serves one.
    pub id: WorkflowId,
    /// The blueprint that it runs; stored already.
    pub blueprint_digest: Digest,
    /// The goal in words.
    pub goal_text: String,
    /// The goal's input.
    pub goal_input: Json,
    /// W3C trace context of whoever asked for it.
    pub traceparent: Option<String>,
}

/// A task that is pending no more.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Its place in the blueprint.
    pub ordinal: usize,
    /// Its name.
    pub name: String,
    /// What it needs.
    pub capability: String,
    /// Ready or ended.
    pub state: TaskState,
    /// 1 if it is ready, else 0.
    pub attempt: u32,
    /// What its attempts are given.
    pub input: Option<Json>,
    /// Why it ended.
    pub failure: Option<Json>,
    /// Why it makes its workflow fail.
    pub unhandled: Option<Json>,
    /// Outgoing edges that its end took.
    pub taken_edges: Vec<usize>,
}

/// A task that moves on.
#[derive(Clone, Debug)]
pub struct ChangedTask {
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Its place in the blueprint.
    pub ordinal: usize,
    /// Its new state.
    pub state: TaskState,
    /// The latest attempt.
    pub attempt: u32,
    /// Attempts that failed and count.
    pub failures: u32,
    /// What came out.
    pub output: Option<Json>,
    /// Why the latest attempt failed.
    pub failure: Option<Json>,
    /// Why it makes its workflow fail.
    pub unhandled: Option<Json>,
    /// Outgoing edges that its end took.
    pub taken_edges: Vec<usize>,
    /// Who runs the attempt from now on; `None` leaves it as it is.
    pub holder: Option<Holder>,
}

/// Who runs an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The engine that gave it out.
    pub engine: EngineId,
    /// The worker's session.
    pub session: SessionId,
    /// The worker's name.
    pub worker: String,
}

/// A workflow that ends.
#[derive(Clone, Debug)]
pub struct EndedWorkflow {
    /// Its id.
    pub id: WorkflowId,
    /// How it ends.
    pub state: WorkflowState,
    /// What came out.
    pub result: Option<Json>,
    /// Why it failed or was cancelled.
    pub failure: Option<Json>,
}

/// Stores the transitions of every workflow whose fence holds, in one transaction, and
/// answers with the new last number of each. A workflow that is missing from the answer
/// was changed by somebody else, or exists already: of it nothing was stored.
pub async fn commit(store: &Store, transitions: &Transitions) -> Result<HashMap<WorkflowId, i64>, Error> {
    let client = store.client().await?;
    let statement = client.prepare_cached(COMMIT_TRANSITIONS).await?;
    let columns = columns(transitions);
    let parameters: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| &**column as _).collect();
    let rows = client.query(&statement, &parameters).await?;
    rows.iter().map(|row| Ok((WorkflowId(row.try_get(0)?), row.try_get(1)?))).collect()
}

type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// The transitions by column, in the order of the function's parameters.
fn columns(transitions: &Transitions) -> Vec<Column<'_>> {
    let Transitions { created, fences, new_tasks, changed_tasks, ended } = transitions;
    // The events of one history keep this order: what changed, then what came into being.
    let changed = changed_tasks.len();
    vec![
        column(created, |w| w.id.0),
        column(created, |w| w.blueprint_digest.0.as_slice()),
        column(created, |w| w.goal_text.as_str()),
        column(created, |w| &w.goal_input),
        column(created, |w| w.traceparent.as_deref()),
        column(fences, |(id, _)| id.0),
        column(fences, |(_, number)| *number),
        column(new_tasks, |t| t.workflow.0),
        column(new_tasks, |t| int(t.ordinal)),
        Box::new((0..new_tasks.len()).map(|place| int(changed + place)).collect::<Vec<_>>()),
        column(new_tasks, |t| t.name.as_str()),
        column(new_tasks, |t| t.capability.as_str()),
        column(new_tasks, |t| t.state.as_str()),
        column(new_tasks, |t| int(t.attempt)),
        column(new_tasks, |t| t.input.as_ref()),
        column(new_tasks, |t| t.failure.as_ref()),
        column(new_tasks, |t| t.unhandled.as_ref()),
        column(new_tasks, |t| array_text(&t.taken_edges)),
        column(changed_tasks, |t| t.workflow.0),
        column(changed_tasks, |t| int(t.ordinal)),
        Box::new((0..changed).map(int).collect::<Vec<_>>()),
        column(changed_tasks, |t| t.state.as_str()),
        column(changed_tasks, |t| int(t.attempt)),
        column(changed_tasks, |t| int(t.failures)),
        column(changed_tasks, |t| t.output.as_ref()),
        column(changed_tasks, |t| t.failure.as_ref()),
        column(changed_tasks, |t| t.unhandled.as_ref()),
        column(changed_tasks, |t| array_text(&t.taken_edges)),
        column(changed_tasks, |t| t.holder.as_ref().map(|holder| holder.engine.0)),
        column(changed_tasks, |t| t.holder.as_ref().map(|holder| holder.session.0)),
        column(changed_tasks, |t| t.holder.as_ref().map(|holder| holder.worker.as_str())),
        column(ended, |w| w.id.0),
        column(ended, |w| w.state.as_str()),
        column(ended, |w| w.result.as_ref()),
        column(ended, |w| w.failure.as_ref()),
    ]
}

fn column<'a, R, T: ToSql + Sync + Send + 'a>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Column<'a> {
    Box::new(rows.iter().map(value).collect::<Vec<T>>())
}

/// Ordinals and attempts are bounded far below 2^31 by the limits of a blueprint.
fn int(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

/// An array of arrays must be rectangular in SQL; so each inner one travels as text.
fn array_text(ordinals: &[usize]) -> Option<String> {
    if ordinals.is_empty() {
        return None;
    }
    let list: Vec<String> = ordinals.iter().map(usize::to_string).collect();
    Some(format!("{{{}}}", list.join(",")))
}
