//! The demo's worker: offers `weather.fetch`, `weather.climatology` and `report.write`.

mod telemetry;

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;
use goalpost_example_weather::weather::City;
use goalpost_example_weather::{climatology, fetch, report};
use goalpost_worker::{Attempt, Credentials, Failure, Worker, stop_on_signal};
use jiff::Zoned;

/// Offers weather and reports to a Goalpost graph engine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The graph engine; several with commas between them.
    #[arg(long, env = "GOALPOST_ENGINE", default_value = "http://127.0.0.1:50053")]
    engine: String,
    /// Where reports go.
    #[arg(long, default_value = "reports")]
    report_dir: PathBuf,
    /// Where cities are looked up.
    #[arg(long, default_value = "https://geocoding-api.open-meteo.com/v1/search")]
    geocoding_url: String,
    /// Where forecasts come from.
    #[arg(long, default_value = "https://api.open-meteo.com/v1/forecast")]
    forecast_url: String,
    /// Attempts at once.
    #[arg(long, default_value_t = 4)]
    max_concurrency: u32,
    /// Where traces go: an OTLP endpoint (gRPC), for example `http://localhost:4317`. None: nowhere.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    otlp_endpoint: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let traces = telemetry::init(arguments.otlp_endpoint.as_deref())?;
    // reqwest takes its cryptography from whoever starts it.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "TLS was set up twice")?;

    let open_meteo = fetch::OpenMeteo::new(arguments.geocoding_url, arguments.forecast_url)?;
    let folder = arguments.report_dir;
    let worker = Worker::builder(arguments.engine)
        .credentials(Credentials::of_environment()?)
        .name("weather")
        .max_concurrency(arguments.max_concurrency)
        .capability("weather.fetch", move |_: Attempt, City { city }: City| {
            let open_meteo = open_meteo.clone();
            async move { open_meteo.fetch(&city).await }
        })
        .capability("weather.climatology", |_: Attempt, City { city }: City| async move {
            climatology::usual_weather(&city, Zoned::now().date())
        })
        .capability("report.write", move |attempt: Attempt, request: report::Request| {
            let folder = folder.clone();
            async move {
                let key = attempt.workflow_id().to_owned();
                let written =
                    tokio::task::spawn_blocking(move || report::write(&folder, &key, request)).await;
                written.unwrap_or_else(|error| Err(Failure::new("WRITE", error.to_string())))
            }
        })
        .build()?;
    let ended = worker.run(stop_on_signal()?).await;
    if let Some(traces) = traces {
        // Sends what is left; the exporter waits for its own thread.
        tokio::task::spawn_blocking(move || traces.shutdown()).await??;
    }
    Ok(ended?)
}
