//! The chart, rendered.

use std::fs;
use std::path::PathBuf;

use super::folder;
use super::tools::Tools;
#[cfg(test)]
use super::{Object, object};
use crate::Error;

/// A set of values that the chart is rendered with.
pub(super) struct Set {
    pub(super) name: &'static str,
    /// Files below the chart's folder, the last one first in what it says.
    values: &'static [&'static str],
    /// The plain manifests that are made of it, below `deploy/manifests`.
    manifests: Option<&'static str>,
}

pub(super) const SETS: &[Set] = &[
    Set { name: "default", values: &[], manifests: None },
    Set { name: "everything", values: &["ci/everything-values.yaml"], manifests: None },
    Set { name: "trial", values: &["values-trial.yaml"], manifests: None },
    Set { name: "trial, all else off", values: &["ci/trial-values.yaml"], manifests: None },
    Set { name: "tls", values: &["ci/tls-values.yaml"], manifests: None },
    Set {
        name: "plain manifests",
        values: &["../../manifests/values.yaml"],
        manifests: Some("goalpost.yaml"),
    },
    Set {
        name: "plain manifests of a trial",
        values: &["values-trial.yaml", "../../manifests/values.yaml", "../../manifests/values-trial.yaml"],
        manifests: Some("trial.yaml"),
    },
];

/// Values that the chart refuses, and what it says of them.
const REFUSED: &[(&str, &str)] = &[
    ("plannner.replicas=2", "plannner"),
    ("planner.llm.uri=https://llm.example.com", "uri"),
    ("image.tag=latest", "tag"),
    ("tls.enabled=false", "auth.mode=required needs tls.enabled"),
    ("keda.enabled=true", "keda.enabled needs keda.address"),
    ("planner.llm.url=https://llm.example.com/v1", "planner.llm.url needs planner.llm.model"),
    ("decisionGroup.settings.GOALPOST_DRAIN_SECONDS=5", "has a value of its own in the chart"),
];

/// Wrong values that the chart lets through.
pub(super) fn let_through(tools: &Tools) -> Vec<String> {
    let mut found = Vec::new();
    for (value, words) in REFUSED {
        // Settings are texts, whatever they look like.
        let set = if value.contains(".settings.") { "--set-string" } else { "--set" };
        let arguments = ["template", "goalpost", &chart().display().to_string(), set, value];
        match tools.helm(&arguments.map(str::to_owned)) {
            Err(error) if error.to_string().contains(words) => {}
            Err(error) => found.push(format!("the chart refuses {value}, but not for {words}: {error}")),
            Ok(_) => found.push(format!("the chart lets {value} through")),
        }
    }
    found
}

impl Set {
    /// What the chart makes of it.
    pub(super) fn render(&self, tools: &Tools) -> Result<String, Error> {
        let chart = chart();
        let mut arguments = vec!["template".to_owned(), "goalpost".to_owned(), chart.display().to_string()];
        arguments.extend(["--namespace".to_owned(), "goalpost".to_owned()]);
        for file in self.values {
            arguments.extend(["--values".to_owned(), chart.join(file).display().to_string()]);
        }
        tools.helm(&arguments).map_err(|error| format!("{}: {error}", self.name).into())
    }

    /// Compares it with the plain manifests that are committed, or writes these.
    pub(super) fn keep(&self, text: &str, update: bool) -> Result<Option<String>, Error> {
        let Some(name) = self.manifests else { return Ok(None) };
        let path = folder().join("manifests").join(name);
        let text = format!(
            "# Rendered from deploy/helm/goalpost by `cargo xtask lint-deploy --update`. Do not edit.\n{text}"
        );
        if update {
            fs::write(&path, &text)?;
        }
        let is_same = fs::read_to_string(&path).is_ok_and(|written| written == text);
        Ok((!is_same)
            .then(|| format!("deploy/manifests/{name} is stale; run cargo xtask lint-deploy --update")))
    }
}

/// The plain manifests that are committed.
#[cfg(test)]
pub(super) fn manifests() -> Vec<(&'static str, Vec<Object>)> {
    let read =
        |name| object::read(&fs::read_to_string(folder().join("manifests").join(name)).unwrap()).unwrap();
    SETS.iter().filter_map(|set| set.manifests).map(|name| (name, read(name))).collect()
}

fn chart() -> PathBuf {
    folder().join("helm/goalpost")
}
