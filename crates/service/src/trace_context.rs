//! The W3C trace context, on its way through gRPC, PostgreSQL and Redis.
//!
//! With an OTLP endpoint each hop adds its span; without one the context of the caller is
//! handed on as it came.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::{Request, Status};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const HEADER: &str = "traceparent";
/// Length of a traceparent of version 00.
const LENGTH: usize = 55;

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
pub fn of_span(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(HEADER).filter(|text| is_valid(text))
}

/// Makes `span` a child of the span that the traceparent names.
pub fn continue_from(span: &Span, traceparent: Option<&str>) {
    if let Some(traceparent) = traceparent.filter(|_| ENABLED.load(Ordering::Relaxed)) {
        let carrier = HashMap::from([(HEADER.to_owned(), traceparent.to_owned())]);
        // It fails only where no layer keeps spans.
        let _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
    }
}

/// The traceparent for what is done because of `parent` in a span made by `span`. Without
/// an endpoint no span is made and the parent is handed on.
pub fn child(parent: Option<&str>, span: impl FnOnce() -> Span) -> Option<String> {
    if !ENABLED.load(Ordering::Relaxed) {
        return parent.map(str::to_owned);
    }
    let span = span();
    continue_from(&span, parent);
    span.in_scope(|| of_span(&span))
}

/// A request that carries the traceparent.
pub fn request<T>(message: T, traceparent: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(value) = traceparent.and_then(|text| text.parse().ok()) {
        request.metadata_mut().insert(HEADER, value);
    }
    request
}

/// An interceptor that adds the traceparent of the current span to calls that have none.
pub fn inject(mut request: Request<()>) -> Result<Request<()>, Status> {
    if ENABLED.load(Ordering::Relaxed)
        && !request.metadata().contains_key(HEADER)
        && let Some(value) = of_span(&Span::current()).and_then(|text| text.parse().ok())
    {
        request.metadata_mut().insert(HEADER, value);
    }
    Ok(request)
}

/// The span of a call that comes in.
pub(crate) fn span_of<B>(request: &http::Request<B>) -> Span {
    let span = tracing::debug_span!("call", otel.name = request.uri().path(), rpc = request.uri().path());
    let header = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
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
        assert_eq!(child(Some(PARENT), Span::none).as_deref(), Some(PARENT));
    }

    #[test]
    fn what_is_no_context_is_dropped() {
        assert_eq!(of(&request((), Some("nonsense"))), None);
        assert_eq!(of(&request((), None)), None);
    }
}
