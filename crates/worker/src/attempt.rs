//! What a handler knows of its attempt.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::beats::Beats;

/// One attempt at one task.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(crate) workflow_id: String,
    pub(crate) task: String,
    pub(crate) number: u32,
    pub(crate) capability: String,
    pub(crate) idempotency_key: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) start_to_close_ms: u64,
    pub(crate) heartbeat_ms: u64,
    pub(crate) cancelled: CancellationToken,
    pub(crate) beats: Beats,
}

impl Attempt {
    /// The workflow's id, a UUID.
    pub fn workflow_id(&self) -> &str {
        &self.workflow_id
    }

    /// The task's name in its blueprint.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// The attempt's number, from 1 on.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The capability that is used.
    pub fn capability(&self) -> &str {
        &self.capability
    }

    /// A key for services that deduplicate: the same whenever this attempt is delivered.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// W3C trace context, for calls to other services.
    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    /// How long it may take; then it is stopped and fails. `None`: as long as it takes.
    pub fn start_to_close(&self) -> Option<Duration> {
        (self.start_to_close_ms > 0).then(|| Duration::from_millis(self.start_to_close_ms))
    }

    /// How long it may go without a [`heartbeat`](Self::heartbeat); then it is stopped and fails. `None`:
    /// for ever.
    pub fn heartbeat_within(&self) -> Option<Duration> {
        (self.heartbeat_ms > 0).then(|| Duration::from_millis(self.heartbeat_ms))
    }

    /// Says that the handler is alive. Costs a message; nothing waits for it.
    pub fn heartbeat(&self) {
        self.beats.beat();
    }

    /// Returns when the result is no longer wanted. The handler's future is dropped at its next
    /// await anyway; this is for what must be told, such as a thread.
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }
}
