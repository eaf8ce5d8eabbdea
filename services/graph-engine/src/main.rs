//! The graph engine's binary.

use std::error::Error;

use clap::Parser;
use goalpost_graph_engine::{Config, SERVICE, build};
use goalpost_service::args::TelemetryArgs;
use goalpost_service::{metrics, shutdown, telemetry};

/// Runs workflows durably and serves workers.
#[derive(Parser)]
#[command(name = "goalpost-graph-engine", version)]
struct Arguments {
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stop = shutdown::on_signal()?;
    let arguments = Arguments::parse();
    let telemetry = telemetry::init(&arguments.telemetry, [SERVICE])?;
    if let Some(listen) = arguments.telemetry.metrics_listen {
        metrics::serve(listen, stop.clone()).await?;
    }
    let app = build(arguments.config).await?;
    tracing::info!(address = %app.local_addr(), "the graph engine listens");
    app.run(stop).await?;
    telemetry.shutdown().await;
    Ok(())
}
