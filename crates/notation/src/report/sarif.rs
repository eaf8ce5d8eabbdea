//! SARIF 2.1.0, which code hosts and editors show beside the lines.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use goalpost_model::{Finding, Severity};
use serde_json::{Value, json};

use super::{Report, label};
use crate::lines::Position;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn log(report: &Report<'_>, rules: &[(&str, &str)]) -> Value {
    let uri = uri(report.file);
    let results: Vec<Value> =
        report.positions().map(|(placed, place)| result(&placed.finding, place, &uri, rules)).collect();
    let rule = |(code, meaning): &(&str, &str)| json!({"id": code, "shortDescription": {"text": meaning}});
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "goalpost",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "artifacts": [{"location": {"uri": uri}}],
            "results": results,
        }],
    })
}

fn result(
    finding: &Finding,
    place: Option<(Position, Position)>,
    uri: &str,
    rules: &[(&str, &str)],
) -> Value {
    let mut location = json!({"physicalLocation": {"artifactLocation": {"uri": uri, "index": 0}}});
    if let Some((start, end)) = place {
        location["physicalLocation"]["region"] = json!({
            "startLine": start.line, "startColumn": start.column,
            "endLine": end.line, "endColumn": end.column,
        });
    }
    if !finding.node.is_empty() {
        location["logicalLocations"] = json!([{"fullyQualifiedName": label(finding)}]);
    }
    let mut result = json!({
        "ruleId": finding.code,
        "level": match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": {"text": text(finding)},
        "locations": [location],
    });
    if let Some(index) = rules.iter().position(|(code, _)| *code == finding.code) {
        result["ruleIndex"] = json!(index);
    }
    result
}

fn text(finding: &Finding) -> String {
    if finding.fix.is_empty() {
        finding.message.clone()
    } else {
        format!("{}: {}", finding.message, finding.fix)
    }
}

/// The file as a URI: relative as it is, absolute with its scheme.
fn uri(file: &str) -> String {
    let scheme = if file.starts_with('/') { "file://" } else { "" };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let part = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    scheme.chars().map(String::from).chain(file.bytes().map(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_uris() {
        assert_eq!(uri("flows/my flow.yaml"), "flows/my%20flow.yaml");
        assert_eq!(uri("/tmp/ä.yaml"), "file:///tmp/%C3%A4.yaml");
        assert_eq!(uri("c:x"), "c%3Ax");
    }
}
