//! The run of one attempt.

use goalpost_model::{Failure, Oversize, PayloadLimit, Usage};
use goalpost_proto::v1::AttemptAssignment;
use goalpost_proto::{Violations, map_from_struct};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::beats::Beats;
use crate::handler::Handler;
use crate::meter::Meter;
use crate::payloads::Payloads;
use crate::{Attempt, trace};

/// What is too large would take the stream with it, and the result would come again and again.
fn fitting(output: Value) -> Result<Value, Failure> {
    let how = match PayloadLimit::MAX.check(&output) {
        Ok(()) => return Ok(output),
        Err(Oversize::TooLarge { bytes, .. }) => {
            format!("has {bytes} bytes as JSON, more than any engine takes")
        }
        Err(too_deep) => too_deep.to_string(),
    };
    let message =
        format!("the output {how}; store what is large (Attempt::write_payload), and hand its reference on");
    Err(Failure::new(Failure::PAYLOAD_TOO_LARGE, message))
}

/// Runs the handler to its end, or until it is cancelled. Without a handler it fails. Answers also with what it took.
pub(crate) fn run(
    assignment: AttemptAssignment,
    handler: Option<Handler>,
    cancelled: CancellationToken,
    beats: Beats,
    payloads: Payloads,
) -> impl Future<Output = (Result<Value, Failure>, Usage)> + Send {
    let AttemptAssignment {
        attempt,
        capability,
        input,
        idempotency_key,
        traceparent,
        start_to_close_ms,
        heartbeat_ms,
    } = assignment;
    let named = attempt.unwrap_or_default();
    let meter = Meter::default();
    let attempt = Attempt {
        workflow_id: named.workflow_id,
        task: named.task,
        number: named.attempt.try_into().unwrap_or_default(),
        capability,
        idempotency_key,
        traceparent: None,
        start_to_close_ms: start_to_close_ms.try_into().unwrap_or_default(),
        heartbeat_ms: heartbeat_ms.try_into().unwrap_or_default(),
        cancelled: cancelled.clone(),
        beats,
        payloads,
        meter: meter.clone(),
    };
    let span = trace::span(&attempt);
    let attempt = Attempt { traceparent: trace::continue_from(&span, traceparent), ..attempt };
    let run = async move {
        let mut violations = Violations::within(PayloadLimit::MAX);
        let input = map_from_struct(input.unwrap_or_default(), "input", &mut violations);
        let outcome = match (handler, input) {
            (Some(handler), Some(input)) => tokio::select! {
                outcome = handler(attempt, input) => outcome,
                () = cancelled.cancelled() => Err(Failure::new(Failure::CANCELLED, "the attempt was stopped")),
            },
            (None, _) => {
                let message = format!("this worker does not offer {}", attempt.capability);
                Err(Failure::new("CAPABILITY_UNKNOWN", message))
            }
            (_, None) => Err(Failure::new(Failure::INPUT_SCHEMA, violations.to_string())),
        };
        let outcome = outcome.and_then(fitting);
        trace::end(&outcome);
        (outcome, meter.read())
    };
    run.instrument(span)
}
