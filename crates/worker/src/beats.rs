//! Signs of life on their way to the engine.

use std::fmt;

use tokio::sync::mpsc;

use crate::held::Key;

/// Signs of life that wait at most; beyond, there are enough of them.
const ROOM: usize = 1_024;

/// The way of one attempt's signs of life.
#[derive(Clone)]
pub(crate) struct Beats {
    attempt: Key,
    send: mpsc::Sender<Key>,
}

/// Where the signs of life of all attempts go, and where they come from.
pub(crate) fn channel() -> (mpsc::Sender<Key>, mpsc::Receiver<Key>) {
    mpsc::channel(ROOM)
}

impl Beats {
    pub(crate) fn new(attempt: Key, send: mpsc::Sender<Key>) -> Self {
        Self { attempt, send }
    }

    pub(crate) fn beat(&self) {
        // While there is no stream they wait, and then one is as good as many.
        let _ = self.send.try_send(self.attempt.clone());
    }
}

impl fmt::Debug for Beats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Beats").field(&self.attempt).finish()
    }
}
