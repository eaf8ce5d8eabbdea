//! The example clients in other languages, and the worker in Python, as their READMEs have them started.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use goalpost_client::v1::GoalState;
use goalpost_client::{Client, NewGoal};
use goalpost_testkit::wait_for;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::cluster::{Cluster, ONE, Replicas};
use crate::harness::{OnStores, System, blueprint, events, folder, for_several_lives, on_stores_with, words};

const CATALOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../catalogs/words.yaml");
const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/clients");
const LANGUAGES: [Language; 2] = [Language::Python, Language::TypeScript];

#[derive(Clone, Copy, Debug)]
enum Language {
    Python,
    TypeScript,
}

/// A program in another language that runs.
struct Program {
    child: Child,
    output: JoinHandle<String>,
    /// What it has said so far on standard error.
    said: Arc<Mutex<String>>,
    /// Ends when it has said everything.
    silent: JoinHandle<()>,
}

/// How a program ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    output: String,
    said: String,
}

impl Program {
    fn start(command: &mut Command) -> Self {
        for variable in ["GOALPOST_API_KEY", "GOALPOST_TLS_CA"] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let mut output = child.stdout.take().unwrap();
        let output = tokio::spawn(async move {
            let mut text = String::new();
            output.read_to_string(&mut text).await.unwrap();
            text
        });
        let silent = tokio::spawn(keep(child.stderr.take().unwrap(), Arc::clone(&said)));
        Self { child, output, said, silent }
    }

    /// Submits a goal.
    fn submit(language: Language, decision_group: &str, arguments: &[&str]) -> Self {
        let mut command = match language {
            Language::Python => python("submit.py"),
            Language::TypeScript => {
                let mut command = Command::new("node");
                command.arg(set_up("typescript/dist/src/submit.js"));
                command
            }
        };
        Self::start(command.args(arguments).env("GOALPOST_ENDPOINT", decision_group))
    }

    /// A worker for the files of a folder.
    async fn worker(engines: &str, folder: &Path) -> Self {
        let mut command = python("worker.py");
        let worker = Self::start(command.arg("--folder").arg(folder).env("GOALPOST_ENGINE", engines));
        worker.says("connected to engine").await;
        worker
    }

    /// Waits until it has said something.
    async fn says(&self, what: &str) {
        wait_for(what, async || self.said.lock().unwrap().contains(what).then_some(())).await;
    }

    async fn ended(mut self) -> Ended {
        let code = self.child.wait().await.unwrap().code();
        let output = self.output.await.unwrap();
        self.silent.await.unwrap();
        let said = self.said.lock().unwrap().clone();
        Ended { code, output, said }
    }

    /// Stops it as a service manager would.
    async fn stop(self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().await.unwrap().success());
        let ended = self.ended().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

impl Ended {
    /// The result, of a goal whose events were all shown, each once.
    fn result(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        let numbers: Vec<usize> = self.events().filter_map(|(number, _)| number.parse().ok()).collect();
        assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>(), "{self:?}");
        assert_eq!(self.events().last().unwrap().1, "GOAL_SUCCEEDED");
        serde_json::from_str(&self.output).unwrap()
    }

    fn events(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.said.lines().filter_map(|line| line.split_once(' '));
        lines.filter(|(number, _)| number.parse::<usize>().is_ok())
    }

    fn goal(&self) -> &str {
        self.said.lines().find_map(|line| line.strip_prefix("goal ")).unwrap()
    }
}

async fn keep(from: impl AsyncRead + Unpin, said: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(from).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        said.lock().unwrap().push_str(&(line + "\n"));
    }
}

fn python(program: &str) -> Command {
    let mut command = Command::new(set_up("python/.venv/bin/python"));
    set_up("python/gen/goalpost/v1/worker_pb2.py");
    // Nothing is left between the sources.
    command.arg("-B").arg(Path::new(CLIENTS).join("python").join(program));
    command
}

/// A file that is there once the clients are set up.
fn set_up(path: &str) -> PathBuf {
    let path = Path::new(CLIENTS).join(path);
    assert!(path.is_file(), "{} is missing; `cargo xtask setup` or `test` makes it", path.display());
    path
}

async fn on_words() -> (OnStores, TempDir) {
    let on = on_stores_with(&["--catalog", CATALOG]).await;
    (on, folder())
}

/// A file whose reader waits for what is written.
async fn pipe(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    assert!(Command::new("mkfifo").arg(&path).status().await.unwrap().success());
    path
}

/// Opens the pipe once its reader is there, and writes all of it.
async fn fill(pipe: PathBuf, text: &'static str) {
    tokio::task::spawn_blocking(move || std::fs::write(pipe, text)).await.unwrap().unwrap();
}

/// How often attempts of the goal were started.
async fn attempts(client: &Client, goal: &str) -> usize {
    let words = words(&events(client, goal).await);
    words.iter().filter(|word| word.starts_with("ATTEMPT_STARTED")).count()
}

#[tokio::test]
async fn clients_submit_watch_and_print_what_a_worker_in_python_found() {
    let (on, files) = on_words().await;
    std::fs::write(files.path().join("notes.txt"), "One goal,\none plan. One end\n").unwrap();
    let worker = Program::worker(&on.system.endpoints.graph_engine, files.path()).await;
    for language in LANGUAGES {
        let id = format!("{language:?}");
        let line = ["Count the words of notes.txt", "--input", r#"{"top": 1}"#, "--request-id", &id];
        let first = Program::submit(language, &on.system.endpoints.decision_group, &line).ended().await;
        let found = json!({"lines": 2, "words": 6, "top": [{"word": "one", "count": 3}]});
        assert_eq!(first.result(), json!({ "count": found }));
        let again = Program::submit(language, &on.system.endpoints.decision_group, &line).ended().await;
        assert_eq!(again.result(), first.result());
        assert_eq!(again.goal(), first.goal(), "the same request makes one goal");
    }
    worker.stop().await;
    on.system.verify().await;
}

#[tokio::test]
async fn what_a_client_ends_with_says_what_happened() {
    let (on, files) = on_words().await;
    let at = &on.system.endpoints.decision_group;
    let worker = Program::worker(&on.system.endpoints.graph_engine, files.path()).await;
    for language in LANGUAGES {
        let failed = Program::submit(language, at, &["Count the words of nothing.txt"]).ended().await;
        assert_eq!(failed.code, Some(1), "{failed:?}");
        assert!(failed.said.contains("TASK_FAILED count FILE_NOT_FOUND: nothing.txt"), "{failed:?}");
        let wrong = Program::submit(language, at, &["Bake", "--namespace", "a b"]).ended().await;
        assert_eq!(wrong.code, Some(2), "{wrong:?}");
        assert!(wrong.said.contains("\n  namespace: must be"), "{wrong:?}");
        let unreadable = Program::submit(language, at, &["Bake", "--input", "[1]"]).ended().await;
        assert_eq!(unreadable.code, Some(2), "{unreadable:?}");
        cancelled(language, &on, files.path()).await;
    }
    worker.stop().await;
    on.system.verify().await;
}

/// Cancels a goal whose worker is busy, and lets that go on afterwards.
async fn cancelled(language: Language, on: &OnStores, files: &Path) {
    let name = format!("{language:?}.pipe");
    let pipe = pipe(files, &name).await;
    let goal = format!("Count the words of {name}");
    let client = Program::submit(language, &on.system.endpoints.decision_group, &[&goal]);
    client.says("ATTEMPT_STARTED count").await;
    let id =
        client.said.lock().unwrap().lines().find_map(|line| line.strip_prefix("goal ").map(str::to_owned));
    on.system.client().cancel(&id.unwrap(), "enough").await.unwrap();
    let ended = client.ended().await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.said.contains("GOAL_CANCELLED") && ended.said.contains("enough"), "{ended:?}");
    fill(pipe, "nobody wants this\n").await;
}

/// While they are busy the whole system is killed, and while it is away others come.
#[tokio::test]
async fn clients_and_a_worker_in_python_outlive_the_system() {
    let files = folder();
    let catalog = ["--catalog".to_owned(), CATALOG.to_owned()];
    let arguments = [for_several_lives().as_slice(), catalog.as_slice()].concat();
    let system = System::start(folder(), &arguments).await;
    let at = system.endpoints.decision_group.clone();
    let worker = Program::worker(&system.endpoints.graph_engine, files.path()).await;
    let (mut clients, mut pipes) = (Vec::new(), Vec::new());
    for language in LANGUAGES {
        let name = format!("{language:?}.pipe");
        pipes.push(pipe(files.path(), &name).await);
        clients.push(Program::submit(language, &at, &[&format!("Count the words of {name}")]));
        clients.last().unwrap().says("ATTEMPT_STARTED count").await;
    }
    let data = system.kill().await;
    std::fs::write(files.path().join("late.txt"), "late is late\n").unwrap();
    for language in LANGUAGES {
        clients.push(Program::submit(language, &at, &["Count the words of late.txt"]));
        clients.last().unwrap().says("UNAVAILABLE; trying again").await;
    }
    let second = System::start(data, &arguments).await;
    for pipe in pipes {
        fill(pipe, "three more words\n").await;
    }
    for client in clients {
        let ended = client.ended().await;
        assert_eq!(ended.result()["count"]["words"], 3);
        assert_eq!(attempts(&second.client(), ended.goal()).await, 1, "nothing ran twice");
    }
    worker.stop().await;
    second.verify().await;
    second.stop().await;
}

#[tokio::test]
async fn a_worker_in_python_goes_where_an_engine_that_stops_sends_it() {
    let mut cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &[]).await;
    let planner = &mut cluster.planners[0];
    planner.kill().await;
    planner.add_arguments(&["--catalog", CATALOG]);
    planner.start_again().await;
    let files = folder();
    let pipe = pipe(files.path(), "pipe").await;
    let worker = Program::worker(&cluster.engine_urls(), files.path()).await;
    let client = cluster.client();
    let goal = client.submit(NewGoal::text("Count the words of pipe")).await.unwrap();
    let first = cluster.engine_of_attempt(|_| true).await;
    cluster.engines[first].ask_to_end().await;
    worker.says("the engine sends the worker away").await;
    cluster.engines[first].ended().await;
    cluster.engine_of_attempt(|engine| engine != first).await;
    fill(pipe, "here or there\n").await;
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    assert_eq!(attempts(&client, &goal.id).await, 1, "nothing ran twice");
    worker.stop().await;
    cluster.verify().await;
}

/// The time itself is what is tested: the attempt takes longer than its handler may be silent.
#[tokio::test]
async fn heartbeats_of_a_worker_in_python_keep_its_attempt() {
    const SILENCE: Duration = Duration::from_millis(2_000);
    let (on, files) = on_words().await;
    let pipe = pipe(files.path(), "pipe").await;
    let worker = Program::worker(&on.system.endpoints.graph_engine, files.path()).await;
    let slow = blueprint(json!({
        "name": "slow",
        "tasks": [{"name": "count", "capability": "words.count", "input": {"file": "pipe"},
                   "timeouts": {"heartbeat_ms": SILENCE.as_millis()}}],
    }));
    let write = tokio::spawn(async move {
        let open = move || std::fs::File::options().write(true).open(pipe);
        let mut pipe = tokio::task::spawn_blocking(open).await.unwrap().unwrap();
        for _ in 0..8 {
            pipe.write_all(b"one more\n").unwrap();
            tokio::time::sleep(SILENCE / 5).await;
        }
    });
    let (goal, _) = on.system.run(NewGoal::blueprint(slow)).await;
    write.await.unwrap();
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    assert_eq!(serde_json::to_value(goal.result.unwrap()).unwrap()["count"]["lines"], 8.0);
    assert_eq!(attempts(&on.system.client(), &goal.id).await, 1);
    worker.stop().await;
}
