//! The `goalpost` command line.

// They panic when whoever reads is gone; `out` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod commands;
mod connection;
mod dev;
mod failure;
mod files;
mod goal_file;
mod out;
mod profiles;
mod session;
mod view;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Goals in, durable event-driven workflows out.
///
/// A setting of the connection is what its flag says, else the environment, else the profile, else the default. Everything is
/// explained, with a session to follow, in docs/cli.md.
#[derive(Parser)]
#[command(name = "goalpost", version, after_long_help = failure::EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    session: session::Session,
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
    /// Show a goal: how far it is, what was decided, what came out.
    Get(commands::Target),
    /// Show everything about a goal: its graph with each task's state, attempts and reasons, too.
    Describe(commands::Target),
    /// List goals, newest first.
    List(commands::list::Arguments),
    /// Show the events of a goal, as they are stored.
    Events(commands::events::Arguments),
    /// Tell what happened to a goal, in words.
    Logs(commands::logs::Arguments),
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
    /// List the workers of all engines.
    Workers(commands::workers::Arguments),
    /// List what waits for workers, and for the services.
    Queues(commands::queues::Arguments),
    /// Look for anything that breaks a promise of the system, and mend it if asked to.
    Verify(commands::verify::Arguments),
    /// Make, list and revoke API keys.
    Keys(commands::keys::Arguments),
    /// Say who one is, as the system sees it.
    Whoami,
    /// Keep the settings of connections under names, and choose among them.
    Profile(commands::profile::Arguments),
    /// Print a script that makes a shell complete commands and options.
    Completion(commands::completion::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { session, command } = Arguments::parse();
    match run(&session, command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}

async fn run(session: &session::Session, command: Command) -> Result<(), failure::Failure> {
    match command {
        Command::Dev(arguments) => dev::run(*arguments).await,
        Command::Submit(arguments) => commands::submit::run(session, arguments).await,
        Command::Watch(arguments) => commands::watch::run(session, arguments).await,
        Command::Get(arguments) => commands::get::run(session, arguments).await,
        Command::Describe(arguments) => commands::describe::run(session, arguments).await,
        Command::List(arguments) => commands::list::run(session, arguments).await,
        Command::Events(arguments) => commands::events::run(session, arguments).await,
        Command::Logs(arguments) => commands::logs::run(session, arguments).await,
        Command::Plan(arguments) => commands::plan::run(session, arguments).await,
        Command::Simulate(arguments) => commands::simulate::run(session, arguments).await,
        Command::Catalog(arguments) => commands::catalog::run(session, arguments).await,
        Command::Cancel(arguments) => commands::act::cancel(session, arguments).await,
        Command::Explain(arguments) => commands::explain::run(session, arguments).await,
        Command::Pause(arguments) => commands::act::pause(session, arguments).await,
        Command::Resume(arguments) => commands::act::resume(session, arguments).await,
        Command::Budget(arguments) => commands::budget::run(session, arguments).await,
        Command::Retry(arguments) => commands::act::retry(session, arguments).await,
        Command::Signal(arguments) => commands::act::signal(session, arguments).await,
        Command::Decisions(arguments) => commands::decide::list(session, arguments).await,
        Command::Approve(arguments) => commands::decide::approve(session, arguments).await,
        Command::Reject(arguments) => commands::decide::reject(session, arguments).await,
        Command::Edit(arguments) => commands::decide::edit(session, arguments).await,
        Command::Extend(arguments) => commands::act::extend(session, arguments).await,
        Command::Replan(arguments) => commands::act::replan(session, arguments).await,
        Command::Skip(arguments) => commands::act::skip(session, arguments).await,
        Command::Payload(arguments) => commands::payload::run(session, arguments).await,
        Command::Workers(arguments) => commands::workers::run(session, arguments).await,
        Command::Queues(arguments) => commands::queues::run(session, arguments).await,
        Command::Verify(arguments) => commands::verify::run(session, arguments).await,
        Command::Lint(arguments) => commands::lint::run(session, &arguments),
        Command::Fmt(arguments) => commands::fmt::run(session, &arguments),
        Command::Diff(arguments) => commands::diff::run(session, &arguments),
        Command::Graph(arguments) => commands::graph::run(session, &arguments),
        Command::Policy(arguments) => commands::policy::run(session, &arguments),
        Command::Keys(arguments) => commands::keys::run(session, arguments).await,
        Command::Whoami => commands::keys::who(session).await,
        Command::Profile(arguments) => commands::profile::run(session, &arguments),
        Command::Import(arguments) => commands::import::run(&arguments),
        Command::Completion(arguments) => commands::completion::run(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
