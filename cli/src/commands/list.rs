//! `goalpost list`.

use clap::{Args, ValueEnum};
use goalpost_client::v1::{Goal, GoalState};

use super::Endpoint;
use crate::failure::Failure;
use crate::view::goal;

/// Goals asked for at once.
const PAGE: usize = 200;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    endpoint: Endpoint,
    /// Only goals in this state.
    #[arg(long, value_enum)]
    state: Option<State>,
    /// How many at most.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    Submitted,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = arguments.endpoint.client()?;
    let state = arguments.state.map(|state| match state {
        State::Submitted => GoalState::Submitted,
        State::Running => GoalState::Running,
        State::Succeeded => GoalState::Succeeded,
        State::Failed => GoalState::Failed,
        State::Cancelled => GoalState::Cancelled,
    });
    let mut goals: Vec<Goal> = Vec::new();
    let mut token = String::new();
    while goals.len() < arguments.limit {
        let size = (arguments.limit - goals.len()).min(PAGE);
        let page = client.list(state, i32::try_from(size).unwrap_or(1), &token).await?;
        goals.extend(page.goals);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    match arguments.json {
        true => {
            for goal in &goals {
                println!("{}", serde_json::to_string(goal)?);
            }
        }
        false => println!("{}", goal::table(&goals)),
    }
    Ok(())
}
