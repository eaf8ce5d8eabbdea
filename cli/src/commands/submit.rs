//! `goalpost submit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goalpost_client::v1::{GoalState, Priority};
use goalpost_proto::policy_from_model;

use super::budget::Limits;
use super::{Endpoint, Wanted, watch};
use crate::failure::Failure;
use crate::files;
use crate::out;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    wanted: Wanted,
    /// The goal's input: a JSON object, or @FILE.
    #[arg(long)]
    input: Option<String>,
    /// A key for idempotency.
    #[arg(long)]
    request_id: Option<String>,
    /// Whose it is: namespaces take turns. [default: default]
    #[arg(long, env = "GOALPOST_NAMESPACE")]
    namespace: Option<String>,
    /// How much it may claim against others that wait.
    #[arg(long, value_enum, default_value_t = Level::Normal)]
    priority: Level,
    /// A file with a policy of its own (`rules`), which counts besides that of its namespace.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    limits: Limits,
    /// Follow the goal to its end.
    #[arg(long)]
    watch: bool,
    /// Wait for the goal's end and show it then.
    #[arg(long, conflicts_with = "watch")]
    wait: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    Low,
    Normal,
    High,
}

impl From<Level> for Priority {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Self::Low,
            Level::Normal => Self::Normal,
            Level::High => Self::High,
        }
    }
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { endpoint, wanted, input, request_id, namespace, priority, .. } = arguments;
    let Arguments { policy, limits, watch: follow, wait, json, .. } = arguments;
    let client = endpoint.client()?;
    let mut goal = wanted.new_goal(input.as_deref())?.priority(priority.into()).budget(limits.budget());
    if let Some(namespace) = namespace {
        goal = goal.namespace(namespace);
    }
    if let Some(request_id) = request_id {
        goal = goal.request_id(request_id);
    }
    if let Some(file) = policy {
        goal = goal.policy(policy_from_model(files::policy(&file)?));
    }
    let goal = client.submit(goal).await?;
    if follow {
        if !json {
            out::line(format_args!("goal {}", goal.id))?;
        }
        return watch::follow(&client, &goal.id, 0, json).await;
    }
    if wait {
        let ended = client.wait(&goal.id).await?;
        super::print(&ended, json)?;
        return if ended.state() == GoalState::Succeeded { Ok(()) } else { Err(Failure::Negative) };
    }
    match json {
        true => out::line(serde_json::to_string(&goal)?)?,
        false => out::line(goal.id)?,
    }
    Ok(())
}
