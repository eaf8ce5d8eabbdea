//! A collector of traces: a real OTLP receiver.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{self, ResourceSpans, status::StatusCode};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// A span as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) failed: bool,
    begun: u64,
    attributes: BTreeMap<String, String>,
}

/// Keeps every span that is sent to it.
#[derive(Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Vec<Span>>>);

impl Collector {
    /// Listens; answers with its endpoint too.
    pub(crate) async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let server = Server::builder().add_service(TraceServiceServer::new(collector.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (collector, endpoint)
    }

    /// What was received, in the order in which it began.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let mut spans = self.0.lock().unwrap().clone();
        spans.sort_by_key(|span| span.begun);
        spans
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let received = request.into_inner().resource_spans.into_iter().flat_map(read);
        self.0.lock().unwrap().extend(received);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn read(group: ResourceSpans) -> Vec<Span> {
    let resource = attributes(group.resource.unwrap().attributes);
    let spans = group.scope_spans.into_iter().flat_map(|scope| scope.spans);
    spans.map(|span| Span::read(&resource["service.name"], span)).collect()
}

impl Span {
    fn read(service: &str, span: v1::Span) -> Self {
        Self {
            service: service.to_owned(),
            name: span.name,
            trace: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            failed: span.status.is_some_and(|status| status.code() == StatusCode::Error),
            begun: span.start_time_unix_nano,
            attributes: attributes(span.attributes),
        }
    }

    /// Service and name; for attempts also task, number and end.
    fn line(&self) -> String {
        let attribute = |name| self.attributes.get(name).map(|value| format!(" {value}"));
        let attempt = ["task", "number"].map(|name| attribute(name).unwrap_or_default()).concat();
        let failed = if self.failed { " failed" } else { "" };
        format!("{} {}{attempt}{failed}", self.service, self.name)
    }
}

/// The spans below `parent`, one a line, children indented.
pub(crate) fn tree(spans: &[Span], parent: &str) -> Vec<String> {
    let children = spans.iter().filter(|span| span.parent == parent);
    let lines = children.flat_map(|span| {
        let below = tree(spans, &span.id);
        std::iter::once(span.line()).chain(below.into_iter().map(|line| format!("  {line}")))
    });
    lines.collect()
}

fn attributes(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    attributes.into_iter().map(|attribute| (attribute.key, text(attribute.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
