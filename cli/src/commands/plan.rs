//! `goalpost plan`: what a submission would run.

use clap::Args;
use goalpost_model::{Finding, LlmUsage, WorstCase};
use goalpost_notation::drawing;
use goalpost_proto::{Violations, read_blueprint};

use super::budget::Limits;
use super::{Endpoint, Wanted};
use crate::failure::Failure;
use crate::view::rungs;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    wanted: Wanted,
    /// The goal's input: a JSON object, or @FILE.
    #[arg(long)]
    input: Option<String>,
    /// Whose goal it would be.
    #[arg(long, env = "GOALPOST_NAMESPACE")]
    namespace: Option<String>,
    #[command(flatten)]
    limits: Limits,
    /// Print only the plan, as YAML.
    #[arg(long, conflicts_with = "json")]
    yaml: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let goal = arguments.wanted.new_goal(arguments.input.as_deref())?;
    let goal = goal.namespace(arguments.namespace.unwrap_or_default()).budget(arguments.limits.budget());
    let preview = arguments.endpoint.client()?.preview(goal).await?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&preview)?);
        return if preview.blueprint.is_some() { Ok(()) } else { Err(Failure::Negative) };
    }
    if arguments.yaml && preview.blueprint.is_some() {
        print!("{}", preview.yaml);
        return Ok(());
    }
    print!("{}", rungs::ladder(&preview.attempts));
    for finding in preview.findings {
        println!("{}", Finding::from(finding));
    }
    if let Some(failure) = preview.failure {
        let what = if preview.blueprint.is_some() { "too dear" } else { "no plan" };
        println!("{what}: {}", failure.message);
    }
    if let Some(usage) = preview.usage {
        println!("asked {}", LlmUsage::from(usage));
    }
    let Some(blueprint) = preview.blueprint else { return Err(Failure::Negative) };
    let mut violations = Violations::default();
    let blueprint = read_blueprint(blueprint, "blueprint", &mut violations)
        .ok_or_else(|| Failure::Input(format!("the plan cannot be read: {violations}")))?;
    println!("planned by {}", preview.planned_by);
    println!("digest {}", preview.blueprint_digest);
    if let Some(estimate) = &preview.estimate {
        println!("{}", rungs::estimate(estimate));
    }
    if let Some(worst_case) = preview.worst_case {
        println!("{}", WorstCase::from(worst_case));
    }
    print!("{}", drawing::outline(&blueprint));
    Ok(())
}
