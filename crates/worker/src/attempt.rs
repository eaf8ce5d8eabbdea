//! What a handler knows of its attempt.

use std::time::Duration;

use goalpost_model::PayloadReference;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::beats::Beats;
use crate::meter::Meter;
use crate::payloads::{PayloadError, Payloads};

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
    pub(crate) payloads: Payloads,
    pub(crate) meter: Meter,
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

    /// Says that the attempt took so many more tokens of a language model, those of prompt and answer together. The sum
    /// counts against the goal's budget, whether the attempt succeeds or fails; without a word it is as many as the
    /// capability may take at most.
    pub fn add_tokens(&self, tokens: u64) {
        self.meter.add_tokens(tokens);
    }

    /// The same of money, in millionths of the deployment's unit of currency.
    pub fn add_money_micros(&self, money_micros: u64) {
        self.meter.add_money_micros(money_micros);
    }

    /// Stores bytes that are too large for an output, and answers with what stands for them. They stay as long as
    /// the history of this workflow, and of every other that gets the reference. While the engine is away or has
    /// too much to do, it is tried again for 10 s.
    pub async fn write_payload(
        &self,
        content_type: &str,
        bytes: impl Into<Vec<u8>>,
    ) -> Result<PayloadReference, PayloadError> {
        self.payloads.write(content_type, bytes.into()).await
    }

    /// The same with bytes that come one after the other, so that they need not be in memory. If the source or the
    /// engine fails nothing is stored, and nothing is tried again.
    pub async fn write_payload_from(
        &self,
        content_type: &str,
        source: impl AsyncRead + Send + 'static,
    ) -> Result<PayloadReference, PayloadError> {
        self.payloads.write_from(content_type, source).await
    }

    /// The bytes that the reference stands for.
    pub async fn read_payload(&self, payload: &PayloadReference) -> Result<Vec<u8>, PayloadError> {
        let mut bytes = Vec::new();
        self.payloads.read(payload, &mut bytes).await?;
        Ok(bytes)
    }

    /// The same into a target, so that they need not be in memory. After an error the target has some of them.
    pub async fn read_payload_into(
        &self,
        payload: &PayloadReference,
        target: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), PayloadError> {
        self.payloads.read(payload, target).await
    }

    /// Returns when the result is no longer wanted. The handler's future is dropped at its next
    /// await anyway; this is for what must be told, such as a thread.
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }
}
