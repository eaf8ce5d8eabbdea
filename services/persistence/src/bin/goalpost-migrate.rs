//! Brings the schema up to date, and ends: what a deployment runs before it replaces services.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use goalpost_service::args::PostgresArgs;
use goalpost_service::describe;

/// Brings the schema of the database up to date, and ends. Any number may run at once, beside services that run.
#[derive(Parser)]
#[command(name = "goalpost-migrate", version)]
struct Arguments {
    #[command(flatten)]
    postgres: PostgresArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    match migrate(&Arguments::parse().postgres).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("goalpost-migrate: {}", describe(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// Does not wait for a database that is away: whoever started this knows how often it is to be tried.
async fn migrate(postgres: &PostgresArgs) -> Result<(), Box<dyn Error>> {
    goalpost_store::migrate(&postgres.store()?).await?;
    println!("the schema is up to date");
    Ok(())
}
