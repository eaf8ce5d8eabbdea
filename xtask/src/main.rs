//! The project's own commands: `cargo xtask demo`, `test`, `lint`, `chaos`, `fuzz`, `bench`,
//! `check-layers`, `lint-deploy`, `api-docs`, `release-api`, `setup`.

mod api_docs;
mod buf;
mod chaos;
mod clients;
mod demo;
mod deploy;
mod fuzz;
mod layers;
mod npm;
mod run;
mod scratch;
mod setup;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

type Error = Box<dyn std::error::Error>;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing: PostgreSQL, Redis and, for tests, PgBouncer, Node.js and Python, from the distribution's
    /// packages; then what tests take of npm and PyPI.
    Setup,
    /// Run all tests, and then chaos for a minute and a half.
    Test {
        /// Handed on to `cargo test`; then there is no chaos.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Formatting, clippy, rustdoc, layers, the API and what is below deploy/, with warnings as errors.
    Lint,
    /// Start the system, submit a real goal, show it live, print the report, stop.
    Demo(demo::Arguments),
    /// Run the whole system as processes, break them at random, and prove that nothing was lost.
    Chaos(chaos::Arguments),
    /// Look for blueprints and expressions that make the system panic, hang or swell.
    Fuzz(fuzz::Arguments),
    /// Measure the system on this machine.
    Bench {
        /// Handed on to the benchmark; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check that the crates depend on each other in one direction only.
    CheckLayers,
    /// Check the chart, the manifests, the images and the compose file below deploy/: with the schemas of Kubernetes, with
    /// a policy of security, and with the code.
    LintDeploy(deploy::Arguments),
    /// Write the API's documentation, docs/api, as the protos say.
    ApiDocs,
    /// Take the API as it is for the last released one, against which `lint` looks for breaking changes.
    ReleaseApi,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Setup => set_up(),
        Command::Test { arguments } => test(&arguments),
        Command::Lint => lint(),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Chaos(arguments) => chaos::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Bench { arguments } => bench(&arguments),
        Command::CheckLayers => layers::check(),
        Command::LintDeploy(arguments) => deploy::lint(&arguments),
        Command::ApiDocs => api_docs::write(),
        Command::ReleaseApi => buf::release(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Installs all that tests take.
fn set_up() -> Result<(), Error> {
    setup::install_for_tests()?;
    buf::install()?;
    clients::set_up()
}

fn test(arguments: &[String]) -> Result<(), Error> {
    set_up()?;
    // The services and tools that tests start as processes, too. All in one: of parts, cargo would build what they
    // depend on several times, with different features.
    run::cargo(&["build", "--workspace", "--all-targets"])?;
    let handed_on: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let scratch = scratch::Scratch::new()?;
    let temporary = scratch.path().display().to_string();
    run::cargo_with(&[&["test", "--workspace"], handed_on.as_slice()].concat(), &[("TMPDIR", &temporary)])?;
    drop(scratch);
    // Whoever names tests wants these alone.
    if arguments.is_empty() { chaos::short() } else { Ok(()) }
}

fn lint() -> Result<(), Error> {
    run::cargo(&["fmt", "--all", "--check"])?;
    run::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    run::cargo_with(&["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")])?;
    layers::check()?;
    api_docs::check()?;
    buf::check()?;
    deploy::lint(&deploy::Arguments::default())
}

fn bench(arguments: &[String]) -> Result<(), Error> {
    setup::install_missing()?;
    run::cargo(&["build", "--release", "--package", "goalpost-cli", "--package", "goalpost-bench"])?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run::program(&run::target("release/goalpost-bench"), &arguments)
}
