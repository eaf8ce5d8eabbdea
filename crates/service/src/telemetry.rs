//! Logs to standard error; traces to an OTLP endpoint, if one is configured.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::args::{LogFormat, TelemetryArgs};
use crate::trace_context;

/// What is logged if `RUST_LOG` does not say.
const DEFAULT_FILTER: &str = "info,tokio_postgres=warn,h2=warn,hyper=warn,tower=warn,opentelemetry=warn";

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The OTLP endpoint is no address.
    #[error("the OTLP endpoint cannot be used")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Something else listens to this process's log already.
    #[error("telemetry was started before")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Keeps the exporter; sends what is left when it is shut down.
#[must_use = "traces end when it is dropped"]
pub struct Telemetry(Option<SdkTracerProvider>);

/// Starts logs and traces of this process. `service` names it in traces.
pub fn init(args: &TelemetryArgs, service: &'static str) -> Result<Telemetry, Error> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal);
    let log = match args.log_format {
        LogFormat::Text => log.with_target(false).boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    let provider = args.otlp_endpoint.as_deref().map(|endpoint| provider(endpoint, service)).transpose()?;
    let traces = provider.as_ref().map(|provider| {
        trace_context::enable();
        tracing_opentelemetry::layer().with_tracer(provider.tracer("goalpost"))
    });
    tracing_subscriber::registry().with(traces).with(log.with_filter(filter)).try_init()?;
    Ok(Telemetry(provider))
}

fn provider(endpoint: &str, service: &'static str) -> Result<SdkTracerProvider, Error> {
    let exporter =
        opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let resource = Resource::builder().with_service_name(service).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

impl Telemetry {
    /// Sends the traces that are left. Waits for the endpoint; bounded by its timeout.
    pub async fn shutdown(self) {
        let Some(provider) = self.0 else { return };
        // The exporter waits for its own thread.
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}
