//! `goalpost submit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goalpost_client::v1::{GoalState, Priority};
use goalpost_proto::policy_from_model;
use serde::Deserialize;

use super::budget::Limits;
use super::{Wanted, progress, show, watch};
use crate::failure::Failure;
use crate::files;
use crate::out;
use crate::session::{Output, Session};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    wanted: Wanted,
    /// The goal's input: a JSON object, or @FILE.
    #[arg(long)]
    input: Option<String>,
    /// A key for idempotency.
    #[arg(long)]
    request_id: Option<String>,
    /// How much it may claim against others that wait. [default: normal]
    #[arg(long, value_enum)]
    priority: Option<Level>,
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
}

#[derive(Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
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

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { wanted, input, request_id, priority, policy, limits, watch: follow, wait } = arguments;
    let connection = session.connection()?;
    let client = connection.client()?;
    let mut goal = limits.within(wanted.new_goal(input.as_deref())?);
    if let Some(priority) = priority {
        goal = goal.priority(priority.into());
    }
    if let Some(namespace) = connection.namespace {
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
        if session.output == Output::Table {
            out::line(format_args!("goal {}", goal.id))?;
        }
        return watch::follow(session, &client, &goal.id, 0).await;
    }
    if wait {
        let waiting = progress::wait(format!("goal {} runs", goal.id));
        let ended = client.wait(&goal.id).await?;
        waiting.finish_and_clear();
        show(session, &ended)?;
        return if ended.state() == GoalState::Succeeded { Ok(()) } else { Err(Failure::Negative) };
    }
    session.show(&goal, || format!("{}\n", goal.id))
}
