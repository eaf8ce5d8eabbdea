//! The engine's one write. See `migrations/V0003__create_commit_transitions.sql`.

use std::collections::HashMap;

use goalpost_model::{Digest, EngineId, SessionId, TaskState, WorkflowId, WorkflowState};
use tokio_postgres::types::ToSql;

use crate::{Error, Json, Store};

const COMMIT_TRANSITIONS: &str = "\
    SELECT commit_transitions(\
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
        $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38)";

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

impl ChangedTask {
    /// How many events the change makes: an attempt that is given up for a new one makes two.
    fn events(&self) -> i32 {
        if self.state == TaskState::Ready { 2 } else { 1 }
    }
}

/// Stores the transitions of every workflow whose fence holds, in one transaction, and
/// answers with the new last number of each. A workflow that is missing from the answer
/// was changed by somebody else, or exists already: of it nothing was stored.
pub async fn commit(store: &Store, transitions: &Transitions) -> Result<HashMap<WorkflowId, i64>, Error> {
    let client = store.client().await?;
    let statement = client.prepare_cached(COMMIT_TRANSITIONS).await?;
    let rows = Rows::of(transitions);
    let columns = rows.columns();
    let parameters: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| &**column as _).collect();
    let bases: Vec<i64> = client.query_one(&statement, &parameters).await?.try_get(0)?;
    let stored = rows.workflows.iter().zip(bases).filter(|(_, base)| *base >= 0);
    Ok(stored.map(|(workflow, base)| (workflow.id, base + i64::from(workflow.events))).collect())
}

/// The transitions as the function wants them: each row with its workflow's place and its
/// event's offset.
struct Rows<'a> {
    created: Vec<&'a NewWorkflow>,
    /// Those to be created, then the others; each sorted by id.
    workflows: Vec<Drawn>,
    numbers: Vec<i64>,
    changed_tasks: Vec<Row<'a, ChangedTask>>,
    new_tasks: Vec<Row<'a, NewTask>>,
    ended: Vec<Row<'a, EndedWorkflow>>,
}

/// A workflow and how many numbers are drawn from its history.
struct Drawn {
    id: WorkflowId,
    events: i32,
}

struct Row<'a, T> {
    value: &'a T,
    /// Place of its workflow, from 1.
    place: i32,
    /// Offset of its last event, from 1.
    event: i32,
}

impl<'a> Rows<'a> {
    /// Draws numbers in the order in which the function writes: a history has no gap at any time.
    fn of(transitions: &'a Transitions) -> Self {
        let mut created: Vec<&NewWorkflow> = transitions.created.iter().collect();
        created.sort_unstable_by_key(|workflow| workflow.id);
        let mut fences = transitions.fences.clone();
        fences.sort_unstable();
        // A beginning is an event itself.
        let begun = created.iter().map(|workflow| Drawn { id: workflow.id, events: 1 });
        let mut workflows: Vec<Drawn> =
            begun.chain(fences.iter().map(|(id, _)| Drawn { id: *id, events: 0 })).collect();
        let places: HashMap<WorkflowId, usize> =
            workflows.iter().enumerate().map(|(place, workflow)| (workflow.id, place)).collect();
        let mut draw = |id: WorkflowId, events: i32| {
            let place = places.get(&id).copied()?;
            workflows[place].events += events;
            Some((int(place + 1), workflows[place].events))
        };
        let changed_tasks = rows(&transitions.changed_tasks, |task| draw(task.workflow, task.events()));
        let new_tasks = rows(&transitions.new_tasks, |task| draw(task.workflow, 1));
        let ended = rows(&transitions.ended, |workflow| draw(workflow.id, 1));
        let numbers = fences.iter().map(|(_, number)| *number).collect();
        Self { created, workflows, numbers, changed_tasks, new_tasks, ended }
    }

    /// In the order of the function's parameters.
    fn columns(&self) -> Vec<Column<'_>> {
        let (begun, others) = self.workflows.split_at(self.created.len());
        let Self { created, numbers, changed_tasks, new_tasks, ended, .. } = self;
        vec![
            column(begun, |w| w.id.0),
            column(begun, |w| w.events),
            column(created, |w| w.blueprint_digest.0.as_slice()),
            column(created, |w| w.goal_text.as_str()),
            column(created, |w| &w.goal_input),
            column(created, |w| w.traceparent.as_deref()),
            column(others, |w| w.id.0),
            column(numbers, |number| *number),
            column(others, |w| w.events),
            column(new_tasks, |t| t.place),
            column(new_tasks, |t| int(t.value.ordinal)),
            column(new_tasks, |t| t.event),
            column(new_tasks, |t| t.value.name.as_str()),
            column(new_tasks, |t| t.value.capability.as_str()),
            column(new_tasks, |t| t.value.state.as_str()),
            column(new_tasks, |t| int(t.value.attempt)),
            column(new_tasks, |t| t.value.input.as_ref()),
            column(new_tasks, |t| t.value.failure.as_ref()),
            column(new_tasks, |t| t.value.unhandled.as_ref()),
            column(new_tasks, |t| array_text(&t.value.taken_edges)),
            column(changed_tasks, |t| t.place),
            column(changed_tasks, |t| int(t.value.ordinal)),
            column(changed_tasks, |t| t.event),
            column(changed_tasks, |t| t.value.state.as_str()),
            column(changed_tasks, |t| int(t.value.attempt)),
            column(changed_tasks, |t| int(t.value.failures)),
            column(changed_tasks, |t| t.value.output.as_ref()),
            column(changed_tasks, |t| t.value.failure.as_ref()),
            column(changed_tasks, |t| t.value.unhandled.as_ref()),
            column(changed_tasks, |t| array_text(&t.value.taken_edges)),
            column(changed_tasks, |t| t.value.holder.as_ref().map(|holder| holder.engine.0)),
            column(changed_tasks, |t| t.value.holder.as_ref().map(|holder| holder.session.0)),
            column(changed_tasks, |t| t.value.holder.as_ref().map(|holder| holder.worker.as_str())),
            column(ended, |w| w.place),
            column(ended, |w| w.event),
            column(ended, |w| w.value.state.as_str()),
            column(ended, |w| w.value.result.as_ref()),
            column(ended, |w| w.value.failure.as_ref()),
        ]
    }
}

/// Values with the places and offsets that `draw` gives them. One whose workflow is not named in
/// the transitions has none, and is not stored.
fn rows<T>(values: &[T], mut draw: impl FnMut(&T) -> Option<(i32, i32)>) -> Vec<Row<'_, T>> {
    values.iter().filter_map(|value| draw(value).map(|(place, event)| Row { value, place, event })).collect()
}

type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;

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
