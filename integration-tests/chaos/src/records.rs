//! What clients and watchers were told, as they are told it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use goalpost_client::v1::{Event, Goal};
use goalpost_model::{EventType, GoalState};

use crate::checker::history::{Accepted, Watched};

/// What clients and watchers were told.
#[derive(Debug, Default)]
pub(crate) struct Records(Mutex<Told>);

/// The records, to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// Submissions by request.
    pub(crate) accepted: BTreeMap<String, Accepted>,
    /// Watches by goal.
    pub(crate) watched: BTreeMap<String, Watched>,
    /// Answers that must not be.
    pub(crate) mishaps: Vec<String>,
}

impl Records {
    /// Everything up to now.
    pub(crate) fn told(&self) -> Told {
        self.lock().clone()
    }

    /// A request is on its way.
    pub(crate) fn requested(&self, request_id: &str) {
        let accepted = Accepted { request_id: request_id.to_owned(), ..Accepted::default() };
        self.lock().accepted.insert(request_id.to_owned(), accepted);
    }

    /// The request was answered with this goal.
    pub(crate) fn accepted(&self, request_id: &str, goal: &Goal) {
        if let Some(accepted) = self.lock().accepted.get_mut(request_id) {
            accepted.ids.push(goal.id.clone());
        }
        self.answered(request_id, goal);
    }

    /// Some answer said how far the goal is.
    pub(crate) fn answered(&self, request_id: &str, goal: &Goal) {
        let state = goal.state().as_str_name().trim_start_matches("GOAL_STATE_").parse::<GoalState>();
        let state = state.ok().filter(|state| state.is_terminal());
        if let Some(accepted) = self.lock().accepted.get_mut(request_id) {
            accepted.ends.extend(state);
        }
    }

    /// A signal of this id was taken in.
    pub(crate) fn signalled(&self, request_id: &str, signal_id: String) {
        if let Some(accepted) = self.lock().accepted.get_mut(request_id) {
            accepted.signals.push(signal_id);
        }
    }

    /// All of the goal is about to be run again.
    pub(crate) fn retries_all(&self, request_id: &str) {
        if let Some(accepted) = self.lock().accepted.get_mut(request_id) {
            accepted.retries_all = true;
        }
    }

    /// A watcher saw an event.
    pub(crate) fn saw(&self, goal: &str, event: &Event) {
        let word = event.r#type().as_str_name().trim_start_matches("EVENT_TYPE_");
        match word.parse::<EventType>() {
            Ok(kind) => self.watch(goal, |watched| watched.seen.push((event.number, kind))),
            Err(error) => self.mishap(format!("a watcher of {goal} saw an event of no kind: {error}")),
        }
    }

    /// A watcher comes back with the last number that it has.
    pub(crate) fn resumed(&self, goal: &str) {
        self.watch(goal, |watched| watched.resumed += 1);
    }

    /// A watcher's stream came to its end.
    pub(crate) fn completed(&self, goal: &str) {
        self.watch(goal, |watched| watched.is_complete = true);
    }

    /// Something happened that must not.
    pub(crate) fn mishap(&self, what: String) {
        self.lock().mishaps.push(what);
    }

    fn watch(&self, goal: &str, change: impl FnOnce(&mut Watched)) {
        let mut told = self.lock();
        let watched = told.watched.entry(goal.to_owned()).or_insert_with(|| Watched {
            goal: goal.to_owned(),
            seen: Vec::new(),
            resumed: 0,
            is_complete: false,
        });
        change(watched);
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
