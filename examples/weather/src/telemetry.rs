//! Logs to standard error, and the attempts as spans to an OTLP endpoint.
//!
//! The SDK makes a span of each attempt, in the trace of its goal. Where it goes is the worker's
//! choice: this is all that it takes.

use std::error::Error;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// The name of this worker in traces.
const SERVICE: &str = "weather-worker";

/// Starts logs, and traces if there is an endpoint. Keep what it returns, and shut it down at the end.
pub(crate) fn init(otlp_endpoint: Option<&str>) -> Result<Option<SdkTracerProvider>, Box<dyn Error>> {
    let provider = otlp_endpoint.map(provider).transpose()?;
    let traces = provider.as_ref().map(|provider| {
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE));
        // Spans of libraries belong to no goal.
        layer.with_filter(Targets::new().with_target("goalpost", LevelFilter::INFO))
    });
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal);
    tracing_subscriber::registry().with(traces).with(log.with_filter(LevelFilter::INFO)).try_init()?;
    Ok(provider)
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let resource = Resource::builder().with_service_name(SERVICE).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
