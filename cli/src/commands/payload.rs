//! `goalpost payload`: values that are too large for a goal's input or result.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio::fs::File;

use super::progress;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::session::{Output, Session};

/// Stores and fetches payloads.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Store a file for goals of the namespace (`--namespace`), and print the JSON that stands for it in their inputs.
    Put(Put),
    /// Fetch a stored payload.
    Get(Get),
}

#[derive(Args)]
struct Put {
    /// The file; `-` reads standard input.
    file: PathBuf,
    /// What kind of bytes, for those who read them.
    #[arg(long, default_value = goalpost_model::PayloadReference::CONTENT_TYPE)]
    content_type: String,
}

#[derive(Args)]
struct Get {
    /// The payload's id: `$payload` of what stands for it.
    id: String,
    /// A file to write it to; it has something in it even if the payload breaks off. Otherwise it goes to standard
    /// output.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

pub(crate) async fn run(session: &Session, Arguments { command }: Arguments) -> Result<(), Failure> {
    match command {
        Command::Put(arguments) => put(session, arguments).await,
        Command::Get(arguments) => get(&session.connection()?, arguments).await,
    }
}

async fn put(session: &Session, Put { file, content_type }: Put) -> Result<(), Failure> {
    let connection = session.connection()?;
    let client = connection.client()?;
    let namespace = connection.namespace.unwrap_or_default();
    let stored = if file.as_os_str() == "-" {
        let source = progress::bytes(None).wrap_async_read(tokio::io::stdin());
        client.write_payload_from(&namespace, &content_type, source).await?
    } else {
        let unreadable = |error| Failure::Input(format!("cannot read {}: {error}", file.display()));
        let opened = File::open(&file).await.map_err(unreadable)?;
        let size = opened.metadata().await.ok().map(|metadata| metadata.len());
        let source = progress::bytes(size).wrap_async_read(opened);
        client.write_payload_from(&namespace, &content_type, source).await?
    };
    match session.output {
        // What goes into the input of a goal is JSON, for people, too.
        Output::Table => session.show_next(&stored, || serde_json::json!(stored)),
        _ => session.show(&stored, || ""),
    }
}

async fn get(connection: &Connection, Get { id, to }: Get) -> Result<(), Failure> {
    let client = connection.client()?;
    let namespace = connection.namespace.clone().unwrap_or_default();
    match to {
        Some(path) => {
            let made = File::create(&path).await;
            let made =
                made.map_err(|error| Failure::Input(format!("cannot write {}: {error}", path.display())))?;
            let mut target = progress::bytes(None).wrap_async_write(made);
            client.read_payload_into(&namespace, &id, &mut target).await?;
        }
        None => {
            client.read_payload_into(&namespace, &id, &mut tokio::io::stdout()).await?;
        }
    }
    Ok(())
}
