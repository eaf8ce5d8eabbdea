//! `cargo xtask lint-deploy`: what is below `deploy/` holds together, with the code and with Kubernetes.
//!
//! 1. The chart is rendered with several sets of values; the plain manifests are what comes out of it.
//! 2. Every object passes the strict schemas of Kubernetes, from the oldest version that the chart takes to the newest
//!    that the tool knows. Objects of operators have none there; they are counted apart.
//! 3. Nothing may do more than the restricted Pod Security Standard lets it (`policy`).
//! 4. Names, ports, addresses and metrics are those of the code (`agreement`, `compose`).
//!
//! 3 and 4 are tests of this package, too, on what is committed.

mod addresses;
mod agreement;
mod certificates;
mod compose;
mod monitoring;
mod network;
mod object;
mod policy;
mod probes;
mod render;
mod schema;
mod sources;
#[cfg(test)]
mod tests;
mod tools;

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::{Error, run, setup};
use object::Object;
use sources::Sources;

#[derive(Args, Default)]
pub(crate) struct Arguments {
    /// Write the plain manifests anew, as the chart renders them.
    #[arg(long)]
    update: bool,
}

/// Checks everything; prints every violation.
pub(crate) fn lint(arguments: &Arguments) -> Result<(), Error> {
    setup::install_for_deploy()?;
    let tools = tools::install()?;
    let sources = Sources::read()?;
    let mut violations = Vec::new();
    let (mut rendered, mut pods) = (Vec::new(), 0);
    for set in render::SETS {
        let text = set.render(&tools)?;
        violations.extend(set.keep(&text, arguments.update)?);
        let objects = object::read(&text)?;
        pods += object::workloads(&objects).len();
        let found = policy::violations(&objects).into_iter().chain(agreement::violations(&objects, &sources));
        violations.extend(found.map(|violation| format!("{}: {violation}", set.name)));
        rendered.push((set.name, text));
    }
    violations.extend(render::let_through(&tools));
    violations.extend(compose::violations(&compose_file()?, &sources));
    println!("{}: {} sets of values, {pods} kinds of pods", tools.helm_version()?, rendered.len());
    violations.extend(schema::violations(&tools, &rendered)?);
    for violation in &violations {
        eprintln!("{violation}");
    }
    if violations.is_empty() {
        println!("deploy: in order");
        return Ok(());
    }
    Err(format!("{} things below deploy/ are not in order", violations.len()).into())
}

fn folder() -> PathBuf {
    run::root().join("deploy")
}

fn compose_file() -> Result<Object, Error> {
    let text = fs::read_to_string(folder().join("compose.yaml"))?;
    object::read(&text)?.pop().ok_or_else(|| "deploy/compose.yaml is empty".into())
}
