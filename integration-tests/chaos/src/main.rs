//! The harness's binary: one run, its report, and an exit code that says whether every rule was kept.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Parser;
use goalpost_chaos::{Error, Report, Settings, Size, run};

/// Runs the whole system as processes, breaks them at random, and proves that nothing was lost.
#[derive(Parser)]
#[command(name = "goalpost-chaos", version)]
struct Arguments {
    /// How long things break.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// Decides goals and faults; by default a new one each time.
    #[arg(long)]
    seed: Option<u64>,
    /// Replicas of each service.
    #[arg(long, default_value_t = 2)]
    replicas: usize,
    /// Workers.
    #[arg(long, default_value_t = 3)]
    workers: usize,
    /// Goals that are open at once.
    #[arg(long, default_value_t = 40)]
    open_goals: usize,
    /// Where the binaries are; by default beside this one.
    #[arg(long)]
    binaries: Option<PathBuf>,
    /// Keep logs, ledgers and data even if every rule was kept.
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match start(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every rule was kept.
async fn start(arguments: Arguments) -> Result<bool, Error> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let seed = arguments.seed.unwrap_or(now.as_secs());
    let folder = folder()?;
    let settings = Settings {
        seed,
        lasts: Duration::try_from_secs_f64(arguments.minutes * 60.0)?,
        size: Size { replicas: arguments.replicas, workers: arguments.workers },
        open_goals: arguments.open_goals,
        binaries: arguments.binaries.map_or_else(beside, Ok)?,
        folder: folder.path().to_owned(),
    };
    println!("chaos with seed {seed} in {}", settings.folder.display());
    let outcome = tokio::select! {
        outcome = run(&settings) => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    let is_clean = outcome.as_ref().is_ok_and(Report::is_clean);
    if !is_clean || arguments.keep {
        // What was started ends with this process; what it wrote is of use.
        println!("kept: {}", folder.keep().display());
    }
    println!("{}", outcome?);
    Ok(is_clean)
}

/// A folder of this run, which the user that PostgreSQL runs as may enter.
fn folder() -> Result<tempfile::TempDir, Error> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut builder = tempfile::Builder::new();
    builder.prefix("goalpost-chaos-").permissions(std::fs::Permissions::from_mode(0o755));
    Ok(builder.tempdir()?)
}

/// The folder of this binary, where cargo puts the others, too.
fn beside() -> Result<PathBuf, Error> {
    let here = std::env::current_exe()?;
    Ok(here.parent().ok_or("this binary is in no folder")?.to_owned())
}
