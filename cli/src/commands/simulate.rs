//! `goalpost simulate`: what would happen with another blueprint, or other outcomes.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use goalpost_client::v1::simulated_outcome::Outcome;
use goalpost_client::v1::{
    Failure as Reason, SimulateBlueprintRequest, SimulateBlueprintResponse, SimulatedOutcome, SimulatedTask,
    TaskState, WorkflowState,
};
use goalpost_proto::{blueprint_from_model, struct_from_map, value_from_json};

use crate::failure::Failure;
use crate::files;
use crate::session::{Output, Session, in_order};
use crate::view::word;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The blueprint file, YAML or JSON. Without it, what the goal runs.
    #[arg(required_unless_present = "goal")]
    blueprint: Option<PathBuf>,
    /// The goal whose recorded outcomes, words and input count.
    #[arg(long, value_name = "ID")]
    goal: Option<String>,
    /// What comes out of a task, as JSON; before what is recorded.
    #[arg(long, value_name = "TASK=JSON")]
    outcome: Vec<String>,
    /// A task that fails, and how; before what is recorded.
    #[arg(long, value_name = "TASK=KIND[: MESSAGE]")]
    fails: Vec<String>,
    /// The goal's input: a JSON object, or @FILE.
    #[arg(long)]
    input: Option<String>,
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { blueprint, goal, outcome, fails, input } = arguments;
    let mut outcomes = Vec::with_capacity(outcome.len() + fails.len());
    for said in &outcome {
        let (task, output) = parts(said, "--outcome")?;
        let output = serde_json::from_str(output)
            .map_err(|error| Failure::Input(format!("--outcome {said}: {output} is no JSON: {error}")))?;
        outcomes.push((task, Outcome::Output(value_from_json(output))));
    }
    for said in &fails {
        let (task, why) = parts(said, "--fails")?;
        let (kind, message) = why.split_once(':').unwrap_or((why, ""));
        let failure = Reason { kind: kind.trim().to_owned(), message: message.trim().to_owned() };
        outcomes.push((task, Outcome::Failure(failure)));
    }
    let blueprint = blueprint.map(|path| files::blueprint(&path)).transpose()?;
    let request = SimulateBlueprintRequest {
        blueprint: blueprint.map(|blueprint| blueprint_from_model(&blueprint)),
        goal_id: goal.unwrap_or_default(),
        input: input.map(|input| files::input(&input)).transpose()?.as_ref().map(struct_from_map),
        outcomes: outcomes
            .into_iter()
            .map(|(task, outcome)| (task.to_owned(), SimulatedOutcome { outcome: Some(outcome) }))
            .collect(),
        ..SimulateBlueprintRequest::default()
    };
    let simulated = session.client()?.simulate(request).await?;
    let text = if session.output == Output::Table { text(&simulated)? } else { String::new() };
    session.show(&simulated, || text)
}

fn parts<'a>(said: &'a str, flag: &str) -> Result<(&'a str, &'a str), Failure> {
    said.split_once('=').ok_or_else(|| Failure::Input(format!("{flag} {said}: write TASK=...")))
}

fn text(simulated: &SimulateBlueprintResponse) -> Result<String, Failure> {
    let mut text = String::new();
    for task in &simulated.tasks {
        let _ = writeln!(text, "{}", line(task));
    }
    for task in &simulated.missing {
        let _ = writeln!(text, "- {task}: not reached any more");
    }
    let _ = writeln!(text, "the workflow would be {}", workflow_word(simulated.state()));
    if simulated.recorded_state() != WorkflowState::Unspecified {
        let _ = writeln!(text, "the goal's is {}", workflow_word(simulated.recorded_state()));
    }
    if let Some(failure) = &simulated.failure {
        let _ = writeln!(text, "{}: {}", failure.kind, failure.message);
    }
    if let Some(result) = &simulated.result {
        let _ = writeln!(text, "{}", in_order(result)?);
    }
    if !simulated.unknown.is_empty() {
        let _ = writeln!(
            text,
            "nobody knows what comes of {}: say it with --outcome",
            simulated.unknown.join(", ")
        );
    }
    Ok(text)
}

/// A task, with a mark if it comes to something else than it came to.
fn line(task: &SimulatedTask) -> String {
    let (state, recorded) = (task_word(task.state()), task.recorded_state());
    let mark = if task.differs { '*' } else { ' ' };
    let why = task.failure.as_ref().map(|failure| format!(" ({})", failure.kind)).unwrap_or_default();
    match recorded {
        _ if !task.differs => format!("{mark} {}: {state}{why}", task.task),
        TaskState::Unspecified => format!("{mark} {}: {state}{why}, was not reached", task.task),
        recorded if recorded == task.state() => {
            format!("{mark} {}: {state}{why}, with another output", task.task)
        }
        recorded => format!("{mark} {}: {state}{why}, was {}", task.task, task_word(recorded)),
    }
}

fn task_word(state: TaskState) -> String {
    word(state.as_str_name(), "TASK_STATE_")
}

fn workflow_word(state: WorkflowState) -> String {
    word(state.as_str_name(), "WORKFLOW_STATE_")
}
