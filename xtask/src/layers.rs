//! The dependency rule, checked.
//!
//! model <- access, checker, graph, planning, policy, notation, wfformat <- services; model <- proto, store, queue <- services. The pure crates
//! know no runtime, no network, no clock and no random numbers. store, queue and proto do not know
//! each other. Services do not link services. The protocol's model is pure and nobody's part.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::Command;

use serde_json::Value;

use crate::{Error, run};

const PURE: [&str; 9] = [
    "goalpost-model",
    "goalpost-access",
    "goalpost-checker",
    "goalpost-graph",
    "goalpost-planning",
    "goalpost-policy",
    "goalpost-notation",
    "goalpost-wfformat",
    PROTOCOL_MODEL,
];
/// For development only.
const PROTOCOL_MODEL: &str = "goalpost-protocol-model";
const EDGE: [&str; 3] = ["goalpost-proto", "goalpost-store", "goalpost-queue"];
const SERVICES: [&str; 4] =
    ["goalpost-planner", "goalpost-graph-engine", "goalpost-persistence", "goalpost-decision-group"];
/// Those that link all services: the all-in-one binary and the tests of the whole.
const ALL_IN_ONE: [&str; 2] = ["goalpost-cli", "goalpost-integration-tests"];
/// What pure crates must not know, even through others.
const IMPURE: [&str; 9] =
    ["tokio", "tonic", "prost", "tokio-postgres", "redis", "hyper", "reqwest", "deadpool", "deadpool-redis"];

/// Direct dependencies by package; those for tests and builds do not count.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Checks the workspace; prints every violation.
pub(crate) fn check() -> Result<(), Error> {
    let violations = violations(&read()?);
    for violation in &violations {
        eprintln!("{violation}");
    }
    if violations.is_empty() {
        println!("layers: in order");
        return Ok(());
    }
    Err(format!("{} dependencies go the wrong way", violations.len()).into())
}

fn violations(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for package in PURE {
        found.extend(
            IMPURE
                .iter()
                .filter_map(|impure| path(graph, package, impure))
                .map(|path| forbid("is pure", &path)),
        );
        let others = EDGE.iter().chain(&SERVICES).chain(["goalpost-service"].iter());
        found.extend(
            others.filter_map(|other| path(graph, package, other)).map(|path| forbid("is pure", &path)),
        );
    }
    for package in EDGE {
        let others = EDGE.iter().chain(&SERVICES).chain(&PURE[1..]).filter(|other| **other != package);
        found.extend(
            others.filter_map(|other| path(graph, package, other)).map(|path| forbid("is an edge", &path)),
        );
    }
    for package in graph
        .keys()
        .filter(|package| package.starts_with("goalpost-") && !ALL_IN_ONE.contains(&package.as_str()))
    {
        let others = SERVICES.iter().filter(|other| *other != package);
        found.extend(
            others
                .filter_map(|other| path(graph, package, other))
                .map(|path| forbid("links a service", &path)),
        );
    }
    let links_model = graph.keys().filter_map(|package| path(graph, package, PROTOCOL_MODEL));
    found.extend(links_model.map(|path| forbid("links what is for development only", &path)));
    found
}

fn forbid(why: &str, path: &[String]) -> String {
    format!("{} {why}: {}", path[0], path.join(" -> "))
}

/// The shortest way from one package to another, if there is one.
fn path(graph: &Graph, from: &str, to: &str) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![from.to_owned()]]);
    let mut seen = BTreeSet::from([from.to_owned()]);
    while let Some(way) = ways.pop_front() {
        let last = way.last()?;
        if last == to && way.len() > 1 {
            return Some(way);
        }
        for next in graph.get(last).into_iter().flatten() {
            if seen.insert(next.clone()) {
                ways.push_back([way.as_slice(), std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}

/// The dependencies as cargo resolves them.
fn read() -> Result<Graph, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output =
        Command::new(cargo).args(["metadata", "--format-version", "1"]).current_dir(run::root()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let names: BTreeMap<&str, &str> = list(&metadata["packages"])
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    let mut graph = Graph::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let Some(name) = node["id"].as_str().and_then(|id| names.get(id)) else { continue };
        let normal =
            list(&node["deps"]).filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null()));
        let dependencies =
            normal.filter_map(|dep| names.get(dep["pkg"].as_str()?).map(|name| (*name).to_owned()));
        graph.entry((*name).to_owned()).or_default().extend(dependencies);
    }
    Ok(graph)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    }

    #[test]
    fn what_is_in_order_is_accepted() {
        let graph = graph(&[
            ("goalpost-checker", "goalpost-model"),
            ("goalpost-store", "goalpost-model"),
            ("goalpost-store", "tokio"),
            ("goalpost-planner", "goalpost-checker"),
            ("goalpost-cli", "goalpost-planner"),
        ]);
        assert_eq!(violations(&graph), Vec::<String>::new());
    }

    #[test]
    fn a_pure_crate_knows_no_runtime_even_through_others() {
        let graph = graph(&[("goalpost-graph", "helper"), ("helper", "tokio")]);
        assert_eq!(violations(&graph), ["goalpost-graph is pure: goalpost-graph -> helper -> tokio"]);
    }

    #[test]
    fn nothing_that_runs_links_the_model_of_the_protocol() {
        let graph = graph(&[("goalpost-planner", "goalpost-protocol-model")]);
        assert_eq!(
            violations(&graph),
            [
                "goalpost-planner links what is for development only: goalpost-planner -> goalpost-protocol-model"
            ]
        );
    }

    #[test]
    fn edges_do_not_know_each_other_and_services_do_not_link_services() {
        let graph =
            graph(&[("goalpost-queue", "goalpost-store"), ("goalpost-planner", "goalpost-persistence")]);
        assert_eq!(
            violations(&graph),
            [
                "goalpost-queue is an edge: goalpost-queue -> goalpost-store",
                "goalpost-planner links a service: goalpost-planner -> goalpost-persistence",
            ]
        );
    }
}
