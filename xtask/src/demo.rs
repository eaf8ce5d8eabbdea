//! `cargo xtask demo`: the main job, from start to report.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use clap::Args;
use serde_json::Value;

use crate::{Error, run, setup};

const GOAL: &str = "Research weather in Seattle and write report";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Let the live data fail, to see the plan fall back to the record.
    #[arg(long)]
    offline: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    setup::install_missing()?;
    run::cargo(&["build", "--package", "goalpost-cli", "--package", "goalpost-example-weather"])?;
    let folder = Folder::new()?;
    let goalpost = run::target("debug/goalpost");
    println!("starting Goalpost in {}", folder.0.display());
    let (dev, endpoints) = start_dev(&goalpost, &folder.0)?;
    let mut worker = Command::new(run::target("debug/goalpost-example-weather"));
    worker
        .args(["--engine", endpoint(&endpoints, "graph_engine")?])
        .arg("--report-dir")
        .arg(run::target("demo-reports"));
    if arguments.offline {
        worker.args(["--geocoding-url", "http://127.0.0.1:1/"]);
    }
    let worker = Running::start(worker.stderr(log(&folder.0, "worker.log")?), "the worker")?;
    let outcome = show(&goalpost, endpoint(&endpoints, "decision_group")?);
    let stopped = worker.stop().and(dev.stop());
    if outcome.is_err() {
        print_log(&folder.0.join("dev.log"));
        print_log(&folder.0.join("worker.log"));
    }
    outcome.and(stopped)
}

/// Submits the goal, follows it, and prints its report.
fn show(goalpost: &Path, endpoint: &str) -> Result<(), Error> {
    println!("\n$ goalpost submit \"{GOAL}\"");
    let goal = json(Command::new(goalpost).args(["submit", "--endpoint", endpoint, "-o", "json", GOAL]))?;
    let id = goal["id"].as_str().ok_or("the goal has no id")?;
    println!("{id}\n\n$ goalpost watch {id}");
    run::program(goalpost, &["watch", "--endpoint", endpoint, id])?;
    let goal = json(Command::new(goalpost).args(["get", "--endpoint", endpoint, "-o", "json", id]))?;
    let report = &goal["result"]["write_report"];
    let path = report["path"].as_str().ok_or("the goal has no report")?;
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let live = report["live"].as_bool().ok_or("the report does not say which data it used")?;
    let edge = if live {
        "fetch -> write_report, because the live data had days"
    } else {
        "fetch -> climatology, because the live data could not be had"
    };
    println!("\n{text}\nThe report is {path}\nThe conditional edge that was taken: {edge}");
    Ok(())
}

fn start_dev(goalpost: &Path, folder: &Path) -> Result<(Running, Value), Error> {
    let mut command = Command::new(goalpost);
    command.arg("dev").arg("--data-dir").arg(folder.join("data"));
    for service in ["decision-group", "planner", "graph-engine", "persistence"] {
        command.args([&format!("--{service}-listen"), "127.0.0.1:0"]);
    }
    let mut dev =
        Running::start(command.stdout(Stdio::piped()).stderr(log(folder, "dev.log")?), "goalpost dev")?;
    let stdout = dev.child.stdout.take().ok_or("goalpost dev has no standard output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    match serde_json::from_str(&line) {
        Ok(endpoints) => Ok((dev, endpoints)),
        Err(_) => {
            print_log(&folder.join("dev.log"));
            Err("goalpost dev did not start".into())
        }
    }
}

fn endpoint<'a>(endpoints: &'a Value, service: &str) -> Result<&'a str, Error> {
    endpoints[service]
        .as_str()
        .ok_or_else(|| format!("goalpost dev does not say where its {service} is").into())
}

fn json(command: &mut Command) -> Result<Value, Error> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err("goalpost could not answer".into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A program that is stopped whatever happens.
struct Running {
    child: Child,
    name: &'static str,
}

impl Running {
    fn start(command: &mut Command, name: &'static str) -> Result<Self, Error> {
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("{name} cannot be started: {error}"))?;
        Ok(Self { child, name })
    }

    /// Stops it as a service manager would, and waits for its end.
    fn stop(mut self) -> Result<(), Error> {
        Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status()?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", self.name).into()) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Its own children notice.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A folder of this demo. Not in the project: PostgreSQL does not run as root, and its user may
/// not enter root's home.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Error> {
        let path = std::env::temp_dir().join(format!("goalpost-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        let status = Command::new("chmod").arg("755").arg(&path).status()?;
        if status.success() { Ok(Self(path)) } else { Err("the demo's folder cannot be opened".into()) }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn log(folder: &Path, name: &str) -> Result<std::fs::File, Error> {
    Ok(std::fs::File::create(folder.join(name))?)
}

fn print_log(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    eprintln!("\nthe last lines of {}:", path.display());
    for line in &lines[lines.len().saturating_sub(20)..] {
        eprintln!("  {line}");
    }
}
