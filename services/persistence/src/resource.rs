//! Stored things as the API shows them.

use goalpost_model::WorkflowId;
use goalpost_proto::{event_type, timestamp, v1, value_from_json};
use goalpost_service::resource;
use goalpost_store::history::{StoredEvent, Verified};

pub(crate) fn event(id: WorkflowId, event: StoredEvent) -> v1::Event {
    let StoredEvent { number, at, kind, task, attempt, worker, failure, output, signal, decision } = event;
    v1::Event {
        workflow_id: id.to_string(),
        number,
        at: Some(timestamp(at)),
        r#type: event_type(kind).into(),
        task: task.unwrap_or_default(),
        attempt: attempt.unwrap_or_default(),
        worker: worker.unwrap_or_default(),
        failure: failure.map(Into::into),
        output: output.map(value_from_json),
        signal: signal.unwrap_or_default(),
        decision: decision.map(resource::decision),
    }
}

pub(crate) fn verified(verified: Verified) -> v1::VerifyResponse {
    let violations = verified
        .violations
        .into_iter()
        .map(|violation| v1::Violation {
            kind: violation.kind,
            workflow_id: violation.workflow.map(|id| id.to_string()).unwrap_or_default(),
            message: violation.message,
            repaired: violation.repaired.unwrap_or_default().to_owned(),
        })
        .collect();
    v1::VerifyResponse { violations, workflows: verified.workflows, events: verified.events }
}
