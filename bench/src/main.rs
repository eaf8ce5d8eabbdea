//! Benchmarks of the whole path on this machine, with its raw limits measured in the same run.
//!
//! Starts a release build of `goalpost dev` as a process of its own, at default durability, and
//! connects workers to it over gRPC. Prints a table, and writes the figures as JSON.

mod blueprints;
mod figures;
mod probe;
mod processes;
mod raw;
mod system;
mod workloads;

use std::path::PathBuf;

use clap::Parser;

use figures::Figures;
use system::System;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Measures Goalpost on this machine.
#[derive(Parser)]
#[command(name = "goalpost-bench", version)]
struct Arguments {
    /// The `goalpost` binary, a release build.
    #[arg(long, default_value = "target/release/goalpost")]
    goalpost: PathBuf,
    /// Where the figures go as JSON.
    #[arg(long, default_value = "target/bench.json")]
    output: PathBuf,
    /// Only these workloads: w1 to w6, w9, w10, raw, and w8 if there are traces; w7 only if it is named here.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Workflows of W1.
    #[arg(long, default_value_t = 5_000)]
    chains: usize,
    /// Workflows of W3.
    #[arg(long, default_value_t = 2_000)]
    diamonds: usize,
    /// Tasks of W7.
    #[arg(long, default_value_t = 1_000_000)]
    soak_tasks: usize,
    /// Folder of W8's traces: recorded workflow runs in WfFormat 1.5.
    #[arg(long)]
    traces: Option<PathBuf>,
    /// Seconds that W5 watches.
    #[arg(long, default_value_t = 30)]
    idle_seconds: u64,
}

impl Arguments {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.names(name)
    }

    /// Whether anything is wanted that a running system is measured for.
    fn wants_system(&self) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| !wanted.eq_ignore_ascii_case("w10"))
    }

    fn names(&self, name: &str) -> bool {
        self.only.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    if arguments.names("w8") && arguments.traces.is_none() {
        return Err("W8 replays recorded runs: give their folder with --traces".into());
    }
    let mut figures = Figures::default();
    if arguments.wants("w10") {
        workloads::planning::measure(&mut figures)?;
    }
    if arguments.wants_system() {
        let system = System::start(&arguments.goalpost).await?;
        let outcome = measure(&arguments, &system, &mut figures).await;
        system.stop().await?;
        outcome?;
    }
    if arguments.wants("w6") {
        workloads::start::measure(&arguments.goalpost, &mut figures).await?;
    }
    if arguments.names("w7") {
        workloads::soak::measure(&arguments.goalpost, arguments.soak_tasks, &mut figures).await?;
    }
    if arguments.wants("w9") {
        workloads::scale::measure(&arguments.goalpost, &mut figures).await?;
    }
    println!("{}", figures.table());
    figures.write(&arguments.output)?;
    println!("written to {}", arguments.output.display());
    Ok(())
}

async fn measure(arguments: &Arguments, system: &System, figures: &mut Figures) -> Result<(), Error> {
    if arguments.wants("raw") {
        raw::measure(system, figures).await?;
    }
    let workers = workloads::start_workers(system).await?;
    // Idle first: what follows leaves work for autovacuum and checkpoints behind.
    if arguments.wants("w5") {
        workloads::idle::measure(system, arguments.idle_seconds, figures).await?;
    }
    if arguments.wants("w2") {
        workloads::latency::measure(system, figures).await?;
    }
    if arguments.wants("w1") {
        workloads::chains::measure(system, arguments.chains, figures).await?;
    }
    if arguments.wants("w3") {
        workloads::diamonds::measure(system, arguments.diamonds, figures).await?;
    }
    if arguments.wants("w4") {
        workloads::fan_out::measure(system, figures).await?;
    }
    if let Some(folder) = arguments.traces.as_deref().filter(|_| arguments.wants("w8")) {
        workloads::traces::measure(system, folder, figures).await?;
    }
    workers.stop().await
}
