//! Stored payloads: the engine has them; what comes and goes is handed on.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

use futures::{Stream, StreamExt as _};
use goalpost_model::{GoalId, PayloadId, PayloadReference, WorkflowId};
use goalpost_proto::Violations;
use goalpost_proto::v1::{
    self, KeepPayloadsRequest, KeepPayloadsResponse, ReadPayloadRequest, ReadPayloadResponse,
    WritePayloadRequest, write_payload_request,
};
use goalpost_service::access::Caller;
use goalpost_service::load::Place;
use goalpost_service::{status, trace_context};
use tonic::{Status, Streaming};

use crate::requests::Submission;
use crate::{Context, access};

/// A payload on its way to whoever reads it.
pub(crate) struct Parts {
    parts: Streaming<ReadPayloadResponse>,
    _place: Place,
}

impl Stream for Parts {
    type Item = Result<ReadPayloadResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<Option<Self::Item>> {
        self.parts.poll_next_unpin(poller)
    }
}

/// Hands on what comes. If it breaks off here, it breaks off there: it does not end.
pub(crate) fn write(
    context: &Context,
    caller: Caller,
    parts: Streaming<WritePayloadRequest>,
    traceparent: Option<String>,
) -> impl Future<Output = Result<v1::PayloadReference, Status>> + Send + use<> {
    let mut engine = context.peers.engine.clone();
    let parts = parts.map(move |part| for_whom_may(&caller, part?));
    goalpost_payloads::unbroken(parts, move |parts| async move {
        engine.write_payload(trace_context::request(parts, traceparent.as_deref())).await
    })
}

/// The part, if the caller may write for the namespace that it names.
fn for_whom_may(caller: &Caller, mut part: WritePayloadRequest) -> Result<WritePayloadRequest, Status> {
    if let Some(write_payload_request::Message::Header(header)) = &mut part.message {
        access::settle(caller, &mut header.namespace)?;
    }
    Ok(part)
}

/// Hands on what is stored.
pub(crate) async fn read(
    context: &Context,
    request: ReadPayloadRequest,
    traceparent: Option<&str>,
    place: Place,
) -> Result<Parts, Status> {
    let request = trace_context::request(request, traceparent);
    let parts = context.peers.engine.clone().read_payload(request).await?.into_inner();
    Ok(Parts { parts, _place: place })
}

/// Keeps what a goal that is to be stored refers to, for its history. Errors name what is not there.
pub(crate) async fn keep(
    context: &Context,
    id: GoalId,
    submission: &Submission,
    traceparent: Option<&str>,
) -> Result<(), Status> {
    let of_input = PayloadReference::ids_in(submission.wanted.input.values());
    let own = submission.wanted.blueprint.as_ref();
    let of_blueprint = own.map(|own| PayloadReference::ids_in_blueprint(&own.blueprint)).unwrap_or_default();
    if of_input.is_empty() && of_blueprint.is_empty() {
        return Ok(());
    }
    let request = KeepPayloadsRequest {
        workflow_id: WorkflowId::from(id).to_string(),
        namespace: submission.namespace.to_string(),
        payload_ids: of_input.union(&of_blueprint).map(ToString::to_string).collect(),
    };
    let request = trace_context::request(request, traceparent);
    let KeepPayloadsResponse { missing_ids } =
        context.peers.engine.clone().keep_payloads(request).await?.into_inner();
    let mut violations = Violations::default();
    for (field, ids) in [("input", &of_input), ("blueprint", &of_blueprint)] {
        note_missing(field, ids, &missing_ids, &mut violations);
    }
    violations.or(()).map_err(status::invalid_argument)
}

fn note_missing(field: &str, ids: &BTreeSet<PayloadId>, missing: &[String], violations: &mut Violations) {
    for id in ids.iter().map(ToString::to_string).filter(|id| missing.contains(id)) {
        let message = format!(
            "refers to payload {id}, which the namespace does not have (any more); write it with WritePayload"
        );
        violations.add(field, message);
    }
}
