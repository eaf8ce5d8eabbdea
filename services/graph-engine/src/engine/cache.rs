//! The workflows that the engine holds in memory, bounded in number.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use goalpost_model::WorkflowId;

use crate::engine::catch_up::Outdated;
use crate::engine::live::Live;

/// A cache of two generations: what was not used while the younger one filled up is
/// forgotten. What is forgotten is read again when it is needed.
pub(crate) struct Cache {
    young: HashMap<WorkflowId, Live>,
    old: HashMap<WorkflowId, Live>,
    /// What is not true any more, and serves only to be brought up to date.
    outdated: HashMap<WorkflowId, Outdated>,
    /// Since when its tasks have been active, of a workflow that is read again: nothing else knows.
    since: HashMap<WorkflowId, HashMap<usize, Instant>>,
    generation_size: usize,
}

impl Cache {
    /// Holds at most `capacity` workflows.
    pub(crate) fn new(capacity: usize) -> Self {
        let generation_size = (capacity / 2).max(1);
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            outdated: HashMap::new(),
            since: HashMap::new(),
            generation_size,
        }
    }

    pub(crate) fn contains(&self, id: WorkflowId) -> bool {
        self.young.contains_key(&id) || self.old.contains_key(&id)
    }

    pub(crate) fn get_mut(&mut self, id: WorkflowId) -> Option<&mut Live> {
        if let Some(live) = self.old.remove(&id) {
            self.young.insert(id, live);
        }
        self.young.get_mut(&id)
    }

    pub(crate) fn insert(&mut self, id: WorkflowId, mut live: Live) {
        self.old.remove(&id);
        live.stay_active(self.since.remove(&id).unwrap_or_default());
        self.young.insert(id, live);
    }

    pub(crate) fn remove(&mut self, id: WorkflowId) -> Option<Live> {
        self.old.remove(&id).or(self.young.remove(&id))
    }

    /// Somebody else has moved the workflow on. Of the tasks in `unsure` it is not even known how they were.
    pub(crate) fn outdate(&mut self, id: WorkflowId, unsure: BTreeSet<usize>) {
        let Some(live) = self.remove(id) else { return };
        if Outdated::is_worth_the_while(&live) {
            self.outdated.insert(id, Outdated::new(live, unsure));
        } else {
            self.since.insert(id, live.active_since);
        }
    }

    /// What there is to be brought up to date. It is asked for once, when the workflow is read again.
    pub(crate) fn take_outdated(&mut self, id: WorkflowId) -> Option<Outdated> {
        self.outdated.remove(&id)
    }

    /// Nobody asks for them any more.
    pub(crate) fn forget_outdated(&mut self) {
        self.outdated.clear();
        self.since.clear();
    }

    /// Forgets the older generation if the younger one is full. Called between batches, so
    /// that no batch loses a workflow that it works on.
    pub(crate) fn age(&mut self) {
        if self.young.len() >= self.generation_size {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

#[cfg(test)]
mod tests {
    use goalpost_graph::{Event, advance};
    use uuid::Uuid;

    use super::*;
    use crate::engine::tests::live_chain;

    fn id(number: u128) -> WorkflowId {
        WorkflowId(Uuid::from_u128(number))
    }

    #[test]
    fn how_long_tasks_have_been_active_is_known_after_a_workflow_is_read_again() {
        let mut cache = Cache::new(4);
        let since = Instant::now();
        let mut live = live_chain();
        live.active_since = HashMap::from([(0, since), (99, since)]);
        cache.insert(id(1), live);
        cache.outdate(id(1), BTreeSet::new());
        let mut read = live_chain();
        advance(&read.blueprint, &mut read.core, Event::Start).unwrap();
        cache.insert(id(1), read);
        assert_eq!(cache.get_mut(id(1)).unwrap().active_since, HashMap::from([(0, since)]));
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_used_is_forgotten() {
        let mut cache = Cache::new(4);
        for number in 0..2 {
            cache.insert(id(number), live_chain());
        }
        cache.age();
        assert!(cache.get_mut(id(0)).is_some());
        cache.insert(id(2), live_chain());
        cache.age();
        assert!(cache.contains(id(0)) && cache.contains(id(2)));
        assert!(!cache.contains(id(1)));
    }
}
