//! The worker of replays: offers `wfformat.sleep`.

use std::error::Error;

use clap::Parser;
use goalpost_example_wfformat::{MAX_CONCURRENCY, sleep};
use goalpost_wfformat::CAPABILITY;
use goalpost_worker::{Credentials, Worker, stop_on_signal};

/// Replays recorded workflow runs for a Goalpost graph engine: each task sleeps its recorded time.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The graph engine; several with commas between them.
    #[arg(long, env = "GOALPOST_ENGINE", default_value = "http://127.0.0.1:50053")]
    engine: String,
    /// Attempts at once.
    #[arg(long, default_value_t = MAX_CONCURRENCY)]
    max_concurrency: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let worker = Worker::builder(arguments.engine)
        .credentials(Credentials::of_environment()?)
        .name("wfformat")
        .max_concurrency(arguments.max_concurrency)
        .capability(CAPABILITY, sleep)
        .build()?;
    Ok(worker.run(stop_on_signal()?).await?)
}
