//! The tasks and signals of goals that are put together from pieces.

use std::collections::BTreeMap;

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::checker::history::{Goal, Signal, TaskRow};
use crate::{Error, workload};

const TASKS: &str = "\
    SELECT t.workflow_id, t.ordinal, t.name, t.capability, t.state, t.failure->>'kind', t.undo, \
           CASE t.capability WHEN 'goalpost.await_signal' THEN t.input->>'name' END, \
           CASE t.capability WHEN 'goalpost.for_each' THEN json_array_length(t.input->'items') END, \
           CASE t.capability WHEN 'goalpost.for_each' THEN json_array_length(t.output->'outputs') END, \
           split_part(t.lane, ':', 1) || '/' || (t.input->>'key') \
    FROM tasks t ORDER BY t.workflow_id, t.ordinal";

const SIGNALS: &str =
    "SELECT workflow_id, id, name, event, taken_by FROM signals ORDER BY workflow_id, place";

/// Adds them to their goals.
pub(super) async fn collect(
    database: &Client,
    seed: u64,
    goals: &mut BTreeMap<String, Goal>,
) -> Result<(), Error> {
    let mut undoable = BTreeMap::new();
    for (id, goal) in goals.iter() {
        let wanted = workload::Goal::draw(seed, goal.request_id.parse()?);
        undoable.extend(wanted.tasks.map(|_| (id.clone(), wanted.undoable)));
    }
    for row in database.query(TASKS, &[]).await? {
        let id = row.try_get::<_, Uuid>(0)?.to_string();
        if let (Some(goal), Some(undoable)) = (goals.get_mut(&id), undoable.get(&id)) {
            let (ordinal, task) = task(&row, undoable)?;
            goal.rows.insert(ordinal, task);
        }
    }
    for row in database.query(SIGNALS, &[]).await? {
        let id = row.try_get::<_, Uuid>(0)?.to_string();
        let signal = Signal {
            id: row.try_get(1)?,
            name: row.try_get(2)?,
            event: row.try_get(3)?,
            taken_by: number(&row, 4)?,
        };
        goals.entry(id).and_modify(|goal| goal.signals.push(signal));
    }
    Ok(())
}

fn task(row: &Row, undoable: &[String]) -> Result<(usize, TaskRow), Error> {
    let name: String = row.try_get(2)?;
    let task = TaskRow {
        is_undoable: undoable.contains(&name),
        name,
        capability: row.try_get(3)?,
        state: row.try_get::<_, &str>(4)?.parse()?,
        failure: row.try_get(5)?,
        undo: number(row, 6)?,
        signal: row.try_get(7)?,
        key: row.try_get(10)?,
        gathered: number(row, 8)?.zip(number(row, 9)?),
    };
    Ok((number(row, 1)?.unwrap_or_default(), task))
}

fn number(row: &Row, column: usize) -> Result<Option<usize>, Error> {
    Ok(row.try_get::<_, Option<i32>>(column)?.map(usize::try_from).transpose()?)
}
