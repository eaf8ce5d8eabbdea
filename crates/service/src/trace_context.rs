//! The W3C trace context, on its way through gRPC, PostgreSQL and Redis.
//!
//! With an OTLP endpoint each hop adds its span; without one the context of the caller is
//! handed on as it came.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::Request;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The field of a span that names the service which made it.
pub(crate) const SERVICE: &str = "service.name";

const HEADER: &str = "traceparent";
/// Length of a traceparent of version 00.
const LENGTH: usize = 55;

/// Calls that serve no goal and would only make traces of their own: health, reflection, and the
/// streams that workers keep open.
const UPKEEP: [&str; 2] = ["grpc.", "goalpost.v1.Worker/"];

static ENABLED: AtomicBool = AtomicBool::new(false);

/// Spans are exported from now on.
pub(crate) fn enable() {
    ENABLED.store(true, Ordering::Relaxed);
}

/// The traceparent of a request as the services called because of it shall see it.
pub fn of<T>(request: &Request<T>) -> Option<String> {
    if ENABLED.load(Ordering::Relaxed) {
        return of_span(&Span::current());
    }
    request.metadata().get(HEADER)?.to_str().ok().filter(|text| is_valid(text)).map(str::to_owned)
}

/// The traceparent of a span.
fn of_span(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(HEADER).filter(|text| is_valid(text))
}

/// Makes `span` a child of the span that the traceparent names.
fn continue_from(span: &Span, traceparent: Option<&str>) {
    if let Some(traceparent) = traceparent.filter(|_| ENABLED.load(Ordering::Relaxed)) {
        let carrier = HashMap::from([(HEADER.to_owned(), traceparent.to_owned())]);
        // It fails only where no layer keeps spans.
        let _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
    }
}

/// What is done because of somebody elsewhere. Its span ends with it.
#[must_use = "the span ends when it is dropped"]
pub struct Hop {
    _span: Span,
    traceparent: Option<String>,
}

impl Hop {
    /// Begins in a span made by `span`, a child of the one that `parent` names. Without an
    /// endpoint no span is made and the parent is handed on.
    pub fn begin(parent: Option<&str>, span: impl FnOnce() -> Span) -> Self {
        if !ENABLED.load(Ordering::Relaxed) {
            return Self { _span: Span::none(), traceparent: parent.map(str::to_owned) };
        }
        let span = span();
        continue_from(&span, parent);
        let traceparent = of_span(&span);
        Self { _span: span, traceparent }
    }

    /// The traceparent for whoever is asked to help.
    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }
}

/// A request that carries the traceparent.
pub fn request<T>(message: T, traceparent: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(value) = traceparent.and_then(|text| text.parse().ok()) {
        request.metadata_mut().insert(HEADER, value);
    }
    request
}

/// The span of a call that comes in to `service`.
pub(crate) fn span_of<B>(service: &'static str, request: &http::Request<B>) -> Span {
    let rpc = request.uri().path().trim_start_matches('/');
    let header = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    if header.is_none() && UPKEEP.iter().any(|prefix| rpc.starts_with(prefix)) {
        return Span::none();
    }
    let span =
        tracing::debug_span!("call", otel.name = rpc, otel.kind = "server", rpc, service.name = service);
    continue_from(&span, header);
    span
}

fn is_valid(text: &str) -> bool {
    text.len() == LENGTH
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && &text[3..35] != "00000000000000000000000000000000"
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn the_context_of_the_caller_is_handed_on() {
        let request = request((), Some(PARENT));
        assert_eq!(of(&request).as_deref(), Some(PARENT));
        assert_eq!(Hop::begin(Some(PARENT), Span::none).traceparent(), Some(PARENT));
    }

    #[test]
    fn what_is_no_context_is_dropped() {
        assert_eq!(of(&request((), Some("nonsense"))), None);
        assert_eq!(of(&request((), None)), None);
    }
}
