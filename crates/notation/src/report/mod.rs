//! What was found in a file, for people and for programs.

mod json;
mod people;
mod sarif;

use goalpost_model::{Finding, Severity};

use crate::Placed;
use crate::lines::{Lines, Position};

pub use people::Style;

/// What was found in a file.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The name of the file, as people know it.
    pub file: &'a str,
    /// What is in it.
    pub text: &'a str,
    /// What was found, errors first.
    pub found: &'a [Placed],
}

impl<'a> Report<'a> {
    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|placed| placed.finding.severity == severity).count()
    }

    /// As a compiler prints it: each finding with its line and what is wrong in it underlined.
    pub fn people(&self, style: Style) -> String {
        people::print(self, style)
    }

    /// As one JSON object: `file` and `findings`, each with its place.
    pub fn json(&self) -> serde_json::Value {
        json::value(self)
    }

    /// As a log of SARIF 2.1.0. `rules`: every code there is, with its meaning.
    pub fn sarif(&self, rules: &[(&str, &str)]) -> serde_json::Value {
        sarif::log(self, rules)
    }

    /// Where each finding begins and ends, if it is anywhere.
    fn positions(&self) -> impl Iterator<Item = (&'a Placed, Option<(Position, Position)>)> {
        let lines = Lines::new(self.text);
        self.found.iter().map(move |placed| {
            let place = placed.places.first();
            (placed, place.map(|place| (lines.position(place.start), lines.position(place.end))))
        })
    }
}

/// What the finding is about.
fn label(finding: &Finding) -> String {
    match (finding.node.is_empty(), finding.field.is_empty()) {
        (true, _) => String::new(),
        (false, true) => finding.node.clone(),
        (false, false) => format!("{}, {}", finding.node, finding.field),
    }
}
