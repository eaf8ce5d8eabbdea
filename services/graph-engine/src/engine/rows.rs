//! The rows that say what an advance of the core did.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use goalpost_checker::CompiledTask;
use goalpost_graph::{Added, Effect, Signal, may_have_timer};
use goalpost_model::{Lane, TaskState, WaitsFor, WorkflowId, WorkflowState};
use goalpost_store::Json;
use goalpost_store::workflows::{
    ChangedTask, ExpandedTask, ExtendedWorkflow, FundedWorkflow, MovedWorkflow, NewSignal, NewTask,
    RelinkedTask, Transitions, WantedKey,
};

use crate::engine::timing::armed;

use crate::engine::live::Live;

/// Adds the rows of every task and workflow that the effects name, as they are now.
/// Answers with the ordinals of the tasks, each with its number of effects.
pub(crate) fn record(
    transitions: &mut Transitions,
    id: WorkflowId,
    live: &mut Live,
    effects: &[Effect],
) -> BTreeMap<usize, i32> {
    let mut events: BTreeMap<usize, i32> = BTreeMap::new();
    for task in effects.iter().filter_map(Effect::task) {
        *events.entry(task).or_default() += 1;
    }
    let last_move = effects.iter().rposition(Effect::moves_workflow);
    let mut seen = HashSet::new();
    // In the order of the effects, which is that of the history.
    for (place, effect) in effects.iter().enumerate() {
        if let Some(task) = effect.task().filter(|task| seen.insert(*task)) {
            record_task(transitions, id, live, task, events[&task]);
            record_timer(transitions, id, live, task);
            record_key(transitions, id, live, task);
        }
        record_other(transitions, id, live, *effect);
        if last_move == Some(place) {
            record_move(transitions, id, live);
        } else if *effect == Effect::WorkflowResumed {
            // It ends at once, or is undone.
            let (state, result, failure) = (WorkflowState::Running, None, None);
            transitions.move_workflow(MovedWorkflow { id, state, result, failure });
        }
    }
    events
}

fn record_task(transitions: &mut Transitions, id: WorkflowId, live: &mut Live, ordinal: usize, events: i32) {
    let task = &live.core.tasks[ordinal];
    let failure = task.failure.as_ref().map(Json::of);
    let unhandled = task.unhandled.as_ref().map(Json::of);
    let taken_edges = task.taken_edges.clone();
    let waits_for = live.core.waits_for(ordinal);
    if live.stored.contains(&ordinal) {
        let running = task.state == TaskState::Running;
        // An attempt that follows another one has its input already, and it is no other.
        let begins =
            !running && (task.state == TaskState::Ready || waits_for.is_some() || !may_run(live, ordinal));
        transitions.change_task(ChangedTask {
            workflow: id,
            ordinal,
            state: task.state,
            attempt: task.attempt,
            failures: task.failures,
            output: task.output.as_deref().map(Json::of),
            failure,
            unhandled,
            taken_edges,
            waits_for,
            input: task.input.as_deref().filter(|_| begins).map(Json::of),
            body: task.body.filter(|_| begins).map(|body| (body.first, body.count)),
            spent: task.spent,
            holder: live.holders.get(&ordinal).filter(|_| running).cloned(),
            events,
        });
    } else {
        let Some(compiled) = live.core.tasks.compiled(ordinal) else { return };
        transitions.add_task(NewTask {
            workflow: id,
            ordinal,
            name: live.core.tasks.name(ordinal).unwrap_or_default(),
            capability: compiled.capability.clone(),
            lane: lane_of(live, compiled),
            state: task.state,
            attempt: task.attempt,
            input: task.input.as_deref().map(Json::of),
            output: task.output.as_deref().map(Json::of),
            failure,
            unhandled,
            taken_edges,
            waits_for,
            body: task.body.map(|body| (body.first, body.count)),
        });
        live.stored.insert(ordinal);
        if task.state == TaskState::Ready {
            live.active_since.insert(ordinal, Instant::now());
        }
    }
}

/// The timer that the task waits for now takes the place of the one before.
fn record_timer(transitions: &mut Transitions, id: WorkflowId, live: &Live, ordinal: usize) {
    if !live.core.tasks.compiled(ordinal).is_some_and(may_have_timer) {
        return;
    }
    match live.core.timer(ordinal) {
        Some(timer) => {
            let attempt = live.core.tasks[ordinal].attempt;
            transitions.armed.push(armed(id, Some(ordinal), attempt, timer));
        }
        None => transitions.disarmed.push((id, Some(ordinal))),
    }
}

/// A task that waits for its key asks for it; one that has none needs none any more.
fn record_key(transitions: &mut Transitions, id: WorkflowId, live: &Live, ordinal: usize) {
    let Some(compiled) = live.core.tasks.compiled(ordinal) else { return };
    let Some(key) = &compiled.key else { return };
    let task = &live.core.tasks[ordinal];
    match &task.key {
        None => transitions.freed.push((id, ordinal)),
        Some(name) if live.core.waits_for(ordinal) == Some(WaitsFor::Key) => {
            let (namespace, _) = live.lane.parts();
            transitions.keys.push(WantedKey {
                workflow: id,
                ordinal,
                attempt: task.attempt,
                name: format!("{namespace}/{name}"),
                most: key.limit,
                lane: lane_of(live, compiled),
            });
        }
        Some(_) => {}
    }
}

/// The lane of a task: its goal's, unless it has a priority of its own.
fn lane_of(live: &Live, task: &CompiledTask) -> Lane {
    let Some(priority) = task.priority else { return live.lane.clone() };
    Lane::new(&live.lane.parts().0, priority)
}

/// Whether workers do the task.
fn may_run(live: &Live, ordinal: usize) -> bool {
    live.core.tasks.compiled(ordinal).is_some_and(|compiled| compiled.control.is_none())
}

fn record_other(transitions: &mut Transitions, id: WorkflowId, live: &Live, effect: Effect) {
    match effect {
        Effect::SignalReceived { signal: place } => {
            let Signal { id: signal, name, payload, taken_by } = &live.core.signals[place];
            transitions.add_signal(NewSignal {
                workflow: id,
                place,
                id: signal.clone(),
                name: name.clone(),
                payload: Json::of(&**payload),
                taken_by: *taken_by,
            });
        }
        Effect::SignalTaken { signal: place } => {
            transitions.taken.extend(live.core.signals[place].taken_by.map(|task| (id, place, task)));
        }
        Effect::Expanded { task: ordinal } => {
            let task = &live.core.tasks[ordinal];
            transitions.expanded.extend(task.planned.as_ref().zip(task.body).map(|(planned, body)| {
                ExpandedTask {
                    workflow: id,
                    ordinal,
                    first: body.first,
                    digest: planned.digest,
                    spent: task.spent,
                }
            }));
            // What it waited for has come.
            transitions.disarmed.push((id, Some(ordinal)));
        }
        Effect::WorkflowExtended => {
            let digest = live.blueprint.digest;
            if let Some(Added { place, first }) = live.core.tasks.added().last().copied() {
                let spent_before = Json::of(&live.core.spent_before());
                let added = (place, first);
                transitions.extend_workflow(ExtendedWorkflow { id, digest, added, spent_before });
            }
        }
        Effect::BudgetChanged => {
            transitions.fund_workflow(FundedWorkflow { id, budget: Json::of(&live.core.budget()) });
        }
        Effect::EdgesAdded { task: ordinal } => {
            let task = &live.core.tasks[ordinal];
            let (taken_edges, unhandled) = (task.taken_edges.clone(), task.unhandled.as_ref().map(Json::of));
            transitions.relinked.push(RelinkedTask { workflow: id, ordinal, taken_edges, unhandled });
        }
        Effect::UndoBegun { task } => {
            transitions.undone.extend(live.core.tasks[task].undo.map(|undo| (id, task, undo)));
        }
        _ => {}
    }
}

fn record_move(transitions: &mut Transitions, id: WorkflowId, live: &Live) {
    transitions.move_workflow(MovedWorkflow {
        id,
        state: live.core.state,
        result: live.core.result.as_ref().map(Json::of),
        failure: live.core.failure.as_ref().map(Json::of),
    });
    let is_over = live.core.state.is_terminal() || live.core.state == WorkflowState::Compensating;
    if live.blueprint.deadline_ms > 0 && is_over {
        transitions.disarmed.push((id, None));
    }
    if live.core.budget().wall_time_ms > 0 && live.core.state != WorkflowState::Running {
        transitions.timeless.push(id);
    }
}
