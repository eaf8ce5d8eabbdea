//! The strict schemas of Kubernetes.

use std::fs;

use serde_json::Value;

use super::tools::Tools;
use crate::Error;

/// The oldest version that the chart takes.
const OLDEST: &str = "1.30";

/// Validates every object of every file against each version from the oldest on, and prints one JSON document.
const VALIDATE: &str = include_str!("validate.py");

/// What the schemas forbid; prints what was looked at.
pub(super) fn violations(tools: &Tools, rendered: &[(&'static str, String)]) -> Result<Vec<String>, Error> {
    let mut arguments = vec![OLDEST.to_owned()];
    for (number, (name, text)) in rendered.iter().enumerate() {
        let path = tools.scratch(&format!("rendered-{number}.yaml"));
        fs::write(&path, text)?;
        arguments.extend([(*name).to_owned(), path.display().to_string()]);
    }
    let report: Value = serde_json::from_str(&tools.script(VALIDATE, &arguments)?)?;
    tell(&report);
    let mut found: Vec<String> = texts(&report["violations"]).collect();
    if report["validated"].as_u64().unwrap_or_default() == 0 {
        found.push("the schemas of Kubernetes have seen no object".to_owned());
    }
    // A validator that lets everything pass would not be noticed otherwise.
    if report["misspelt_is_refused"] != true {
        found.push("the schemas of Kubernetes are not strict: a misspelt field was let through".to_owned());
    }
    Ok(found)
}

fn tell(report: &Value) {
    let versions: Vec<String> = texts(&report["versions"]).collect();
    println!(
        "{}, strict, Kubernetes {} to {}: {} objects of {} sets of values in {} validations",
        report["tool"].as_str().unwrap_or_default(),
        versions.first().map_or("", String::as_str),
        versions.last().map_or("", String::as_str),
        report["objects"],
        report["sets"],
        report["validated"],
    );
    let kinds: Vec<String> = texts(&report["without_schema"]).collect();
    println!("objects of operators, without a schema there: {}", kinds.join(", "));
}

fn texts(value: &Value) -> impl Iterator<Item = String> {
    value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned))
}
