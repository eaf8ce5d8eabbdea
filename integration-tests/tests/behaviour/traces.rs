//! Recorded runs of real workflows are imported and replayed.
//!
//! The published traces are not part of this repository. They are looked for in the folder that
//! `GOALPOST_TRACES` names, else in `../shared/wfinstances` beside the workspace. Where they are not,
//! as in CI, only the trace is replayed that was written by hand for `examples/wfformat`; it is
//! replayed in any case.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use goalpost_client::v1::GoalState;
use goalpost_client::{Client, NewGoal};
use goalpost_example_wfformat::{MAX_CONCURRENCY, sleep};
use goalpost_wfformat::{CAPABILITY, Sleep, Trace};
use goalpost_worker::{Attempt, Worker};
use serde_json::Value;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::harness::{OnStores, binary, blueprint, on_stores_with};

/// How long the longest path of each replay takes, in seconds.
const LONGEST_PATH: f64 = 1.0;

#[tokio::test]
async fn traces_are_replayed_in_order_of_dependency() {
    let on = on_stores_with(&["--catalog", &path("catalogs/wfformat.yaml")]).await;
    let worker = LedgerWorker::start(&on.system.endpoints.graph_engine);
    let (client, traces) = (on.system.client(), traces());
    // All at once: each keeps its order whatever the others do.
    let replays = traces.iter().map(|file| replay(&on, &client, file));
    let workflows = futures::future::join_all(replays).await;
    for (file, workflow) in traces.iter().zip(&workflows) {
        worker.ledger(workflow).assert_order_of(file);
    }
    worker.stop.cancel();
    on.system.verify().await;
}

#[tokio::test]
async fn an_imported_trace_is_submitted_as_a_file() {
    let on = on_stores_with(&["--catalog", &path("catalogs/wfformat.yaml")]).await;
    let worker = LedgerWorker::start(&on.system.endpoints.graph_engine);
    let imported = on.system.folder.path().join("mosaic.yaml").display().to_string();
    goalpost(&["import", "wfformat", &mosaic(), "--time-scale", "1000", "--to", &imported]).await;
    let endpoint = on.system.endpoints.decision_group.as_str();
    let shown =
        goalpost(&["submit", "--endpoint", endpoint, "--blueprint", &imported, "--wait", "-o", "json"]).await;
    let goal: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(goal["state"], "GOAL_STATE_SUCCEEDED", "{shown}");
    worker.ledger(goal["id"].as_str().unwrap()).assert_order_of(Path::new(&mosaic()));
    worker.stop.cancel();
}

/// Imports the trace, checks the blueprint, runs it to its end, and answers with the workflow's id.
async fn replay(on: &OnStores, client: &Client, file: &Path) -> String {
    let scale = Trace::parse(&text(file)).unwrap().longest_path_seconds() / LONGEST_PATH;
    let name = file.file_name().unwrap();
    let imported = on.system.folder.path().join(name).display().to_string();
    let (file, scale) = (file.display().to_string(), scale.to_string());
    goalpost(&["import", "wfformat", &file, "--time-scale", &scale, "--to", &imported]).await;
    goalpost(&["lint", &imported, "--catalog", &path("catalogs/wfformat.yaml")]).await;
    let goal = NewGoal::blueprint(blueprint(serde_json::from_str(&text(Path::new(&imported))).unwrap()));
    let goal = client.submit(goal).await.unwrap();
    let ended = client.wait(&goal.id).await.unwrap();
    assert_eq!(ended.state(), GoalState::Succeeded, "{file}: {:?}", ended.failure);
    ended.workflow_id
}

/// A worker that writes down what it begins and ends.
struct LedgerWorker {
    stop: CancellationToken,
    lines: Arc<Mutex<Vec<Line>>>,
}

#[derive(Clone)]
struct Line {
    workflow: String,
    /// The task's id in the trace.
    id: String,
    what: What,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Begun,
    Ended,
}

impl LedgerWorker {
    fn start(endpoint: &str) -> Self {
        let (stop, lines) = (CancellationToken::new(), Arc::<Mutex<Vec<Line>>>::default());
        let ledger = Arc::clone(&lines);
        let worker = Worker::builder(endpoint).max_concurrency(MAX_CONCURRENCY).capability(
            CAPABILITY,
            move |attempt: Attempt, task: Sleep| {
                let ledger = Arc::clone(&ledger);
                async move {
                    let (workflow, id) = (attempt.workflow_id().to_owned(), task.id.clone());
                    let line = |what| Line { workflow: workflow.clone(), id: id.clone(), what };
                    ledger.lock().unwrap().push(line(What::Begun));
                    let slept = sleep(attempt, task).await;
                    ledger.lock().unwrap().push(line(What::Ended));
                    slept
                }
            },
        );
        tokio::spawn(worker.build().unwrap().run(stop.clone()));
        Self { stop, lines }
    }

    fn ledger(&self, workflow: &str) -> Ledger {
        let lines = self.lines.lock().unwrap();
        let mut ledger = Ledger::default();
        for (place, Line { id, what, .. }) in
            lines.iter().enumerate().filter(|(_, line)| line.workflow == workflow)
        {
            let places = if *what == What::Begun { &mut ledger.begun } else { &mut ledger.ended };
            assert_eq!(places.insert(id.clone(), place), None, "{id} ran twice");
        }
        ledger
    }
}

/// Where in the worker's lines each task of one workflow began and ended.
#[derive(Default)]
struct Ledger {
    begun: HashMap<String, usize>,
    ended: HashMap<String, usize>,
}

impl Ledger {
    /// Checks that every task of the file ran, and began after the ends of those that the file itself
    /// names as its parents.
    fn assert_order_of(&self, file: &Path) {
        let document: Value = serde_json::from_str(&text(file)).unwrap();
        let tasks = document["workflow"]["specification"]["tasks"].as_array().unwrap();
        assert_eq!((self.begun.len(), self.ended.len()), (tasks.len(), tasks.len()), "{}", file.display());
        for task in tasks {
            let id = task["id"].as_str().unwrap();
            for parent in task["parents"].as_array().unwrap() {
                let parent = parent.as_str().unwrap();
                assert!(self.ended[parent] < self.begun[id], "{id} began before {parent} ended");
            }
        }
    }
}

/// The trace that was written by hand, and those that were published, if they are there.
fn traces() -> Vec<PathBuf> {
    let folder = std::env::var_os("GOALPOST_TRACES").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| path("../shared/wfinstances").into());
    let published = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let published = published.filter(|file| file.extension().is_some_and(|end| end == "json"));
    let traces: Vec<PathBuf> = published.chain([mosaic().into()]).collect();
    println!("{} traces, {} of them published", traces.len(), traces.len() - 1);
    traces
}

fn mosaic() -> String {
    path("examples/wfformat/data/mosaic.json")
}

/// A path in the workspace.
fn path(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path).display().to_string()
}

fn text(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

/// Runs the command line, and answers with what it prints.
async fn goalpost(arguments: &[&str]) -> String {
    let output = Command::new(binary("goalpost")).args(arguments).output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {out}{err}");
    out.into_owned()
}
