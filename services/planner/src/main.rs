//! The planner service's binary.

use std::process::ExitCode;

use clap::Parser;
use goalpost_planner::{Config, SERVICE, build};
use goalpost_service::args::TelemetryArgs;
use goalpost_service::{describe, metrics, shutdown, telemetry};

/// Plans goals: goals in, checked blueprints out.
#[derive(Parser)]
#[command(name = "goalpost-planner", version)]
struct Arguments {
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("goalpost-planner: {}", describe(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let stop = shutdown::on_signal()?;
    let telemetry = telemetry::init(&arguments.telemetry, [SERVICE])?;
    if let Some(listen) = arguments.telemetry.metrics_listen {
        metrics::serve(listen, stop.clone()).await?;
    }
    let app = build(arguments.config).await?;
    tracing::info!(address = %app.local_addr(), "the planner is listening");
    let ended = app.run(stop).await;
    telemetry.shutdown().await;
    Ok(ended?)
}
