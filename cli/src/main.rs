//! The `goalpost` command line.

// They panic when whoever reads is gone; `out` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod commands;
mod dev;
mod failure;
mod files;
mod out;
mod view;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Goals in, durable event-driven workflows out.
#[derive(Parser)]
#[command(name = "goalpost", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything in one process, on loopback, for development.
    Dev(Box<dev::Arguments>),
    /// Submit a goal.
    Submit(commands::submit::Arguments),
    /// Follow a goal to its end.
    Watch(commands::watch::Arguments),
    /// Show a goal.
    Get(commands::Target),
    /// List goals, newest first.
    List(commands::list::Arguments),
    /// Show what a submission would run.
    Plan(commands::plan::Arguments),
    /// Say what would happen with another blueprint, or other outcomes of tasks. Runs nothing.
    Simulate(commands::simulate::Arguments),
    /// Check catalog files, or show what a catalog has.
    Catalog(commands::catalog::Arguments),
    /// Check a blueprint file.
    Lint(commands::lint::Arguments),
    /// Bring blueprint files into their one layout.
    Fmt(commands::fmt::Arguments),
    /// Show what is different between two blueprint files, as graphs.
    Diff(commands::diff::Arguments),
    /// Draw a blueprint file.
    Graph(commands::graph::Arguments),
    /// Make a blueprint of a file of another system.
    Import(commands::import::Arguments),
    /// Cancel a goal.
    Cancel(commands::act::Stop),
    /// Say why tasks of a goal do not run.
    Explain(commands::Target),
    /// Give nothing new of a goal to workers.
    Pause(commands::act::Stop),
    /// Go on with a paused goal.
    Resume(commands::Target),
    /// Raise or lower what a goal may take.
    Budget(commands::budget::Arguments),
    /// Open a failed or cancelled goal again: with what stopped it, or with all of it.
    Retry(commands::act::Retry),
    /// Send a signal to a goal.
    Signal(commands::act::Signal),
    /// List the approvals that plans wait for.
    Decisions(commands::decide::List),
    /// Approve a goal's plan, or what a task waits to have approved.
    Approve(commands::decide::Resolve),
    /// Reject a goal's plan, or what a task waits to have approved.
    Reject(commands::decide::Resolve),
    /// Put another blueprint in the place of a plan that waits to be approved.
    Edit(commands::decide::Edit),
    /// Check a file of policies.
    Policy(commands::policy::Arguments),
    /// Add tasks to what a goal runs, or bring the graph that one of its tasks waits for.
    Extend(commands::act::Extend),
    /// Give a running goal another plan: what is done stays, what is not wanted any more is undone.
    Replan(commands::act::Replan),
    /// End a task that is stuck.
    Skip(commands::act::Skip),
    /// Store values that are too large for the input of a goal, and fetch them.
    Payload(commands::payload::Arguments),
    /// Look for anything that breaks a promise of the system, and mend it if asked to.
    Verify(commands::verify::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Dev(arguments) => dev::run(*arguments).await,
        Command::Submit(arguments) => commands::submit::run(arguments).await,
        Command::Watch(arguments) => commands::watch::run(arguments).await,
        Command::Get(arguments) => commands::get::run(arguments).await,
        Command::List(arguments) => commands::list::run(arguments).await,
        Command::Plan(arguments) => commands::plan::run(arguments).await,
        Command::Simulate(arguments) => commands::simulate::run(arguments).await,
        Command::Catalog(arguments) => commands::catalog::run(arguments).await,
        Command::Lint(arguments) => commands::lint::run(&arguments),
        Command::Fmt(arguments) => commands::fmt::run(&arguments),
        Command::Diff(arguments) => commands::diff::run(&arguments),
        Command::Graph(arguments) => commands::graph::run(&arguments),
        Command::Import(arguments) => commands::import::run(&arguments),
        Command::Cancel(arguments) => commands::act::cancel(arguments).await,
        Command::Explain(arguments) => commands::explain::run(arguments).await,
        Command::Pause(arguments) => commands::act::pause(arguments).await,
        Command::Resume(arguments) => commands::act::resume(arguments).await,
        Command::Budget(arguments) => commands::budget::run(arguments).await,
        Command::Retry(arguments) => commands::act::retry(arguments).await,
        Command::Signal(arguments) => commands::act::signal(arguments).await,
        Command::Decisions(arguments) => commands::decide::list(arguments).await,
        Command::Approve(arguments) => commands::decide::approve(arguments).await,
        Command::Reject(arguments) => commands::decide::reject(arguments).await,
        Command::Edit(arguments) => commands::decide::edit(arguments).await,
        Command::Policy(arguments) => commands::policy::run(&arguments),
        Command::Extend(arguments) => commands::act::extend(arguments).await,
        Command::Replan(arguments) => commands::act::replan(arguments).await,
        Command::Skip(arguments) => commands::act::skip(arguments).await,
        Command::Payload(arguments) => commands::payload::run(arguments).await,
        Command::Verify(arguments) => commands::verify::run(arguments).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}
