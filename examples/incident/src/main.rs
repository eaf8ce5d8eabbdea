//! The worker of the incident example: offers everything of `catalogs/incident.yaml`.

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;
use goalpost_example_incident::{Site, offer};
use goalpost_worker::{Credentials, Worker, stop_on_signal};

/// Responds to incidents of a small site of files for a Goalpost graph engine. Needs no privileges, and touches
/// nothing outside of its directory.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The graph engine; several with commas between them.
    #[arg(long, env = "GOALPOST_ENGINE", default_value = "http://127.0.0.1:50053")]
    engine: String,
    /// The site that is looked after. A directory without services gets some, with something wrong with each.
    #[arg(long, default_value = "incident-site")]
    state_dir: PathBuf,
    /// Attempts at once.
    #[arg(long, default_value_t = 10)]
    max_concurrency: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let site = Site::open(arguments.state_dir)?;
    let builder = Worker::builder(arguments.engine)
        .credentials(Credentials::of_environment()?)
        .name("incident")
        .max_concurrency(arguments.max_concurrency);
    let worker = offer(builder, &site).build()?;
    Ok(worker.run(stop_on_signal()?).await?)
}
