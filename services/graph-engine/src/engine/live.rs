//! A workflow as the engine holds it in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use goalpost_checker::CompiledBlueprint;
use goalpost_graph::{Added, Planned, Reserved, Signal, Stored, Task, Workflow};
use goalpost_model::{Digest, Lane, TaskState};
use goalpost_store::workflows::{Holder, StoredSignal, StoredTask, StoredWorkflow};

use crate::engine::command::Creation;

/// A workflow, its compiled blueprint, and what of it is stored.
pub(crate) struct Live {
    pub(crate) blueprint: Arc<CompiledBlueprint>,
    pub(crate) core: Workflow,
    /// The number of the last event that this state rests on.
    pub(crate) last_number: i64,
    pub(crate) traceparent: Option<String>,
    /// Its lane on the delivery lists.
    pub(crate) lane: Lane,
    /// Who runs the running attempts, by ordinal.
    pub(crate) holders: HashMap<usize, Holder>,
    /// Since when the ready and running tasks that this engine activated have been so, by ordinal.
    pub(crate) active_since: HashMap<usize, Instant>,
    /// Which tasks have a row.
    pub(crate) stored: HashSet<usize>,
    /// The round of the committer in which it was read. In a later one another engine may
    /// have moved it on.
    pub(crate) read_in: u64,
}

impl Live {
    /// A workflow that is about to begin.
    pub(crate) fn begin(creation: &Creation) -> Self {
        let blueprint = Arc::clone(&creation.blueprint);
        let mut core =
            Workflow::new(&blueprint, creation.goal_text.clone(), Arc::new(creation.goal_input.clone()));
        core.payload_limit = creation.payload_limit;
        core.fund(creation.budget, creation.spent_before);
        let traceparent = creation.traceparent.clone();
        Self {
            blueprint,
            core,
            last_number: 0,
            traceparent,
            lane: creation.lane.clone(),
            holders: HashMap::new(),
            active_since: HashMap::new(),
            stored: HashSet::new(),
            read_in: 0,
        }
    }

    /// A workflow as it is stored. Errors: the rows contradict the blueprint or each other.
    pub(crate) fn restore(
        blueprint: Arc<CompiledBlueprint>,
        planned: &HashMap<Digest, Arc<CompiledBlueprint>>,
        row: StoredWorkflow,
        read_in: u64,
    ) -> Result<Self, String> {
        let mut holders = HashMap::new();
        let mut stored = HashSet::with_capacity(row.tasks.len());
        let mut tasks = Vec::with_capacity(row.tasks.len());
        let mut succeeded = Vec::new();
        for task in row.tasks {
            stored.insert(task.ordinal);
            if let Some(holder) = task.holder.clone() {
                holders.insert(task.ordinal, holder);
            }
            if task.state == TaskState::Succeeded {
                succeeded.push((task.event, task.ordinal));
            }
            tasks.push((task.ordinal, core_task(task, planned)));
        }
        succeeded.sort_unstable();
        let stored_workflow = Stored {
            goal_text: row.goal_text,
            goal_input: Arc::new(row.goal_input),
            state: row.state,
            failure: row.failure,
            result: row.result,
            signals: row.signals.into_iter().map(core_signal).collect(),
            succeeded: succeeded.into_iter().map(|(_, ordinal)| ordinal).collect(),
            replans: row.replans,
            added: row.added_tasks.into_iter().map(|(place, first)| Added { place, first }).collect(),
            budget: row.budget,
            spent_before: row.spent_before,
        };
        let core = Workflow::restore(&blueprint, stored_workflow, tasks)
            .map_err(|error| format!("workflow {}: {error}", row.id))?;
        let (last_number, traceparent, lane) = (row.last_number, row.traceparent, row.lane);
        let active_since = HashMap::new();
        Ok(Self { blueprint, core, last_number, traceparent, lane, holders, active_since, stored, read_in })
    }
}

impl Live {
    /// Notes since when tasks that are active still have been so.
    pub(crate) fn stay_active(&mut self, since: HashMap<usize, Instant>) {
        let is_active = |task: &Task| matches!(task.state, TaskState::Ready | TaskState::Running);
        let tasks = &self.core.tasks;
        self.active_since
            .extend(since.into_iter().filter(|(task, _)| tasks.get(*task).is_some_and(is_active)));
    }
}

pub(crate) fn core_signal(signal: StoredSignal) -> Signal {
    let StoredSignal { id, name, payload, taken_by } = signal;
    Signal { id, name, payload: Arc::new(payload), taken_by }
}

pub(crate) fn core_task(task: StoredTask, planned: &HashMap<Digest, Arc<CompiledBlueprint>>) -> Task {
    let found = |digest: Digest| Some(Planned { digest, graph: Arc::clone(&planned.get(&digest)?.graph) });
    Task {
        planned: task.body_digest.and_then(found),
        state: task.state,
        attempt: task.attempt,
        failures: task.failures,
        input: task.input.map(Arc::new),
        output: task.output.map(Arc::new),
        failure: task.failure,
        unhandled: task.unhandled,
        taken_edges: task.taken_edges,
        body: task.body.map(|(first, count)| Reserved { first, count }),
        undo: task.undo,
        key: task.key,
        spent: task.spent,
        awaits_budget: task.awaits_budget,
    }
}
