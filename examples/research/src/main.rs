//! The worker of the research example: offers what `catalogs/research.yaml` promises.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use goalpost_example_research::{Library, LlmArgs, Papers, offer, offer_writing};
use goalpost_worker::{Credentials, Worker, stop_on_signal};

/// Searches documents and writes papers for a Goalpost graph engine. Without a language model it only searches and
/// publishes.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The graph engine; several with commas between them.
    #[arg(long, env = "GOALPOST_ENGINE", default_value = "http://127.0.0.1:50053")]
    engine: String,
    /// The library: a directory of .md and .txt files. One that is not there gets six short ones about the sea.
    #[arg(long, default_value = "research-library")]
    documents: PathBuf,
    /// Where papers are published.
    #[arg(long, default_value = "papers")]
    paper_dir: PathBuf,
    /// Attempts at once.
    #[arg(long, default_value_t = 8)]
    max_concurrency: u32,
    #[command(flatten)]
    llm: LlmArgs,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let (library, papers) = (Library::open(arguments.documents)?, Papers::open(&arguments.paper_dir)?);
    let builder = Worker::builder(arguments.engine)
        .credentials(Credentials::of_environment()?)
        .name("research")
        .max_concurrency(arguments.max_concurrency);
    let mut builder = offer(builder, &library, &papers);
    match arguments.llm.model().await? {
        Some(model) => builder = offer_writing(builder, &library, &Arc::new(model)),
        None => tracing::warn!("there is no language model (--llm-url): goals that need one will wait"),
    }
    Ok(builder.build()?.run(stop_on_signal()?).await?)
}
