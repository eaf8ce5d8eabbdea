//! `goalpost list`.

use clap::{Args, ValueEnum};
use goalpost_client::v1::{GoalState, ListGoalsRequest};

use super::{Endpoint, collect};
use crate::failure::Failure;
use crate::out;
use crate::view::goal;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    endpoint: Endpoint,
    /// Only goals in this state.
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only goals of this namespace.
    #[arg(long, env = "GOALPOST_NAMESPACE")]
    namespace: Option<String>,
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
    AwaitingApproval,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = arguments.endpoint.client()?;
    let state = match arguments.state {
        None => GoalState::Unspecified,
        Some(State::Submitted) => GoalState::Submitted,
        Some(State::AwaitingApproval) => GoalState::AwaitingApproval,
        Some(State::Running) => GoalState::Running,
        Some(State::Succeeded) => GoalState::Succeeded,
        Some(State::Failed) => GoalState::Failed,
        Some(State::Cancelled) => GoalState::Cancelled,
    };
    let goals = collect(arguments.limit, async |page_size, page_token| {
        let namespace = arguments.namespace.clone().unwrap_or_default();
        let request = ListGoalsRequest { page_size, page_token, state: state.into(), namespace };
        let page = client.list(request).await?;
        Ok((page.goals, page.next_page_token))
    });
    let goals = goals.await?;
    match arguments.json {
        true => {
            for goal in &goals {
                out::line(serde_json::to_string(goal)?)?;
            }
        }
        false => out::line(goal::table(&goals))?,
    }
    Ok(())
}
