//! `goalpost cancel`.

use clap::Args;

use super::Endpoint;
use crate::failure::Failure;
use crate::view::goal;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    endpoint: Endpoint,
    /// The goal's id.
    id: String,
    /// Why, for the history.
    #[arg(long, default_value = "")]
    reason: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let found = arguments.endpoint.client()?.cancel(&arguments.id, &arguments.reason).await?;
    match arguments.json {
        true => println!("{}", serde_json::to_string_pretty(&found)?),
        false => print!("{}", goal::details(&found)),
    }
    Ok(())
}
