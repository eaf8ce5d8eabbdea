//! Attempts as spans of their goals' traces, for workers whose subscriber exports spans.

use std::collections::HashMap;

use goalpost_model::Failure;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::{Empty, display};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::Attempt;

const HEADER: &str = "traceparent";

/// The span that the attempt runs in.
pub(crate) fn span(attempt: &Attempt) -> Span {
    tracing::info_span!(
        "attempt",
        workflow = attempt.workflow_id,
        task = attempt.task,
        number = attempt.number,
        capability = attempt.capability,
        otel.status_description = Empty,
    )
}

/// Makes the span a child of what the engine told of. Answers with the traceparent for whoever is
/// called by the attempt: of the span, or the engine's where no layer keeps spans.
pub(crate) fn continue_from(span: &Span, traceparent: String) -> Option<String> {
    if traceparent.is_empty() {
        return None;
    }
    let propagator = TraceContextPropagator::new();
    let mut carrier = HashMap::from([(HEADER.to_owned(), traceparent)]);
    // It fails only where no layer keeps spans.
    if span.set_parent(propagator.extract(&carrier)).is_ok() {
        propagator.inject_context(&span.context(), &mut carrier);
    }
    carrier.remove(HEADER)
}

/// Says in the current span how its attempt ended.
pub(crate) fn end<T>(outcome: &Result<T, Failure>) {
    if let Err(failure) = outcome {
        Span::current().record("otel.status_description", display(failure));
    }
}
