//! The attempts that a worker has: running, or ended and not yet acknowledged.

use std::collections::HashMap;

use goalpost_proto::v1::{AttemptRef, AttemptResult, RunningAttempt};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How an attempt is named on the stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    workflow_id: String,
    task: String,
    attempt: i32,
}

/// What is known of an attempt.
enum State {
    Running(CancellationToken),
    /// The result, to be sent again until it is acknowledged.
    Ended(Box<AttemptResult>),
}

/// All attempts of a worker. They survive the loss of its stream.
#[derive(Default)]
pub(crate) struct Held(HashMap<Key, State>);

impl Held {
    /// Notes that the attempt runs. `None` if it was delivered before: it is not run twice.
    pub(crate) fn begin(&mut self, key: &Key) -> Option<CancellationToken> {
        if self.0.contains_key(key) {
            return None;
        }
        let token = CancellationToken::new();
        self.0.insert(key.clone(), State::Running(token.clone()));
        Some(token)
    }

    /// Keeps the result until it is acknowledged.
    pub(crate) fn end(&mut self, key: Key, result: AttemptResult) {
        self.0.insert(key, State::Ended(Box::new(result)));
    }

    /// Stops the attempt if it runs.
    pub(crate) fn cancel(&self, key: &Key) {
        if let Some(State::Running(token)) = self.0.get(key) {
            token.cancel();
        }
    }

    /// Stops every attempt that runs.
    pub(crate) fn cancel_all(&self) {
        self.0.keys().for_each(|key| self.cancel(key));
    }

    /// An engine has the result, or does not want it: it may be forgotten.
    pub(crate) fn acknowledge(&mut self, key: &Key) {
        if let Some(State::Ended(_)) = self.0.get(key) {
            self.0.remove(key);
        }
    }

    /// Nothing runs and nothing waits for its acknowledgement.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of all attempts, for the hello.
    pub(crate) fn refs(&self) -> Vec<AttemptRef> {
        self.0.keys().map(Key::to_ref).collect()
    }

    /// The results that wait for their acknowledgement.
    pub(crate) fn results(&self) -> Vec<AttemptResult> {
        let ended = self.0.values().filter_map(|state| match state {
            State::Ended(result) => Some((**result).clone()),
            State::Running(_) => None,
        });
        ended.collect()
    }
}

impl Key {
    pub(crate) fn of(attempt: Option<AttemptRef>) -> Option<Self> {
        let AttemptRef { workflow_id, task, attempt } = attempt?;
        Some(Self { workflow_id, task, attempt })
    }

    /// The attempt as it is named beside the stream.
    pub(crate) fn in_session(&self, session: Uuid) -> RunningAttempt {
        let Self { workflow_id, task, attempt } = self.clone();
        RunningAttempt { session_id: session.to_string(), workflow_id, task, attempt }
    }

    pub(crate) fn to_ref(&self) -> AttemptRef {
        let Self { workflow_id, task, attempt } = self.clone();
        AttemptRef { workflow_id, task, attempt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_begins_once_and_is_kept_until_it_is_acknowledged() {
        let key = Key { workflow_id: "w".into(), task: "t".into(), attempt: 1 };
        let mut held = Held::default();
        let token = held.begin(&key).unwrap();
        assert!(held.begin(&key).is_none());
        held.acknowledge(&key);
        assert_eq!(held.refs().len(), 1, "a running attempt is not forgotten");
        held.cancel(&key);
        assert!(token.is_cancelled());
        held.end(key.clone(), AttemptResult::default());
        assert_eq!(held.results().len(), 1);
        held.acknowledge(&key);
        assert!(held.is_empty());
    }
}
