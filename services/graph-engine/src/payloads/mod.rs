//! Stored payloads: values that are too large to be carried.
//!
//! Parts come and go one by one: in memory there is one part of each stream, and no transaction stays open
//! while somebody sends or receives.

mod download;
mod header;
mod upload;
mod uses;

use std::pin::Pin;

use clap::Args;
use goalpost_model::limits::MAX_STORED_PAYLOAD_BYTES;
use goalpost_model::{Namespace, PayloadId, SessionId, WorkflowId};
use goalpost_proto::v1::{
    PayloadReference, ReadPayloadRequest, ReadPayloadResponse, RunningAttempt, WritePayloadRequest,
};
use goalpost_proto::{Violations, payload_from_model, read_namespace};
use goalpost_service::load::Gate;
use goalpost_service::status;
use goalpost_store::payloads;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::shared::Shared;
use crate::workers::read_attempt;
use header::Header;
use upload::Upload;

/// Parts of a payload, as they are sent.
pub(crate) type Parts = Pin<Box<ReceiverStream<Result<ReadPayloadResponse, Status>>>>;

/// How much may be stored.
#[derive(Args, Clone, Copy, Debug)]
pub struct StoredPayloadArgs {
    /// Bytes of a stored payload at most.
    #[arg(long, env = "GOALPOST_MAX_STORED_PAYLOAD_BYTES", default_value_t = MAX_STORED_PAYLOAD_BYTES)]
    pub max_stored_payload_bytes: u64,
    /// Payloads that one engine takes and gives at once; beyond, calls are refused with RESOURCE_EXHAUSTED.
    #[arg(long, env = "GOALPOST_MAX_PAYLOAD_STREAMS", default_value_t = 64)]
    pub max_payload_streams: usize,
}

impl Default for StoredPayloadArgs {
    fn default() -> Self {
        Self { max_stored_payload_bytes: MAX_STORED_PAYLOAD_BYTES, max_payload_streams: 64 }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A worker, for an attempt that it runs.
    Worker,
    /// A service, for a namespace.
    Service,
}

/// Whose a payload is, and the workflow that writes it.
#[derive(Clone, Debug)]
struct Owner {
    namespace: Namespace,
    workflow: Option<WorkflowId>,
}

/// What takes and gives payloads.
#[derive(Clone)]
pub(crate) struct Payloads {
    pub(crate) shared: Shared,
    gate: Gate,
    max_bytes: u64,
}

impl Payloads {
    pub(crate) fn new(shared: Shared, args: StoredPayloadArgs) -> Self {
        let pause = std::time::Duration::from_secs(1);
        let gate =
            Gate::new(args.max_payload_streams, "payloads on their way", "TOO_MANY_PAYLOAD_STREAMS", pause);
        Self { shared, gate, max_bytes: args.max_stored_payload_bytes }
    }

    /// Stores what comes.
    pub(crate) async fn write(
        &self,
        caller: Caller,
        request: Request<Streaming<WritePayloadRequest>>,
    ) -> Result<Response<PayloadReference>, Status> {
        let place = self.gate.enter()?;
        let mut parts = request.into_inner();
        let first = upload::next(&mut parts).await?;
        let header = Header::read(first, self.max_bytes)?;
        let owner = self.owner(caller, &header.namespace, header.attempt.clone()).await?;
        let upload = Upload::begin(&self.shared.store, &header, &owner, self.max_bytes).await?;
        // A task of its own: this call ends when the caller hangs up, and what has come has to go then.
        let cut = self.shared.drain.cut.clone();
        let taking = self.shared.streams.spawn(async move {
            let taken = upload.take(parts, header, owner, cut).await;
            drop(place);
            taken
        });
        let taken = taking.await.map_err(|_| Status::unavailable("the engine stops"))??;
        Ok(Response::new(payload_from_model(&taken)))
    }

    /// Gives what is stored.
    pub(crate) async fn read(
        &self,
        caller: Caller,
        request: Request<ReadPayloadRequest>,
    ) -> Result<Response<Parts>, Status> {
        let place = self.gate.enter()?;
        let ReadPayloadRequest { id, namespace, attempt } = request.into_inner();
        let mut violations = Violations::default();
        let Ok(payload) = id.parse::<PayloadId>() else {
            violations.add("id", "must be the UUID of a payload");
            return Err(status::invalid_argument(violations));
        };
        let owner = self.owner(caller, &namespace, attempt).await?;
        let store = &self.shared.store;
        let found = payloads::find(store, &owner.namespace, payload).await;
        let found = found.map_err(|error| status::store(&error))?;
        let found = found.ok_or_else(|| status::not_found("payload", &id))?;
        let (sender, parts) = download::channel();
        let (store, cut) = (store.clone(), self.shared.drain.cut.clone());
        self.shared.streams.spawn(async move {
            cut.run_until_cancelled(download::give(&store, found, sender)).await;
            drop(place);
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(parts))))
    }

    async fn owner(
        &self,
        caller: Caller,
        namespace: &str,
        attempt: Option<RunningAttempt>,
    ) -> Result<Owner, Status> {
        let mut violations = Violations::default();
        match (caller, attempt) {
            (Caller::Service, None) => {
                let namespace = read_namespace(namespace, "namespace", &mut violations).unwrap_or_default();
                violations.or(Owner { namespace, workflow: None }).map_err(status::invalid_argument)
            }
            (Caller::Worker, Some(attempt)) if namespace.is_empty() => self.owner_of(attempt).await,
            (Caller::Service, Some(_)) => {
                violations.add("attempt", "must be absent: it is for workers");
                Err(status::invalid_argument(violations))
            }
            (Caller::Worker, _) => {
                violations.add("attempt", "must name the attempt that asks, and no namespace beside it");
                Err(status::invalid_argument(violations))
            }
        }
    }

    async fn owner_of(&self, attempt: RunningAttempt) -> Result<Owner, Status> {
        let RunningAttempt { session_id, workflow_id, task, attempt } = attempt;
        let held = goalpost_proto::v1::AttemptRef { workflow_id, task, attempt };
        let session = session_id.parse::<SessionId>().ok();
        let running = session
            .zip(read_attempt(Some(held)))
            .and_then(|(session, held)| Some((session, self.shared.sessions.attempt_of(session, &held)?)));
        let ended = || {
            let message = "the attempt does not run in this session at this engine (any more)";
            status::with_reason(Code::FailedPrecondition, "ATTEMPT_NOT_RUNNING", message)
        };
        let (session, attempt) = running.ok_or_else(ended)?;
        let found = payloads::namespace_of_attempt(&self.shared.store, session, attempt).await;
        let namespace = found.map_err(|error| status::store(&error))?.ok_or_else(ended)?;
        Ok(Owner { namespace, workflow: Some(attempt.workflow) })
    }
}
