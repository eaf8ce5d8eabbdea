//! `goalpost plan`: what a submission would run.

use std::path::PathBuf;

use clap::Args;
use goalpost_model::{Finding, LlmUsage, WorstCase};
use goalpost_notation::drawing;
use goalpost_proto::{Violations, policy_from_model, read_blueprint};

use super::Wanted;
use super::budget::Limits;
use crate::failure::Failure;
use crate::files;
use crate::out;
use crate::session::{Output, Session};
use crate::view::{approvals, rungs};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    wanted: Wanted,
    /// The goal's input: a JSON object, or @FILE.
    #[arg(long)]
    input: Option<String>,
    /// A file with a policy of its own, as `goalpost submit` takes it.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    limits: Limits,
    /// Print only the plan, as a blueprint file.
    #[arg(long)]
    as_file: bool,
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    let connection = session.connection()?;
    let mut goal = arguments.limits.within(arguments.wanted.new_goal(arguments.input.as_deref())?);
    if let Some(namespace) = &connection.namespace {
        goal = goal.namespace(namespace);
    }
    if let Some(file) = &arguments.policy {
        goal = goal.policy(policy_from_model(files::policy(file)?));
    }
    let preview = connection.client()?.preview(goal).await?;
    if session.output != Output::Table {
        session.show(&preview, || "")?;
        return if preview.blueprint.is_some() { Ok(()) } else { Err(Failure::Negative) };
    }
    if arguments.as_file && preview.blueprint.is_some() {
        out::text(preview.yaml)?;
        return Ok(());
    }
    out::text(rungs::ladder(&preview.attempts))?;
    for finding in preview.findings {
        out::line(Finding::from(finding))?;
    }
    if let Some(failure) = preview.failure {
        let what = if preview.blueprint.is_some() { "too dear" } else { "no plan" };
        out::line(format_args!("{what}: {}", failure.message))?;
    }
    if let Some(usage) = preview.usage {
        out::line(format_args!("asked {}", LlmUsage::from(usage)))?;
    }
    let Some(blueprint) = preview.blueprint else { return Err(Failure::Negative) };
    let mut violations = Violations::default();
    let blueprint = read_blueprint(blueprint, "blueprint", &mut violations)
        .ok_or_else(|| Failure::Input(format!("the plan cannot be read: {violations}")))?;
    out::line(format_args!("planned by {}", preview.planned_by))?;
    out::line(format_args!("digest {}", preview.blueprint_digest))?;
    if let Some(estimate) = &preview.estimate {
        out::line(rungs::estimate(estimate))?;
    }
    if let Some(worst_case) = preview.worst_case {
        out::line(WorstCase::from(worst_case))?;
    }
    if let Some(ruling) = &preview.ruling {
        out::text(approvals::ruling(ruling))?;
    }
    out::text(drawing::outline(&blueprint))?;
    Ok(())
}
