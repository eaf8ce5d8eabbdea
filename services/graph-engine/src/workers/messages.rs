//! What the engine says to workers.

use goalpost_model::{AttemptRef, Failure};
use goalpost_proto::v1::{self, WorkResponse, work_response::Message};
use goalpost_store::workflows::HeldAttempt;
use prost::Message as _;

use crate::engine::{Claim, Refusal};
use crate::workers::sessions::Place;

pub(crate) fn welcome(engine: goalpost_model::EngineId) -> WorkResponse {
    response(Message::Welcome(v1::EngineWelcome { engine_id: engine.to_string() }))
}

/// The assignment of a claimed attempt, and the attempt as the worker will name it.
pub(crate) fn assignment(
    attempt: AttemptRef,
    claim: Claim,
    traceparent: Option<&str>,
) -> (HeldAttempt, WorkResponse) {
    let held = HeldAttempt { workflow: attempt.workflow, task: claim.task, attempt: attempt.attempt };
    let message = Message::Assignment(v1::AttemptAssignment {
        attempt: Some(name(&held)),
        capability: claim.capability,
        input: Some(goalpost_proto::struct_from_map(&claim.input)),
        idempotency_key: attempt.to_string(),
        traceparent: traceparent.unwrap_or_default().to_owned(),
        start_to_close_ms: milliseconds(claim.timeouts.start_to_close_ms),
        heartbeat_ms: milliseconds(claim.timeouts.heartbeat_ms),
    });
    (held, response(message))
}

/// Refuses a message that its worker does not take: it would take the stream with it, again and again.
pub(crate) fn check_size(message: &WorkResponse, place: &Place) -> Result<(), Failure> {
    let (bytes, most) = (message.encoded_len(), place.max_message_bytes);
    if bytes <= most {
        return Ok(());
    }
    let message = format!(
        "the assignment has {bytes} bytes, and worker {} takes {most}; let it take more (max_message_bytes), or store what is \
         large as a payload, and pass its reference",
        place.worker
    );
    Err(Failure::new(Failure::PAYLOAD_TOO_LARGE, message))
}

fn milliseconds(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

pub(crate) fn cancel(attempt: &HeldAttempt, reason: &str) -> WorkResponse {
    let (attempt, reason) = (Some(name(attempt)), reason.to_owned());
    response(Message::Cancel(v1::AttemptCancel { attempt, reason }))
}

pub(crate) fn ack(attempt: &HeldAttempt, recorded: Result<(), Refusal>) -> WorkResponse {
    let accepted = recorded.is_ok();
    let reason = recorded.err().map(|refusal| refusal.to_string()).unwrap_or_default();
    let at = Some(goalpost_proto::now());
    response(Message::Ack(v1::AttemptResultAck { attempt: Some(name(attempt)), accepted, reason, at }))
}

/// The answer to a result that names no attempt.
pub(crate) fn ack_unreadable(attempt: Option<v1::AttemptRef>) -> WorkResponse {
    let reason = "the result must name an attempt as it was assigned".to_owned();
    let at = Some(goalpost_proto::now());
    response(Message::Ack(v1::AttemptResultAck { attempt, accepted: false, reason, at }))
}

/// The engine gives out no more: the worker shall go elsewhere.
pub(crate) fn drain(reason: &str) -> WorkResponse {
    response(Message::Drain(v1::EngineDrain { reason: reason.to_owned() }))
}

/// Why an attempt fails whose worker went away.
pub(crate) fn worker_lost(worker: &str) -> Failure {
    let message =
        format!("worker {worker} went away while it had the attempt, and did not come back in time");
    Failure::new(Failure::WORKER_LOST, message)
}

fn name(attempt: &HeldAttempt) -> v1::AttemptRef {
    v1::AttemptRef {
        workflow_id: attempt.workflow.to_string(),
        task: attempt.task.clone(),
        attempt: attempt.attempt.try_into().unwrap_or(i32::MAX),
    }
}

fn response(message: Message) -> WorkResponse {
    WorkResponse { message: Some(message) }
}
