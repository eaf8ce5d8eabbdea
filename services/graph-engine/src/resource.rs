//! A stored workflow as the API shows it.

use goalpost_checker::{CompiledBlueprint, CompiledTask};
use goalpost_model::{Lane, TaskState, WorkflowId};
use goalpost_proto::v1;
use goalpost_proto::{struct_from_map, timestamp, value_from_json};
use goalpost_store::workflows::{StoredTask, StoredWorkflow};

/// A stored workflow.
pub(crate) fn workflow(blueprint: &CompiledBlueprint, mut row: StoredWorkflow) -> v1::Workflow {
    let mut tasks = pending(blueprint);
    for stored in std::mem::take(&mut row.tasks) {
        let place = blueprint.graph.ordinal_of(&stored.name);
        match place.and_then(|place| tasks.get_mut(place)) {
            Some(status) => fill(status, stored),
            // Inside of a task.
            None => {
                let (name, capability) = (stored.name.clone(), stored.capability.clone());
                let mut status = v1::TaskStatus { name, capability, ..v1::TaskStatus::default() };
                fill(&mut status, stored);
                tasks.push(status);
            }
        }
    }
    v1::Workflow { tasks, ..without_tasks(row) }
}

/// A stored workflow, whose tasks are of no interest.
pub(crate) fn without_tasks(row: StoredWorkflow) -> v1::Workflow {
    let (namespace, priority) = row.lane.parts();
    v1::Workflow {
        id: row.id.to_string(),
        blueprint_digest: row.blueprint_digest.to_string(),
        state: goalpost_proto::workflow_state(row.state).into(),
        tasks: Vec::new(),
        result: row.result.as_ref().map(struct_from_map),
        failure: row.failure.map(Into::into),
        created_at: Some(timestamp(row.created_at)),
        ended_at: row.ended_at.map(timestamp),
        namespace: namespace.to_string(),
        priority: goalpost_proto::priority(priority).into(),
    }
}

/// A workflow that has just begun, without another look at the store.
pub(crate) fn begun(
    blueprint: &CompiledBlueprint,
    id: WorkflowId,
    lane: &Lane,
    states: &[TaskState],
) -> v1::Workflow {
    let mut tasks = pending(blueprint);
    for (status, state) in tasks.iter_mut().zip(states) {
        status.state = goalpost_proto::task_state(*state).into();
        status.attempt = i32::from(*state == TaskState::Ready);
    }
    let (namespace, priority) = lane.parts();
    v1::Workflow {
        id: id.to_string(),
        namespace: namespace.to_string(),
        priority: goalpost_proto::priority(priority).into(),
        blueprint_digest: blueprint.digest.to_string(),
        state: v1::WorkflowState::Running.into(),
        tasks,
        ..v1::Workflow::default()
    }
}

fn pending(blueprint: &CompiledBlueprint) -> Vec<v1::TaskStatus> {
    let status = |task: &CompiledTask| v1::TaskStatus {
        name: task.name.clone(),
        capability: task.capability.clone(),
        state: v1::TaskState::Pending.into(),
        ..v1::TaskStatus::default()
    };
    blueprint.graph.tasks.iter().map(status).collect()
}

fn fill(status: &mut v1::TaskStatus, stored: StoredTask) {
    status.state = goalpost_proto::task_state(stored.state).into();
    status.attempt = stored.attempt.try_into().unwrap_or(i32::MAX);
    status.worker = stored.holder.map(|holder| holder.worker).unwrap_or_default();
    status.input = stored.input.as_ref().map(struct_from_map);
    status.output = stored.output.map(value_from_json);
    status.failure = stored.failure.map(Into::into);
    status.started_at = stored.started_at.map(timestamp);
    status.ended_at = stored.ended_at.map(timestamp);
}
