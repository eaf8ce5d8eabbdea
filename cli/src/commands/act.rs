//! `goalpost cancel`, `pause`, `resume`, `retry`, `signal`, `extend`, `replan` and `skip`.

use clap::Args;
use goalpost_client::v1::{
    ExtendGoalRequest, GoalState, ReplanGoalRequest, SignalGoalRequest, SkipTaskRequest,
};
use goalpost_proto::value_from_json;
use serde_json::Value;

use super::{Target, tell};
use crate::failure::Failure;
use crate::session::Session;

#[derive(Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    target: Target,
    /// Why, for the history.
    #[arg(long, default_value = "")]
    reason: String,
}

#[derive(Args)]
pub(crate) struct Retry {
    #[command(flatten)]
    target: Target,
    /// Run everything once more, also what has succeeded.
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
pub(crate) struct Signal {
    #[command(flatten)]
    target: Target,
    /// What tasks wait for.
    name: String,
    /// What comes with it, as JSON.
    #[arg(default_value = "null")]
    payload: String,
    /// Tells it from other signals, so that it may be sent again.
    #[arg(long, default_value = "")]
    signal_id: String,
}

#[derive(Args)]
pub(crate) struct Skip {
    #[command(flatten)]
    target: Target,
    /// The task: for example `fetch`, or `each[3].fetch`.
    task: String,
    /// Why, for the history.
    #[arg(long)]
    reason: String,
    /// What comes out of it, as JSON, as if it had succeeded. Without it, what depends on the task is skipped, too.
    #[arg(long, value_name = "JSON")]
    task_output: Option<String>,
}

#[derive(Args)]
pub(crate) struct Extend {
    #[command(flatten)]
    target: Target,
    /// The blueprint file: its tasks and edges are added to what the goal runs.
    blueprint: std::path::PathBuf,
    /// The task that waits for a graph (`goalpost.extension`): the blueprint runs inside of it.
    #[arg(long)]
    into: Option<String>,
}

#[derive(Args)]
pub(crate) struct Replan {
    #[command(flatten)]
    target: Target,
    /// A blueprint file with the whole other plan. Without it the planner makes one.
    blueprint: Option<std::path::PathBuf>,
    /// Why, for the record.
    #[arg(long, default_value = "")]
    reason: String,
}

pub(crate) async fn cancel(session: &Session, Stop { target, reason }: Stop) -> Result<(), Failure> {
    let goal = session.client()?.cancel(&target.id, &reason).await?;
    let done = match goal.state() {
        GoalState::Succeeded | GoalState::Failed => "has ended already and stays as it is",
        _ => "was cancelled",
    };
    tell(session, &goal, done)
}

pub(crate) async fn pause(session: &Session, Stop { target, reason }: Stop) -> Result<(), Failure> {
    tell(
        session,
        &session.client()?.pause(&target.id, &reason).await?,
        "was paused: workers get nothing new of it",
    )
}

pub(crate) async fn resume(session: &Session, target: Target) -> Result<(), Failure> {
    tell(session, &session.client()?.resume(&target.id).await?, "goes on")
}

pub(crate) async fn retry(session: &Session, Retry { target, all }: Retry) -> Result<(), Failure> {
    tell(session, &session.client()?.retry(&target.id, all).await?, "was opened again")
}

pub(crate) async fn signal(session: &Session, signal: Signal) -> Result<(), Failure> {
    let Signal { target, name, payload, signal_id } = signal;
    let payload = Some(value_from_json(value(&payload)?));
    let done = format!("got the signal {name}");
    let request = SignalGoalRequest { id: target.id, name, payload, signal_id };
    tell(session, &session.client()?.signal(request).await?, &done)
}

pub(crate) async fn skip(session: &Session, skip: Skip) -> Result<(), Failure> {
    let Skip { target, task, reason, task_output } = skip;
    let output = task_output.as_deref().map(value).transpose()?.map(value_from_json);
    let done = format!("goes on without {task}");
    let request = SkipTaskRequest { id: target.id, task, reason, output };
    tell(session, &session.client()?.skip_task(request).await?, &done)
}

pub(crate) async fn extend(session: &Session, extend: Extend) -> Result<(), Failure> {
    let Extend { target, blueprint, into } = extend;
    let task = into.unwrap_or_default();
    let blueprint = Some(goalpost_proto::blueprint_from_model(&crate::files::blueprint(&blueprint)?));
    let request = ExtendGoalRequest { id: target.id, task, blueprint };
    tell(session, &session.client()?.extend(request).await?, "was extended")
}

pub(crate) async fn replan(session: &Session, replan: Replan) -> Result<(), Failure> {
    let Replan { target, blueprint, reason } = replan;
    let blueprint = blueprint.map(|path| crate::files::blueprint(&path)).transpose()?;
    let blueprint = blueprint.map(|blueprint| goalpost_proto::blueprint_from_model(&blueprint));
    let request = ReplanGoalRequest { id: target.id, reason, blueprint };
    tell(session, &session.client()?.replan(request).await?, "has another plan")
}

fn value(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::Input(format!("{text} is no JSON: {error}; text is written in quotes")))
}
