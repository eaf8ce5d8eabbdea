//! Why tasks do not run, for people.

use std::collections::HashMap;

use goalpost_graph::{EdgeExplanation, Explanation};
use goalpost_model::{EdgeOn, Failure, TaskState, WaitsFor, WorkflowId, WorkflowState};
use goalpost_proto::{timestamp, v1, value_from_json};
use goalpost_service::status;
use goalpost_store::keys::{self, KeyUse};
use goalpost_store::workflows::{self, StoredTask};
use jiff::Timestamp;
use serde_json::Value;
use tonic::Status;

use crate::shared::Shared;
use crate::supply::Supply;

impl Shared {
    /// Why each task of the workflow that has not ended, or was skipped, does not run.
    pub(crate) async fn explain(&self, id: WorkflowId) -> Result<v1::Explanation, Status> {
        let away = |error: goalpost_store::Error| status::store(&error);
        let mut rows = workflows::load(&self.store, &[id]).await.map_err(away)?;
        let row = rows.pop().ok_or_else(|| status::not_found("workflow", &id.to_string()))?;
        let timers = workflows::timers(&self.store, id).await.map_err(away)?;
        let keys = keys::use_of_keys(&self.store, id).await.map_err(away)?;
        let (state, failure) = (row.state, row.failure.clone());
        let is_held = state == WorkflowState::Paused
            && failure.as_ref().is_none_or(|failure| failure.kind != Failure::BUDGET_EXCEEDED);
        let stored: HashMap<usize, StoredTask> =
            row.tasks.iter().map(|task| (task.ordinal, task.clone())).collect();
        let live = self.blueprints.restore(&self.store, row, 0).await.map_err(away)?;
        let live = live.map_err(|problem| status::with_reason(tonic::Code::Internal, "INTERNAL", problem))?;
        let capability = |task: &Explanation| {
            live.core.tasks.compiled(task.task).map_or("", |task| task.capability.as_str())
        };
        let explained = live.core.explain();
        let ready = explained.iter().filter(|task| task.state == TaskState::Ready);
        let supply = Supply::of(self, &ready.map(capability).collect()).await.map_err(away)?;
        let around = Around { supply: &supply, stored: &stored, timers: &timers, keys: &keys, is_held };
        let tasks = explained.into_iter().map(|task| {
            let capability = capability(&task);
            around.explained(task, capability)
        });
        Ok(v1::Explanation {
            workflow_id: id.to_string(),
            state: goalpost_proto::workflow_state(state).into(),
            failure: failure.map(Into::into),
            tasks: tasks.collect(),
        })
    }
}

/// What is known besides the graph.
struct Around<'a> {
    supply: &'a Supply,
    stored: &'a HashMap<usize, StoredTask>,
    timers: &'a HashMap<usize, Timestamp>,
    keys: &'a HashMap<usize, KeyUse>,
    /// Not even what was given out before may begin.
    is_held: bool,
}

impl Around<'_> {
    fn explained(&self, task: Explanation, capability: &str) -> v1::TaskExplanation {
        let reason = self.reason(&task, capability);
        v1::TaskExplanation {
            reason,
            timer_at: self.timers.get(&task.task).copied().map(timestamp),
            state: goalpost_proto::task_state(task.state).into(),
            task: task.name,
            edges: task.edges.into_iter().map(edge).collect(),
        }
    }

    fn reason(&self, task: &Explanation, capability: &str) -> String {
        let stored = self.stored.get(&task.task);
        match task.state {
            TaskState::Pending | TaskState::Skipped => of_edges(task, stored),
            TaskState::Waiting if task.waits_for == Some(WaitsFor::Key) => {
                of_key(self.keys.get(&task.task), task.key.as_deref())
            }
            TaskState::Waiting if task.waits_for == Some(WaitsFor::Budget) => {
                task.no_room.clone().unwrap_or_default()
            }
            TaskState::Waiting => of_waiting(task, stored),
            TaskState::Ready if self.is_held => "the workflow is paused".to_owned(),
            TaskState::Ready => self.supply.reason(capability),
            TaskState::Running => {
                let worker =
                    stored.and_then(|task| task.holder.as_ref()).map(|holder| holder.worker.as_str());
                format!("worker {} runs it", worker.unwrap_or("unknown"))
            }
            _ => String::new(),
        }
    }
}

fn of_edges(task: &Explanation, stored: Option<&StoredTask>) -> String {
    if task.state == TaskState::Skipped {
        let why = stored.and_then(|task| task.failure.as_ref()).map(ToString::to_string);
        return why.unwrap_or_default();
    }
    if let Some(done) = &task.undoing {
        return format!(
            "it waits until what task '{done}' did is undone, which the present plan does without"
        );
    }
    let taken = task.edges.iter().filter(|edge| edge.taken == Some(true)).count();
    let open: Vec<&str> =
        task.edges.iter().filter(|edge| edge.taken.is_none()).map(|edge| edge.source.as_str()).collect();
    let needed = task.needed_edges;
    let edges = if needed == 1 { "1 edge" } else { &format!("{needed} edges") };
    format!("its join needs {edges}, {taken} taken so far; it waits for the end of {}", open.join(", "))
}

fn of_waiting(task: &Explanation, stored: Option<&StoredTask>) -> String {
    let failure = stored.and_then(|task| task.failure.as_ref());
    match (task.waits_for, failure) {
        (Some(WaitsFor::Time), Some(failure)) => format!("it waits for its next attempt, after {failure}"),
        (Some(WaitsFor::Time), None) => "it waits for its time".to_owned(),
        (Some(WaitsFor::Body), _) => format!("it waits for {} tasks inside of it", task.open_inside),
        (Some(WaitsFor::Signal), _) => {
            format!("it waits for the signal '{}'", task.signal.as_deref().unwrap_or_default())
        }
        (Some(WaitsFor::Approval), _) => "it waits for somebody's approval".to_owned(),
        (Some(WaitsFor::Plan), _) => "it waits for its plan".to_owned(),
        (Some(WaitsFor::Extension), _) => "it waits for a graph that somebody brings".to_owned(),
        // Told by others.
        (Some(WaitsFor::Key | WaitsFor::Budget) | None, _) => String::new(),
    }
}

fn of_key(key: Option<&KeyUse>, name: Option<&str>) -> String {
    let Some(KeyUse { name, most, held, holder, before }) = key else {
        return format!("it holds the key '{}' and is about to be ready", name.unwrap_or_default());
    };
    let holder = holder.as_ref().map_or(String::new(), |(workflow, task)| {
        format!(", for the longest time by task {task} of workflow {workflow}")
    });
    format!(
        "it waits for the key '{name}', held by {held} of {most}{holder}; {before} have waited for longer"
    )
}

fn edge(edge: EdgeExplanation) -> v1::EdgeExplanation {
    let on = match edge.on {
        EdgeOn::Success => v1::EdgeOn::Success,
        EdgeOn::Failure => v1::EdgeOn::Failure,
        EdgeOn::Always => v1::EdgeOn::Always,
    };
    let reads = edge.reads.into_iter();
    v1::EdgeExplanation {
        source: edge.source,
        source_state: goalpost_proto::task_state(edge.source_state).into(),
        on: on.into(),
        condition: edge.condition,
        reads: reads.map(|(text, value)| (text, value_from_json(value.unwrap_or(Value::Null)))).collect(),
        taken: edge.taken,
    }
}
