//! A worker of the harness: does what its tasks' inputs say, and keeps a ledger.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use goalpost_chaos::behaviour::{self, CAPABILITIES, MAKES_GRAPHS};
use goalpost_chaos::ledger::Ledger;
use goalpost_worker::Worker;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A worker of the harness.
#[derive(Parser)]
struct Arguments {
    /// Where the graph engine is.
    #[arg(long)]
    engine: String,
    /// The worker's name.
    #[arg(long)]
    name: String,
    /// The ledger's file.
    #[arg(long)]
    ledger: PathBuf,
    /// Attempts that it runs at once.
    #[arg(long, default_value_t = 8)]
    concurrency: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let session = format!("{} {}", arguments.name, Uuid::now_v7().simple());
    let ledger = Arc::new(Ledger::open(&arguments.ledger, session)?);
    let mut worker =
        Worker::builder(arguments.engine).name(arguments.name).max_concurrency(arguments.concurrency);
    for capability in CAPABILITIES {
        let ledger = Arc::clone(&ledger);
        worker = worker.capability(capability, move |attempt, input| {
            let ledger = Arc::clone(&ledger);
            async move { behaviour::run(&ledger, attempt, input).await }
        });
    }
    worker = worker.capability(MAKES_GRAPHS, move |attempt, input| {
        let ledger = Arc::clone(&ledger);
        async move { behaviour::make(&ledger, attempt, input).await }
    });
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let stopped = stop.clone();
    tokio::spawn(async move {
        terminate.recv().await;
        stopped.cancel();
    });
    Ok(worker.build()?.run(stop).await?)
}
