//! What the code says: settings, ports, health, metrics, keys, images. Read from the sources, so that no service has to be
//! built for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, run};

/// What the code says.
pub(super) struct Sources {
    /// By the target of an image: the program that it runs.
    pub(super) programs: BTreeMap<String, Program>,
    pub(super) metrics: BTreeSet<String>,
    /// What the key of a lane begins with, in Redis.
    pub(super) lane_prefix: String,
}

/// A program of the workspace.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    /// The variables of its settings.
    pub(super) settings: BTreeSet<String>,
    /// The variable with the address that it listens on, and the port of its default.
    pub(super) listen: Option<(String, u64)>,
    /// The gRPC services that its health answers for.
    pub(super) health: BTreeSet<String>,
    /// Whether its health says no while a store is away.
    pub(super) needs_stores: bool,
}

impl Program {
    pub(super) fn knows(&self, setting: &str) -> bool {
        self.settings.contains(setting)
    }
}

impl Sources {
    /// Reads the workspace.
    pub(super) fn read() -> Result<Self, Error> {
        let dockerfile = fs::read_to_string(run::root().join("deploy/Dockerfile"))?;
        let shared = texts(&run::root().join("crates"))?;
        let mut programs = BTreeMap::new();
        for (target, binary) in images(&dockerfile) {
            programs.insert(target, program(&binary, &shared)?);
        }
        let all = shared.iter().cloned().chain(texts(&run::root().join("services"))?);
        let metrics = all.flat_map(|text| metrics(&text)).collect();
        let keys = fs::read_to_string(run::root().join("crates/queue/src/keys.rs"))?;
        let lane_prefix =
            between(&keys, "LANE_PREFIX: &str = \"", "\"").ok_or("no LANE_PREFIX in keys.rs")?;
        Ok(Self { programs, metrics, lane_prefix: lane_prefix.to_owned() })
    }
}

/// The targets of the Dockerfile that are images, and the binary that each runs.
pub(super) fn images(dockerfile: &str) -> BTreeMap<String, String> {
    let mut images = BTreeMap::new();
    let mut stage = None;
    for line in dockerfile.lines() {
        if line.starts_with("FROM ") {
            stage = line.split_once(" AS ").map(|(_, name)| name.trim().to_owned());
        }
        let binary = line.strip_prefix("ENTRYPOINT [\"/").and_then(|rest| rest.strip_suffix("\"]"));
        if let (Some(stage), Some(binary)) = (&stage, binary) {
            images.insert(stage.clone(), binary.to_owned());
        }
    }
    images
}

/// The program of a binary: what its main file and the structs that it takes in say.
fn program(binary: &str, shared: &[String]) -> Result<Program, Error> {
    let (main, package) = main_of(binary)?;
    let main = fs::read_to_string(main)?;
    let own = texts(&package)?;
    let arguments = structs(&main);
    let (own_structs, shared_structs) = (all_structs(&own), all_structs(shared));
    let mut program = Program::default();
    let mut wanted: Vec<String> = vec!["Arguments".to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        let found =
            arguments.get(&name).or_else(|| own_structs.get(&name)).or_else(|| shared_structs.get(&name));
        let Some(found) = found.filter(|_| seen.insert(name.clone())) else { continue };
        program.settings.extend(found.settings.iter().cloned());
        wanted.extend(found.parts.iter().cloned());
    }
    program.listen = own.iter().find_map(|text| listen(text));
    program.listen = program.listen.filter(|(variable, _)| program.settings.contains(variable));
    if let Some(text) = own.iter().find(|text| text.contains("Health::new(&[") && program.listen.is_some()) {
        (program.health, program.needs_stores) = health(text);
    }
    Ok(program)
}

/// Its main file, and the folder of its package's sources.
fn main_of(binary: &str) -> Result<(PathBuf, PathBuf), Error> {
    let short = binary.strip_prefix("goalpost-").unwrap_or("cli");
    let example = short.strip_prefix("example-").unwrap_or(short);
    let packages = [
        "services/persistence".to_owned(),
        format!("services/{short}"),
        format!("examples/{example}"),
        "cli".to_owned(),
    ];
    for package in packages {
        let source = run::root().join(&package).join("src");
        let of_its_own = source.join("bin").join(binary).with_extension("rs");
        let main = if of_its_own.is_file() { of_its_own } else { source.join("main.rs") };
        let is_it = main.ends_with(format!("{binary}.rs")) || package.ends_with(example) || package == short;
        if is_it && main.is_file() {
            return Ok((main, source));
        }
    }
    Err(format!("deploy/Dockerfile: no binary {binary} in this workspace").into())
}

/// A struct of settings.
#[derive(Default)]
struct Settings {
    settings: Vec<String>,
    /// The structs that it takes in.
    parts: Vec<String>,
}

fn all_structs(texts: &[String]) -> BTreeMap<String, Settings> {
    texts.iter().flat_map(|text| structs(text)).collect()
}

/// The structs of a file whose fields have variables, and those that they flatten.
fn structs(text: &str) -> BTreeMap<String, Settings> {
    let mut structs: BTreeMap<String, Settings> = BTreeMap::new();
    let (mut current, mut flatten) = (None, false);
    for line in text.lines() {
        if let Some(rest) =
            line.trim_start().strip_prefix("pub ").unwrap_or(line.trim_start()).strip_prefix("struct ")
        {
            current = Some(word(rest).to_owned());
        } else if line == "}" {
            current = None;
        }
        let Some(current) = &current else { continue };
        let settings = structs.entry(current.clone()).or_default();
        settings.settings.extend(between(line, "env = \"", "\"").map(str::to_owned));
        if flatten && let Some((_, kind)) = line.trim_end_matches(',').rsplit_once(": ") {
            let kind = kind.trim_start_matches("Option<").trim_end_matches('>');
            settings.parts.push(kind.rsplit("::").next().unwrap_or(kind).to_owned());
            flatten = false;
        }
        flatten |= line.contains("#[command(flatten)]");
    }
    structs.retain(|_, found| !found.settings.is_empty() || !found.parts.is_empty());
    structs
}

/// The variable with the address that a service listens on, and the port of its default.
fn listen(text: &str) -> Option<(String, u64)> {
    let variable = text.match_indices("env = \"").find_map(|(at, _)| {
        between(&text[at..], "env = \"", "\"")
            .filter(|variable| variable.ends_with("_LISTEN") && !variable.contains("METRICS"))
    })?;
    let default = &text[text.find(variable)?..];
    let port = between(text, "const DEFAULT_PORT: u16 = ", ";")
        .or_else(|| between(default, "default_value = \"127.0.0.1:", "\""))?;
    Some((variable.to_owned(), port.replace('_', "").parse().ok()?))
}

/// What health answers for, and whether it needs parts.
fn health(text: &str) -> (BTreeSet<String>, bool) {
    let call = between(text, "Health::new(", ").await").unwrap_or_default();
    let (services, parts) = call.split_once("], &[").unwrap_or((call, "]"));
    let mut named: BTreeSet<String> = services.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    // A generated constant: the service of its module.
    if services.contains("SERVICE_NAME")
        && let Some(module) = between(text, "v1::", "_server::")
    {
        named.insert(format!("goalpost.v1.{}", camel(module)));
    }
    (named, !parts.starts_with(']'))
}

/// The metrics that are recorded.
fn metrics(text: &str) -> BTreeSet<String> {
    let macros = ["counter!(\"", "gauge!(\"", "histogram!(\""];
    let found =
        macros.iter().flat_map(|start| text.match_indices(start).map(|(at, _)| (&text[at..], *start)));
    found.filter_map(|(rest, start)| between(rest, start, "\"")).map(str::to_owned).collect()
}

fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').filter(|word| !word.is_empty()).map(capital).collect()
}

fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    &text[..end]
}

pub(super) fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = &text[text.find(start)? + start.len()..];
    Some(&rest[..rest.find(end)?])
}

/// The sources of Rust below a folder, tests in folders of their own left out.
fn texts(folder: &Path) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("tests") {
            found.extend(texts(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(path)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_as_it_is() {
        let sources = Sources::read().unwrap();
        let group = &sources.programs["decision-group"];
        for setting in [
            "GOALPOST_PLANNER",
            "DATABASE_URL",
            "REDIS_URL",
            "GOALPOST_DRAIN_SECONDS",
            "GOALPOST_LOG_FORMAT",
            "GOALPOST_MAX_CALLS",
        ] {
            assert!(group.settings.contains(setting), "{setting}: {group:?}");
        }
        assert!(!group.settings.contains("GOALPOST_LLM_URL") && !group.settings.contains("GOALPOST_CATALOG"));
        assert_eq!(group.listen, Some(("GOALPOST_DECISION_GROUP_LISTEN".to_owned(), 50051)));
        let answered = ["goalpost.v1.AccessControl", "goalpost.v1.CentralDecisionGroup"];
        assert_eq!(group.health, BTreeSet::from(answered.map(str::to_owned)));
        assert!(group.needs_stores);

        let planner = &sources.programs["planner"];
        assert!(planner.settings.contains("GOALPOST_LLM_URL") && !planner.settings.contains("DATABASE_URL"));
        assert_eq!(planner.listen, Some(("GOALPOST_PLANNER_LISTEN".to_owned(), 50052)));
        assert_eq!(planner.health, BTreeSet::from(["goalpost.v1.Planner".to_owned()]));
        assert!(!planner.needs_stores);

        let engine = &sources.programs["graph-engine"];
        assert!(engine.settings.contains("GOALPOST_MAX_STORED_PAYLOAD_BYTES"));
        assert!(
            engine.health.contains("goalpost.v1.Worker") && engine.health.contains("goalpost.v1.GraphEngine")
        );

        let migrate = &sources.programs["migrate"];
        assert!(migrate.settings.contains("DATABASE_URL") && !migrate.settings.contains("REDIS_URL"));
        assert!(migrate.listen.is_none() && migrate.health.is_empty());
        assert!(sources.programs["example-weather"].settings.contains("GOALPOST_ENGINE"));
        assert!(sources.metrics.contains("goalpost_queue_depth") && sources.metrics.len() > 15);
        assert_eq!(sources.lane_prefix, "goalpost:lane:");
    }
}
