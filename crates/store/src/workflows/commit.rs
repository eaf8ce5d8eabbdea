//! The engine's one write. See `migrations/V0003__create_commit_transitions.sql`.

use std::collections::HashMap;

use goalpost_model::{Amount, TimerKind, WaitsFor, WorkflowId};
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use crate::connection::{Parameter, Queries as _, Scalar};
use crate::workflows::{
    ArmedTimer, ChangedTask, Due, ExpandedTask, ExtendedWorkflow, FundedWorkflow, MovedWorkflow, NewSignal,
    NewTask, NewWorkflow, RelinkedTask, Told, Transitions, WantedKey,
};
use crate::{Error, Store};

const COMMIT_TRANSITIONS: &str = "\
    SELECT commit_transitions(\
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
        $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, \
        $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, \
        $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75, $76, $77, $78, $79, \
        $80, $81, $82, $83, $84, $85, $86, $87, $88, $89, $90, $91, $92, $93, $94, $95, $96, $97, $98)";

/// Stores the transitions of every workflow whose fence holds, in one transaction, and
/// answers with the new last number of each. A workflow that is missing from the answer
/// was changed by somebody else, or exists already: of it nothing was stored.
pub async fn commit(store: &Store, transitions: &Transitions) -> Result<HashMap<WorkflowId, i64>, Error> {
    let client = store.client().await?;
    let rows = Rows::of(transitions);
    let columns = rows.columns();
    let parameters: Vec<&dyn Parameter> = columns.iter().map(|column| &**column as _).collect();
    let bases: Vec<i64> = client.query_one(COMMIT_TRANSITIONS, &parameters).await?.try_get(0)?;
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
    undone: Vec<(i32, usize, usize)>,
    extended: Vec<Row<'a, ExtendedWorkflow>>,
    relinked: Vec<(i32, &'a RelinkedTask)>,
    expanded: Vec<(i32, &'a ExpandedTask)>,
    keys: Vec<(i32, &'a WantedKey)>,
    freed: Vec<(i32, usize)>,
    signals: Vec<Row<'a, NewSignal>>,
    taken: Vec<(i32, usize, usize)>,
    moved: Vec<Row<'a, MovedWorkflow>>,
    funded: Vec<Row<'a, FundedWorkflow>>,
    armed: Vec<(i32, &'a ArmedTimer)>,
    disarmed: Vec<(i32, i32)>,
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
    /// Draws numbers in the order in which things happened, whatever the order in which the function writes them.
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
        let (mut signals, mut changed_tasks) = (Vec::new(), Vec::new());
        let (mut new_tasks, mut moved, mut extended) = (Vec::new(), Vec::new(), Vec::new());
        let mut funded = Vec::new();
        for told in &transitions.told {
            match *told {
                Told::Signal(at) => {
                    let signal = &transitions.signals[at];
                    signals.extend(row(signal, draw(signal.workflow, 1)));
                }
                Told::Changed(at) => {
                    let task = &transitions.changed_tasks[at];
                    changed_tasks.extend(row(task, draw(task.workflow, task.events)));
                }
                Told::New(at) => {
                    let task = &transitions.new_tasks[at];
                    new_tasks.extend(row(task, draw(task.workflow, 1)));
                }
                Told::Moved(at) => {
                    let workflow = &transitions.moved[at];
                    moved.extend(row(workflow, draw(workflow.id, 1)));
                }
                Told::Extended(at) => {
                    let workflow = &transitions.extended[at];
                    extended.extend(row(workflow, draw(workflow.id, 1)));
                }
                Told::Funded(at) => {
                    let workflow = &transitions.funded[at];
                    funded.extend(row(workflow, draw(workflow.id, 1)));
                }
            }
        }
        let place = |id: &WorkflowId| places.get(id).map(|place| int(place + 1));
        let armed = transitions.armed.iter().filter_map(|armed| Some((place(&armed.timer.workflow)?, armed)));
        let armed = armed.collect();
        let disarmed = transitions.disarmed.iter();
        let disarmed = disarmed.filter_map(|(id, task)| Some((place(id)?, timer_key(*task))));
        let timeless = transitions.timeless.iter();
        let timeless =
            timeless.filter_map(|id| Some((place(id)?, int(TimerKind::WallTime.place_of_workflows()))));
        let disarmed = disarmed.chain(timeless).collect();
        let placed = |(id, task, other): &(WorkflowId, usize, usize)| Some((place(id)?, *task, *other));
        let undone = transitions.undone.iter().filter_map(placed).collect();
        let relinked = transitions.relinked.iter();
        let relinked = relinked.filter_map(|task| Some((place(&task.workflow)?, task))).collect();
        let expanded = transitions.expanded.iter();
        let expanded = expanded.filter_map(|task| Some((place(&task.workflow)?, task))).collect();
        let keys = transitions.keys.iter().filter_map(|key| Some((place(&key.workflow)?, key))).collect();
        let freed = transitions.freed.iter().filter_map(|(id, task)| Some((place(id)?, *task))).collect();
        let taken = transitions.taken.iter().filter_map(placed).collect();
        let numbers = fences.iter().map(|(_, number)| *number).collect();
        Self {
            created,
            workflows,
            numbers,
            changed_tasks,
            new_tasks,
            undone,
            extended,
            relinked,
            expanded,
            keys,
            freed,
            signals,
            taken,
            moved,
            funded,
            armed,
            disarmed,
        }
    }

    /// In the order of the function's parameters.
    fn columns(&self) -> Vec<Column<'_>> {
        let (begun, others) = self.workflows.split_at(self.created.len());
        let Self {
            created,
            numbers,
            changed_tasks,
            new_tasks,
            undone,
            extended,
            relinked,
            expanded,
            keys,
            freed,
            signals,
            taken,
            moved,
            funded,
            armed,
            disarmed,
            ..
        } = self;
        vec![
            column(begun, |w| w.id.0),
            column(begun, |w| w.events),
            column(created, |w| w.blueprint_digest.0.as_slice()),
            column(created, |w| w.goal_text.as_str()),
            column(created, |w| &w.goal_input),
            column(created, |w| w.traceparent.as_deref()),
            column(created, |w| w.lane.as_str()),
            column(created, |w| &w.budget),
            column(created, |w| &w.spent_before),
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
            column(new_tasks, |t| t.value.output.as_ref()),
            column(new_tasks, |t| t.value.failure.as_ref()),
            column(new_tasks, |t| t.value.unhandled.as_ref()),
            column(new_tasks, |t| array_text(&t.value.taken_edges)),
            column(new_tasks, |t| t.value.lane.as_str()),
            column(new_tasks, |t| t.value.waits_for.map(WaitsFor::as_str)),
            column(new_tasks, |t| t.value.body.map(|(first, _)| int(first))),
            column(new_tasks, |t| t.value.body.map(|(_, count)| int(count))),
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
            column(changed_tasks, |t| t.value.waits_for.map(WaitsFor::as_str)),
            column(changed_tasks, |t| spent_text(t.value.spent)),
            column(changed_tasks, |t| t.value.input.as_ref()),
            column(changed_tasks, |t| t.value.body.map(|(first, _)| int(first))),
            column(changed_tasks, |t| t.value.body.map(|(_, count)| int(count))),
            column(undone, |(place, _, _)| *place),
            column(undone, |(_, task, _)| int(*task)),
            column(undone, |(_, _, by)| int(*by)),
            column(expanded, |(place, _)| *place),
            column(expanded, |(_, task)| int(task.ordinal)),
            column(expanded, |(_, task)| int(task.first)),
            column(expanded, |(_, task)| task.digest.0.as_slice()),
            column(expanded, |(_, task)| spent_text(task.spent)),
            column(keys, |(place, _)| *place),
            column(keys, |(_, key)| int(key.ordinal)),
            column(keys, |(_, key)| int(key.attempt)),
            column(keys, |(_, key)| key.name.as_str()),
            column(keys, |(_, key)| int(key.most)),
            column(keys, |(_, key)| key.lane.as_str()),
            column(freed, |(place, _)| *place),
            column(freed, |(_, task)| int(*task)),
            column(signals, |s| s.place),
            column(signals, |s| s.event),
            column(signals, |s| int(s.value.place)),
            column(signals, |s| s.value.id.as_str()),
            column(signals, |s| s.value.name.as_str()),
            column(signals, |s| &s.value.payload),
            column(signals, |s| s.value.taken_by.map(int)),
            column(taken, |(place, _, _)| *place),
            column(taken, |(_, at, _)| int(*at)),
            column(taken, |(_, _, by)| int(*by)),
            column(moved, |w| w.place),
            column(moved, |w| w.event),
            column(moved, |w| w.value.state.as_str()),
            column(moved, |w| w.value.result.as_ref()),
            column(moved, |w| w.value.failure.as_ref()),
            column(armed, |(place, _)| *place),
            column(armed, |(_, armed)| int(armed.timer.place())),
            column(armed, |(_, armed)| int(armed.timer.attempt)),
            column(armed, |(_, armed)| armed.timer.kind.as_str()),
            column(armed, |(_, armed)| armed.due.after_ms()),
            column(armed, |(_, armed)| armed.due.at()),
            column(disarmed, |(place, _)| *place),
            column(disarmed, |(_, task)| *task),
            column(extended, |w| w.place),
            column(extended, |w| w.event),
            column(extended, |w| w.value.digest.0.as_slice()),
            column(extended, |w| int(w.value.added.0)),
            column(extended, |w| int(w.value.added.1)),
            column(extended, |w| &w.value.spent_before),
            column(relinked, |(place, _)| *place),
            column(relinked, |(_, task)| int(task.ordinal)),
            column(relinked, |(_, task)| array_text(&task.taken_edges)),
            column(relinked, |(_, task)| task.unhandled.as_ref()),
            column(funded, |w| w.place),
            column(funded, |w| w.event),
            column(funded, |w| &w.value.budget),
        ]
    }
}

/// The value with the place and the offset that were drawn for it. One whose workflow is not named in the
/// transitions has none, and is not stored.
fn row<T>(value: &T, drawn: Option<(i32, i32)>) -> Option<Row<'_, T>> {
    drawn.map(|(place, event)| Row { value, place, event })
}

type Column<'a> = Box<dyn Parameter + Send + 'a>;

fn column<'a, R, T: Scalar + ToSql + Sync + Send + 'a>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    Box::new(rows.iter().map(value).collect::<Vec<T>>())
}

/// Ordinals and attempts are bounded far below 2^31 by the limits of a blueprint.
fn int(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

/// The place of a task's timer as it is stored; without a task, of the workflow's deadline.
fn timer_key(task: Option<impl TryInto<i32>>) -> i32 {
    task.map_or(-1, int)
}

impl Due {
    fn after_ms(self) -> Option<i64> {
        match self {
            Self::AfterMs(ms) => Some(i64::try_from(ms).unwrap_or(i64::MAX)),
            Self::At(_) => None,
        }
    }

    fn at(self) -> Option<Timestamp> {
        match self {
            Self::AfterMs(_) => None,
            Self::At(at) => Some(at),
        }
    }
}

/// What a task has taken, as an array of three numbers; `None`: nothing.
fn spent_text(Amount { attempts, money_micros, tokens }: Amount) -> Option<String> {
    // Their sums are far below 2^63: each is at most 10^15 for an attempt.
    let is_some = attempts > 0 || money_micros > 0 || tokens > 0;
    is_some.then(|| format!("{{{attempts},{money_micros},{tokens}}}"))
}

/// An array of arrays must be rectangular in SQL; so each inner one travels as text.
fn array_text(ordinals: &[usize]) -> Option<String> {
    if ordinals.is_empty() {
        return None;
    }
    let list: Vec<String> = ordinals.iter().map(usize::to_string).collect();
    Some(format!("{{{}}}", list.join(",")))
}
