//! What a handler knows of its attempt.

use tokio_util::sync::CancellationToken;

/// One attempt at one task.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(crate) workflow_id: String,
    pub(crate) task: String,
    pub(crate) number: u32,
    pub(crate) capability: String,
    pub(crate) idempotency_key: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) cancelled: CancellationToken,
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

    /// Returns when the result is no longer wanted. The handler's future is dropped at its next
    /// await anyway; this is for what must be told, such as a thread.
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }
}
