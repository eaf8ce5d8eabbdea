//! Bringing a workflow in memory up to date by what has changed since. Two engines that take turns at a workflow
//! of ten thousand tasks would otherwise read ten thousand rows for every step.

use std::collections::{BTreeSet, HashMap};

use goalpost_graph::Task;
use goalpost_model::{TaskState, WorkflowState};
use goalpost_store::workflows::StoredWorkflow;

use crate::engine::live::{Live, core_signal, core_task};

/// Smaller workflows are read as a whole, many at once.
const MIN_TASKS: usize = 100;

/// A workflow as it was.
pub(crate) struct Outdated {
    live: Live,
    /// Tasks that were changed in memory and never stored so.
    unsure: BTreeSet<usize>,
}

impl Outdated {
    /// Whether it is better brought up to date than read as a whole, and not too much would have to be found out.
    pub(crate) fn is_worth_the_while(live: &Live) -> bool {
        live.core.state == WorkflowState::Running && live.stored.len() >= MIN_TASKS
    }

    pub(crate) fn new(live: Live, unsure: BTreeSet<usize>) -> Self {
        Self { live, unsure }
    }

    /// The number of the last event that it rests on.
    pub(crate) fn last_number(&self) -> i64 {
        self.live.last_number
    }

    /// The tasks that have to be read, even if no event is about them.
    pub(crate) fn unsure(&self) -> impl Iterator<Item = usize> + use<'_> {
        self.unsure.iter().copied()
    }

    /// The workflow as it is now: `row` has the tasks that have changed, and those that were not sure. `None` if
    /// more has to be known. Errors: a task contradicts itself.
    pub(crate) fn catch_up(self, row: StoredWorkflow, read_in: u64) -> Result<Option<Live>, String> {
        let Self { mut live, mut unsure } = self;
        // It was extended, in memory alone or by somebody else.
        if row.blueprint_digest != live.blueprint.digest {
            return Ok(None);
        }
        let mut succeeded = Vec::new();
        let mut holders = Vec::new();
        let mut tasks = Vec::with_capacity(row.tasks.len());
        for task in row.tasks {
            // No event says that a graph came up for a task.
            if task.body_digest.is_some() {
                return Ok(None);
            }
            unsure.remove(&task.ordinal);
            holders.extend(task.holder.clone().map(|holder| (task.ordinal, holder)));
            if task.state == TaskState::Succeeded {
                succeeded.push((task.event, task.ordinal));
            }
            tasks.push((task.ordinal, core_task(task, &HashMap::new())));
        }
        succeeded.sort_unstable();
        for (ordinal, _) in &tasks {
            live.forget(*ordinal);
            live.stored.insert(*ordinal);
        }
        // They have no rows: they were begun in memory alone.
        for ordinal in unsure {
            live.forget(ordinal);
            tasks.push((ordinal, Task::default()));
        }
        live.holders.extend(holders);
        let succeeded = succeeded.into_iter().map(|(_, ordinal)| ordinal);
        if !live.core.replace(tasks, succeeded).map_err(|error| format!("workflow {}: {error}", row.id))? {
            return Ok(None);
        }
        live.core.signals = row.signals.into_iter().map(core_signal).collect();
        (live.last_number, live.read_in) = (row.last_number, read_in);
        Ok(Some(live))
    }
}

impl Live {
    /// What is known of a task besides its state.
    fn forget(&mut self, ordinal: usize) {
        self.stored.remove(&ordinal);
        self.holders.remove(&ordinal);
        self.active_since.remove(&ordinal);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use goalpost_graph::Reserved;
    use goalpost_model::Digest;
    use goalpost_store::workflows::{StoredTask, StoredWorkflow};

    use super::*;
    use crate::engine::cache::Cache;
    use crate::engine::command::Step;
    use crate::engine::tests::{ID, claim_of, creation_of, finish, run, side_by_side};

    const TASKS: usize = 2 * MIN_TASKS;

    /// A workflow whose tasks are ready at once, and these steps of it.
    fn after(steps: Vec<Step>) -> Live {
        let mut cache = Cache::new(10);
        let mut all = vec![Step::Create(Arc::new(creation_of(&side_by_side(TASKS))))];
        all.extend(steps);
        for batch in run(&mut cache, all) {
            let live = cache.get_mut(ID).unwrap();
            live.last_number += i64::try_from(batch.transitions.changed_tasks.len()).unwrap();
        }
        cache.remove(ID).unwrap()
    }

    /// What is stored of it, as far as `tasks` go; they moved in their order.
    fn stored(live: &Live, tasks: &[usize]) -> StoredWorkflow {
        let row = |ordinal: &usize| {
            let task = live.core.tasks.get(*ordinal).unwrap().clone();
            StoredTask {
                ordinal: *ordinal,
                name: live.core.tasks.name(*ordinal).unwrap(),
                capability: "c".to_owned(),
                state: task.state,
                attempt: task.attempt,
                failures: task.failures,
                input: task.input.map(|input| (*input).clone()),
                output: task.output.map(|output| (*output).clone()),
                failure: task.failure,
                unhandled: task.unhandled,
                taken_edges: task.taken_edges,
                body: task.body.map(|Reserved { first, count }| (first, count)),
                body_digest: None,
                undo: task.undo,
                key: task.key,
                spent: task.spent,
                awaits_budget: task.awaits_budget,
                event: i64::try_from(*ordinal).unwrap(),
                holder: live.holders.get(ordinal).cloned(),
                started_at: None,
                ended_at: None,
            }
        };
        StoredWorkflow {
            id: ID,
            blueprint_digest: live.blueprint.digest,
            replans: live.core.replans,
            added_tasks: Vec::new(),
            goal_text: live.core.goal_text.clone(),
            goal_input: (*live.core.goal_input).clone(),
            lane: live.lane.clone(),
            state: live.core.state,
            result: None,
            failure: None,
            traceparent: None,
            budget: live.core.budget(),
            spent_before: live.core.spent_before(),
            created_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            ended_at: None,
            last_number: live.last_number,
            tasks: tasks.iter().map(row).collect(),
            signals: Vec::new(),
        }
    }

    fn name(task: usize) -> String {
        format!("task{task}")
    }

    #[test]
    fn what_has_changed_and_what_was_not_sure_is_all_that_has_to_be_read() {
        let both = || vec![claim_of(0), finish(&name(0), 9), claim_of(1), claim_of(2)];
        let theirs = vec![finish(&name(1), 9), claim_of(3), finish(&name(3), 9)];
        let now = after(both().into_iter().chain(theirs).collect());
        // What this engine made of it was never stored: it claimed and ended other tasks meanwhile.
        let mine = vec![finish(&name(2), 9), claim_of(3), claim_of(4), finish(&name(4), 9)];
        let before = after(both().into_iter().chain(mine).collect());
        assert!(before.core != now.core);
        let unsure = BTreeSet::from([2, 3, 4]);
        let outdated = Outdated::new(before, unsure);
        let row = stored(&now, &[1, 2, 3, 4]);
        let caught_up = outdated.catch_up(row, 7).unwrap().unwrap();
        assert!(caught_up.core == now.core);
        assert_eq!((caught_up.stored, caught_up.holders), (now.stored, now.holders));
        assert_eq!((caught_up.last_number, caught_up.read_in), (now.last_number, 7));
    }

    #[test]
    fn a_task_that_was_begun_in_memory_alone_is_pending_again() {
        let now = after(vec![claim_of(0)]);
        let before = after(vec![claim_of(0), finish(&name(0), 9)]);
        let last = TASKS;
        assert_eq!(before.core.tasks[last].state, TaskState::Ready);
        let outdated = Outdated::new(before, BTreeSet::from([0, last]));
        let caught_up = outdated.catch_up(stored(&now, &[0]), 7).unwrap().unwrap();
        assert!(caught_up.core == now.core);
        assert!(!caught_up.stored.contains(&last));
    }

    #[test]
    fn a_row_whose_place_nobody_knows_needs_the_whole() {
        let now = after(Vec::new());
        let mut row = stored(&now, &[0]);
        row.tasks[0].ordinal = 10 * TASKS;
        let outdated = Outdated::new(now, BTreeSet::new());
        assert!(outdated.catch_up(row, 7).unwrap().is_none());
    }

    #[test]
    fn what_was_extended_is_read_as_a_whole() {
        let now = after(Vec::new());
        let mut row = stored(&now, &[0]);
        row.blueprint_digest = Digest::of(b"another one");
        let outdated = Outdated::new(now, BTreeSet::new());
        assert!(outdated.catch_up(row, 7).unwrap().is_none());
    }

    #[test]
    fn small_workflows_are_read_as_a_whole() {
        assert!(!Outdated::is_worth_the_while(&crate::engine::tests::live_chain()));
    }
}
