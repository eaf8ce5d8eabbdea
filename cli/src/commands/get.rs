//! `goalpost get`.

use clap::Args;
use goalpost_client::v1::{Goal, GoalState};

use super::Endpoint;
use crate::failure::Failure;
use crate::view::goal;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    endpoint: Endpoint,
    /// The goal's id.
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let found = arguments.endpoint.client()?.get(&arguments.id).await?;
    match show(&found, arguments.json) {
        // To look at a goal that failed is no failure.
        Err(Failure::Negative) => Ok(()),
        outcome => outcome,
    }
}

/// Prints the goal. Negative if it did not succeed.
pub(crate) fn show(found: &Goal, json: bool) -> Result<(), Failure> {
    match json {
        true => println!("{}", serde_json::to_string_pretty(found)?),
        false => print!("{}", goal::details(found)),
    }
    if found.state() == GoalState::Succeeded { Ok(()) } else { Err(Failure::Negative) }
}
