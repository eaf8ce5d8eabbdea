//! For people, as rustc prints it.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use goalpost_model::{Finding, Severity};

use super::Report;
use crate::Placed;
use crate::lines::Lines;

/// How it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With the colours of a terminal.
    Coloured,
}

pub(super) fn print(report: &Report<'_>, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let lines = Lines::new(report.text);
    let mut out = String::new();
    for placed in report.found {
        out += &renderer.render(&[group(report, &lines, placed)]);
        out += "\n\n";
    }
    out
}

fn group<'a>(report: &Report<'a>, lines: &Lines<'_>, placed: &'a Placed) -> Group<'a> {
    let finding = &placed.finding;
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&*finding.message).id(&*finding.code);
    let label = label(finding);
    let group = match (placed.places.is_empty(), label.is_empty()) {
        (false, _) => title.elements(snippets(report, lines, placed)),
        (true, true) => title.element(Origin::path(report.file)),
        (true, false) => title.element(Origin::path(report.file)).element(Level::NOTE.message(label)),
    };
    if finding.fix.is_empty() { group } else { group.element(Level::HELP.message(&*finding.fix)) }
}

/// A snippet for each place: they may be far from one another.
fn snippets<'a>(
    report: &Report<'a>,
    lines: &Lines<'_>,
    placed: &'a Placed,
) -> Vec<Snippet<'a, Annotation<'a>>> {
    /// A blueprint may have very many edges of one name.
    const MAX_PLACES: usize = 4;
    let snippet = |(place, bytes): (usize, &Range<usize>)| {
        let around = lines.around(bytes);
        let within = bytes.start - around.start..bytes.end - around.start;
        let annotation = match place {
            0 => AnnotationKind::Primary.span(within).label(label(&placed.finding)),
            _ => AnnotationKind::Context.span(within).label("or here"),
        };
        let line = lines.position(around.start).line;
        Snippet::source(&report.text[around]).line_start(line).path(report.file).annotation(annotation)
    };
    placed.places.iter().take(MAX_PLACES).enumerate().map(snippet).collect()
}

/// What the finding is about.
fn label(finding: &Finding) -> String {
    match (finding.node.is_empty(), finding.field.is_empty()) {
        (true, _) => String::new(),
        (false, true) => finding.node.clone(),
        (false, false) => format!("{}, {}", finding.node, finding.field),
    }
}
