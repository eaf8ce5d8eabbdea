//! Logs to standard error; traces to an OTLP endpoint, if one is configured.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::args::{LogFormat, TelemetryArgs};
use crate::by_service::ByService;
use crate::trace_context;

/// What is logged if `RUST_LOG` does not say.
const DEFAULT_FILTER: &str = "info,tokio_postgres=warn,h2=warn,hyper=warn,tower=warn,opentelemetry=warn";

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The OTLP endpoint is no address.
    #[error("the OTLP endpoint cannot be used")]
    Exporter(#[from] ExporterBuildError),
    /// Something else listens to this process's log already.
    #[error("telemetry was started before")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Keeps the exporter; sends what is left when it is shut down.
#[must_use = "traces end when it is dropped"]
pub struct Telemetry(Option<SdkTracerProvider>);

/// Starts logs and traces of this process. `services` are those that it runs, as traces name them:
/// each span goes out under the name in its field `service.name`, or else the first one.
pub fn init<const N: usize>(args: &TelemetryArgs, services: [&'static str; N]) -> Result<Telemetry, Error> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal);
    let log = match args.log_format {
        LogFormat::Text => log.with_target(false).boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    let provider = args.otlp_endpoint.as_deref().map(|endpoint| provider(endpoint, &services)).transpose()?;
    let traces = provider.as_ref().map(|provider| {
        trace_context::enable();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("goalpost"));
        // Spans of libraries belong to no goal.
        layer.with_filter(Targets::new().with_target("goalpost", LevelFilter::DEBUG))
    });
    tracing_subscriber::registry().with(traces).with(log.with_filter(filter)).try_init()?;
    Ok(Telemetry(provider))
}

fn provider(endpoint: &str, services: &[&'static str]) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = ByService::new(endpoint, services)?;
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).build())
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
