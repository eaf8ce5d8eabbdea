//! `goalpost payload`: values that are too large for a goal's input or result.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio::fs::File;

use super::Endpoint;
use crate::failure::Failure;
use crate::out;

/// Stores and fetches payloads.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Store a file, and print the JSON that stands for it in the input of a goal.
    Put(Put),
    /// Fetch a stored payload.
    Get(Get),
}

#[derive(Args)]
struct Put {
    #[command(flatten)]
    endpoint: Endpoint,
    /// The file; `-` reads standard input.
    file: PathBuf,
    /// Whose it is: only goals of this namespace can use it.
    #[arg(long, default_value = "default")]
    namespace: String,
    /// What kind of bytes, for those who read them.
    #[arg(long, default_value = goalpost_model::PayloadReference::CONTENT_TYPE)]
    content_type: String,
}

#[derive(Args)]
struct Get {
    #[command(flatten)]
    endpoint: Endpoint,
    /// The payload's id: `$payload` of what stands for it.
    id: String,
    /// Whose it is.
    #[arg(long, default_value = "default")]
    namespace: String,
    /// A file to write it to; it has something in it even if the payload breaks off. Otherwise it goes to standard
    /// output.
    #[arg(long, short)]
    output: Option<PathBuf>,
}

pub(crate) async fn run(Arguments { command }: Arguments) -> Result<(), Failure> {
    match command {
        Command::Put(arguments) => put(arguments).await,
        Command::Get(arguments) => get(arguments).await,
    }
}

async fn put(Put { endpoint, file, namespace, content_type }: Put) -> Result<(), Failure> {
    let client = endpoint.client()?;
    let stored = if file.as_os_str() == "-" {
        client.write_payload_from(&namespace, &content_type, tokio::io::stdin()).await?
    } else {
        let opened = File::open(&file).await;
        let unreadable = |error| Failure::Input(format!("cannot read {}: {error}", file.display()));
        client.write_payload_from(&namespace, &content_type, opened.map_err(unreadable)?).await?
    };
    out::line(serde_json::to_string(&stored)?)?;
    Ok(())
}

async fn get(Get { endpoint, id, namespace, output }: Get) -> Result<(), Failure> {
    let client = endpoint.client()?;
    match output {
        Some(path) => client.read_payload_into(&namespace, &id, &mut File::create(path).await?).await?,
        None => client.read_payload_into(&namespace, &id, &mut tokio::io::stdout()).await?,
    };
    Ok(())
}
