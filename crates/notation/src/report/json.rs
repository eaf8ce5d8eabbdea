//! For scripts.

use goalpost_model::Finding;
use serde::Serialize;
use serde_json::Value;

use super::Report;
use crate::lines::Position;

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    /// Absent if the finding is about nothing in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
}

#[derive(Serialize)]
struct Place {
    start: Position,
    /// The first character that does not belong to it.
    end: Position,
}

pub(super) fn value(report: &Report<'_>) -> Value {
    let entries = report.positions().map(|(placed, place)| Entry {
        finding: &placed.finding,
        place: place.map(|(start, end)| Place { start, end }),
    });
    let file = File { file: report.file, findings: entries.collect() };
    // Each of these has a JSON form.
    serde_json::to_value(file).unwrap_or_default()
}
