//! The services as they run in production: a process each.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use goalpost_testkit::wait_for;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::harness::binary;

/// One program, with its log in a file.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a binary of this workspace.
    pub(crate) fn start(name: &str, folder: &Path, arguments: &[&str]) -> Self {
        let log = folder.join(format!("{name}.log"));
        let mut command = Command::new(binary(name));
        command.args(arguments).stderr(std::fs::File::create(&log).unwrap()).stdout(Stdio::null());
        command.env("GOALPOST_AUTH", "open");
        Self { child: command.kill_on_drop(true).spawn().unwrap(), log }
    }

    /// Ends it as a service manager would.
    pub(crate) async fn stop(mut self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().await.unwrap().success());
        let status = self.child.wait().await.unwrap();
        assert!(status.success(), "{status}: {}", self.read_log());
    }

    /// Waits until it has logged a field that `read` takes.
    async fn logged<T>(&self, what: &str, read: impl Fn(&Value) -> Option<T>) -> T {
        wait_for(format!("{what} in {}", self.log.display()), async || {
            let log = self.read_log();
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.into_iter().find_map(|line| read(&line["fields"]))
        })
        .await
    }

    fn read_log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

/// All four services.
pub(crate) struct Services {
    pub(crate) decision_group: String,
    pub(crate) graph_engine: String,
    /// In the order in which they stop.
    processes: Vec<Process>,
}

/// What the services share.
pub(crate) struct Settings<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) database_url: &'a str,
    pub(crate) redis_url: &'a str,
    pub(crate) catalog: &'a str,
    pub(crate) otlp_endpoint: &'a str,
}

impl Services {
    /// Starts them and waits until they serve.
    pub(crate) async fn start(settings: &Settings<'_>) -> Self {
        let stores = ["--database-url", settings.database_url, "--redis-url", settings.redis_url];
        let planner = settings.start("goalpost-planner", &["--catalog", settings.catalog]);
        let persistence = settings.start("goalpost-persistence", &stores);
        let engine = settings.start("goalpost-graph-engine", &stores);
        let (planner_at, persistence_at, graph_engine) =
            (endpoint(&planner).await, endpoint(&persistence).await, endpoint(&engine).await);
        let peers =
            ["--planner", &planner_at, "--graph-engine", &graph_engine, "--persistence", &persistence_at];
        let group = settings.start("goalpost-decision-group", &[&stores[..], &peers[..]].concat());
        let decision_group = endpoint(&group).await;
        for process in [&persistence, &engine, &group] {
            process
                .logged("that it serves", |fields| fields["serving"].as_bool().filter(|serving| *serving))
                .await;
        }
        Self { decision_group, graph_engine, processes: vec![group, engine, persistence, planner] }
    }

    /// Stops them, callers before those they call.
    pub(crate) async fn stop(self) {
        for process in self.processes {
            process.stop().await;
        }
    }
}

impl Settings<'_> {
    fn start(&self, name: &str, arguments: &[&str]) -> Process {
        let shared =
            ["--listen", "127.0.0.1:0", "--log-format", "json", "--otlp-endpoint", self.otlp_endpoint];
        Process::start(name, self.folder, &[&shared[..], arguments].concat())
    }
}

async fn endpoint(process: &Process) -> String {
    let address = process.logged("its address", |fields| fields["address"].as_str().map(str::to_owned)).await;
    format!("http://{address}")
}
