//! `cargo xtask chaos`: the whole system as processes, broken at random.

use clap::Args;

use crate::{Error, run, setup};

/// What a run starts as processes, and itself.
const PACKAGES: [&str; 5] = [
    "goalpost-chaos",
    "goalpost-decision-group",
    "goalpost-graph-engine",
    "goalpost-persistence",
    "goalpost-planner",
];

/// The runs that belong to the tests: about a minute and a half together.
const SHORT: [&[&str]; 2] = [&["--minutes", "0.5", "--seed", "1"], &["--minutes", "0.5", "--seed", "2"]];

#[derive(Args)]
pub(crate) struct Arguments {
    /// How long things break.
    #[arg(long, default_value = "1")]
    minutes: String,
    /// Decides goals and faults; by default a new one each time.
    #[arg(long)]
    seed: Option<String>,
    /// Build with optimisations.
    #[arg(long)]
    release: bool,
    /// Handed on to the harness; `-- --help` lists them.
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    setup::install_missing()?;
    let seed = arguments.seed.iter().flat_map(|seed| ["--seed", seed]);
    let handed_on = arguments.arguments.iter().map(String::as_str);
    let line: Vec<&str> =
        ["--minutes", &arguments.minutes].into_iter().chain(seed).chain(handed_on).collect();
    let profile: &[&str] = if arguments.release { &["--release"] } else { &[] };
    let packages = PACKAGES.iter().flat_map(|package| ["--package", package]);
    let build: Vec<&str> = ["build"].into_iter().chain(profile.iter().copied()).chain(packages).collect();
    run::cargo(&build)?;
    start(if arguments.release { "release" } else { "debug" }, &line)
}

/// Short runs with seeds that do not change, of what the tests' build has made.
pub(crate) fn short() -> Result<(), Error> {
    SHORT.iter().try_for_each(|line| start("debug", line))
}

fn start(folder: &str, line: &[&str]) -> Result<(), Error> {
    run::program(&run::target(&format!("{folder}/goalpost-chaos")), line)
}
