//! Stored payloads, for a handler: values that are too large for an input or an output.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use goalpost_model::limits::MAX_WORK_MESSAGE_BYTES;
use goalpost_model::{Failure, PayloadReference};
use goalpost_payloads::{Error, Outgoing, Transform, header_of};
use goalpost_peers::Authorized;
use goalpost_proto::v1::worker_client::WorkerClient;
use goalpost_proto::v1::{PayloadHeader, ReadPayloadRequest, RunningAttempt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::secrets::Redactor;

/// How long an engine is waited for, and a call that it refuses for now is repeated.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// The engine that the worker's stream is at, while there is one.
pub(crate) type Engine = watch::Receiver<Option<Authorized>>;

/// The way of one attempt to stored payloads.
#[derive(Clone)]
pub(crate) struct Payloads {
    engine: Engine,
    attempt: RunningAttempt,
    /// Puts references in the places of secrets, if the handler has seen any.
    redactor: Option<Arc<Redactor>>,
}

/// Why a payload could not be written or read. As a [`Failure`] it is `PAYLOAD_TOO_LARGE`, `PAYLOAD_NOT_FOUND`,
/// `PAYLOAD_DAMAGED` or `PAYLOAD_UNAVAILABLE`.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PayloadError(#[from] Error);

impl From<Status> for PayloadError {
    fn from(status: Status) -> Self {
        Self(status.into())
    }
}

impl From<PayloadError> for Failure {
    fn from(PayloadError(error): PayloadError) -> Self {
        let kind = match &error {
            Error::Damaged => Self::PAYLOAD_DAMAGED,
            Error::Bytes(_) => Self::PAYLOAD_UNAVAILABLE,
            Error::Refused(status) => match (status.code(), reason(status).as_deref()) {
                (_, Some("PAYLOAD_TOO_LARGE")) => Self::PAYLOAD_TOO_LARGE,
                (Code::NotFound, _) => Self::PAYLOAD_NOT_FOUND,
                (Code::DataLoss, _) => Self::PAYLOAD_DAMAGED,
                _ => Self::PAYLOAD_UNAVAILABLE,
            },
        };
        let message = match &error {
            Error::Bytes(source) => format!("{error}: {source}"),
            _ => error.to_string(),
        };
        Self::new(kind, message)
    }
}

impl Payloads {
    pub(crate) fn new(engine: Engine, attempt: RunningAttempt) -> Self {
        Self { engine, attempt, redactor: None }
    }

    pub(crate) fn redacted_by(self, redactor: Arc<Redactor>) -> Self {
        Self { redactor: Some(redactor), ..self }
    }

    pub(crate) async fn write(
        &self,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<PayloadReference, PayloadError> {
        let bytes = match &self.redactor {
            Some(redactor) => redactor.bytes(&bytes),
            None => bytes,
        };
        let (bytes, begun) = (Arc::<[u8]>::from(bytes), Instant::now());
        let header = PayloadHeader { attempt: Some(self.attempt.clone()), ..header_of(content_type, &bytes) };
        loop {
            let source = Cursor::new(Arc::clone(&bytes));
            let written = self.send(header.clone(), source, None).await;
            match &written {
                Err(Error::Refused(status)) if may_pass(status, begun) => tokio::time::sleep(PAUSE).await,
                _ => return Ok(written?),
            }
        }
    }

    pub(crate) async fn write_from(
        &self,
        content_type: &str,
        source: impl AsyncRead + Send + 'static,
    ) -> Result<PayloadReference, PayloadError> {
        let attempt = Some(self.attempt.clone());
        let header =
            PayloadHeader { attempt, content_type: content_type.to_owned(), ..PayloadHeader::default() };
        let transform = self.redactor.clone().map(|redactor| -> Transform {
            let mut redacting = redactor.stream();
            Box::new(move |bytes, is_last| redacting.next(&bytes, is_last))
        });
        Ok(self.send(header, source, transform).await?)
    }

    async fn send(
        &self,
        header: PayloadHeader,
        source: impl AsyncRead + Send + 'static,
        transform: Option<Transform>,
    ) -> Result<PayloadReference, Error> {
        let mut client = self.client().await?;
        let call = |parts: Outgoing| async move { client.write_payload(parts).await };
        goalpost_payloads::write(header, source, transform, call).await
    }

    pub(crate) async fn read(
        &self,
        payload: &PayloadReference,
        target: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), PayloadError> {
        let request = ReadPayloadRequest {
            id: payload.id.to_string(),
            attempt: Some(self.attempt.clone()),
            ..ReadPayloadRequest::default()
        };
        let begun = Instant::now();
        let parts = loop {
            match self.client().await?.read_payload(request.clone()).await {
                Err(status) if may_pass(&status, begun) => tokio::time::sleep(PAUSE).await,
                answer => break answer?.into_inner(),
            }
        };
        let found = goalpost_payloads::read(parts, target).await?;
        // The reference came from elsewhere, and may tell of other bytes.
        let is_meant = (found.bytes, found.sha256) == (payload.bytes, payload.sha256);
        if is_meant { Ok(()) } else { Err(Error::Damaged.into()) }
    }

    /// A client of the engine that the worker is at, or will be at soon.
    async fn client(&self) -> Result<WorkerClient<Authorized>, Status> {
        let mut engine = self.engine.clone();
        let connected = tokio::time::timeout(PATIENCE, engine.wait_for(Option::is_some)).await;
        let channel = connected.ok().and_then(|engine| engine.ok()?.clone());
        let channel = channel.ok_or_else(|| Status::unavailable("the worker is connected to no engine"))?;
        Ok(WorkerClient::new(channel)
            .max_decoding_message_size(MAX_WORK_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_WORK_MESSAGE_BYTES))
    }
}

fn may_pass(status: &Status, begun: Instant) -> bool {
    let passes = match status.code() {
        Code::Unavailable | Code::Aborted => true,
        // The engine went away without a word.
        Code::Unknown | Code::Internal | Code::Cancelled => reason(status).is_none(),
        Code::ResourceExhausted => status.get_details_retry_info().is_some(),
        _ => false,
    };
    passes && begun.elapsed() < PATIENCE
}

fn reason(status: &Status) -> Option<String> {
    status.get_details_error_info().map(|info| info.reason)
}

impl std::fmt::Debug for Payloads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Payloads").field(&self.attempt).finish()
    }
}
