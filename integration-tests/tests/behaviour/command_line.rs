//! The session of `docs/cli.md`, command by command, against a running system.
//!
//! Blocks of `console` are run, and what is printed has to be what the page says, but for ids, digests, times and addresses.
//! `GOALPOST_UPDATE_DOCS=1` writes what is printed into the page. Blocks of other languages that begin with `# NAME.yaml` are
//! files of the session. Comments `<!-- when ... -->` say what the commands after them wait for, see [`Session::wait`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use goalpost_client::Client;
use goalpost_client::v1::{ListQueuesRequest, ListWorkersRequest};
use goalpost_testkit::{database, redis, wait_for};
use regex::Regex;
use tokio::process::{Child, Command};

use crate::harness::{System, binary, folder, words};

/// Where the page says that the system is.
const GROUP: &str = "http://127.0.0.1:50051";
const ENGINE: &str = "http://127.0.0.1:50053";
const PERSISTENCE: &str = "http://127.0.0.1:50054";
/// The folder of whoever reads the page.
const HOME: &str = "/home/ann";
/// How ids on the page begin.
const MASKED: &str = "01a23130-0000-7000-8000-";

#[tokio::test]
async fn the_session_of_the_documentation_is_so() {
    let (database, redis) = (database().await, redis().await);
    let stores = ["--database-url", database.url(), "--redis-url", &redis.url()].map(str::to_owned);
    let system = System::start_with_its_catalog(folder(), &stores).await;
    let page = std::fs::read_to_string(page()).unwrap();
    let mut session = Session::of(&system);
    let played = session.play(&page).await;
    if std::env::var_os("GOALPOST_UPDATE_DOCS").is_some() {
        std::fs::write(self::page(), &played).unwrap();
        return;
    }
    let (expected, found) = (session.masks.compared(&page), session.masks.compared(&played));
    for (number, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        let hint = "if the new output is right, GOALPOST_UPDATE_DOCS=1 writes it into the page";
        assert_eq!(found, expected, "docs/cli.md, about line {}; {hint}", number + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}

/// Far more time than anything here needs.
async fn within<T>(what: &str, done: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(60), done).await;
    done.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md")
}

/// The shell of whoever follows the page.
struct Session {
    client: Client,
    folder: PathBuf,
    masks: Masks,
    variables: Vec<(String, String)>,
    /// Workers, killed when the session is over.
    background: Vec<Child>,
}

impl Session {
    fn of(system: &System) -> Self {
        let folder = system.folder.path().join("home");
        std::fs::create_dir_all(folder.join("catalogs")).unwrap();
        let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogs/weather.yaml");
        std::fs::copy(catalog, folder.join("catalogs/weather.yaml")).unwrap();
        let masks = Masks::new(vec![
            (GROUP, system.endpoints.decision_group.clone()),
            (ENGINE, system.endpoints.graph_engine.clone()),
            (PERSISTENCE, system.endpoints.persistence.clone()),
            (HOME, folder.display().to_string()),
        ]);
        Self { client: system.client(), folder, masks, variables: Vec::new(), background: Vec::new() }
    }

    /// The page with what its commands print now.
    async fn play(&mut self, page: &str) -> String {
        let mut played = String::new();
        let mut lines = page.lines().peekable();
        while let Some(line) = lines.next() {
            played.push_str(&format!("{line}\n"));
            if let Some(state) = line.strip_prefix("<!-- when ").and_then(|rest| rest.strip_suffix(" -->")) {
                within(state, self.wait(state)).await;
            }
            let Some(language) = line.strip_prefix("```").filter(|language| !language.is_empty()) else {
                continue;
            };
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let first = block.first().copied().unwrap_or_default();
            if language == "console" {
                for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                    let printed = self.run(command).await;
                    played.push_str(&format!("$ {command}\n{}", self.masks.shown(&printed)));
                }
            } else {
                if let Some(name) = first.strip_prefix("# ").filter(|name| name.ends_with(".yaml")) {
                    std::fs::write(self.folder.join(name), format!("{}\n", block[1..].join("\n"))).unwrap();
                }
                block.iter().for_each(|line| played.push_str(&format!("{line}\n")));
            }
            played.push_str("```\n");
        }
        played
    }

    /// What the command prints, on standard output and on standard error.
    async fn run(&mut self, command: &str) -> String {
        let command = self.masks.real(command);
        if let Some(worker) = command.strip_suffix(" &") {
            let child =
                self.shell(&format!("exec {worker}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            self.background.push(child.unwrap());
            return String::new();
        }
        let assignment = command.split_once("=$(").filter(|(name, _)| name.chars().all(char::is_alphabetic));
        if let Some((name, rest)) = assignment {
            let value = self.output(rest.strip_suffix(')').unwrap()).await;
            self.variables.push((name.to_owned(), value.trim_end().to_owned()));
            return String::new();
        }
        self.output(&command).await
    }

    async fn output(&self, command: &str) -> String {
        let output = within(command, self.shell(&format!("{{ {command}; }} 2>&1")).output()).await.unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn shell(&self, script: &str) -> Command {
        let bin = binary("goalpost");
        let path = format!("{}:{}", bin.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).current_dir(&self.folder).env_clear().kill_on_drop(true);
        command.env("PATH", path).env("HOME", &self.folder).env("USER", "ann");
        // Workers of the page go where `goalpost dev` listens by default.
        command.env("GOALPOST_ENGINE", self.masks.real(ENGINE));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// `an attempt waits` on a queue; `a worker is connected`; or the goal of `$GOAL` has had an event: `TASK_WAITING review`.
    async fn wait(&self, state: &str) {
        let client = &self.client;
        match state {
            "an attempt waits" => {
                wait_for(state, async || {
                    let queues = client.list_queues(ListQueuesRequest::default()).await.unwrap().queues;
                    queues.iter().any(|queue| queue.waiting > 0 && queue.oldest_at.is_some()).then_some(())
                })
                .await;
            }
            "a worker is connected" => {
                wait_for(state, async || {
                    let workers = client.list_workers(ListWorkersRequest::default()).await.unwrap().workers;
                    workers
                        .iter()
                        .any(|worker| worker.state().as_str_name().ends_with("CONNECTED"))
                        .then_some(())
                })
                .await;
            }
            event => {
                let (_, goal) = self.variables.iter().rfind(|(name, _)| name == "GOAL").unwrap();
                let mut watch = client.watch(goal, 0);
                while let Some(come) = watch.next().await.unwrap() {
                    if words(&[come]) == [event] {
                        return;
                    }
                }
                panic!("the goal has ended without {event}");
            }
        }
    }
}

/// What is otherwise each time.
struct Masks {
    /// What the page says, and what is.
    places: Vec<(&'static str, String)>,
    id: Regex,
    patterns: Vec<(Regex, &'static str)>,
    /// The ids that were seen, in the order in which they came up.
    ids: HashMap<String, String>,
}

impl Masks {
    fn new(places: Vec<(&'static str, String)>) -> Self {
        let regex = |pattern: &str| Regex::new(pattern).unwrap();
        Self {
            places,
            id: regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
            patterns: vec![
                (regex(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)"), "2026-12-01T12:00:00Z"),
                (regex(r"\d{2}:\d{2}:\d{2}\.\d{3}"), "12:00:00.000"),
                (regex("gpk_[0-9a-f]{64}"), "gpk_..."),
                (regex(r"\b\d+(\.\d+)? (s|min)\b"), "0.010 s"),
            ],
            ids: HashMap::new(),
        }
    }

    /// As the page says it.
    fn shown(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (said, real) in &self.places {
            text = text.replace(real.as_str(), said);
        }
        let found: Vec<String> = self.id.find_iter(&text).map(|found| found.as_str().to_owned()).collect();
        for id in found.iter().filter(|id| !id.starts_with(MASKED)) {
            let number = self.ids.len() + 1;
            let masked = self.ids.entry(id.clone());
            let masked = masked.or_insert_with(|| format!("{MASKED}{number:012}"));
            text = text.replace(id, masked);
        }
        for (pattern, masked) in &self.patterns {
            text = pattern.replace_all(&text, *masked).into_owned();
        }
        text
    }

    /// As it is.
    fn real(&self, text: &str) -> String {
        self.places.iter().fold(text.to_owned(), |text, (said, real)| text.replace(said, real))
    }

    /// Without what may be otherwise: the width of columns depends on times, digests on everything.
    fn compared(&self, text: &str) -> String {
        let text = Regex::new("[0-9a-f]{64}").unwrap().replace_all(text, "DIGEST").into_owned();
        Regex::new(" {2,}").unwrap().replace_all(&text, "  ").into_owned()
    }
}
