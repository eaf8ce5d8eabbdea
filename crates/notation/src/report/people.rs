//! For people, as rustc prints it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use goalpost_model::{Finding, Severity};

use super::{Report, label};
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
    let title = level.primary_title(&*finding.message);
    let title = if finding.code.is_empty() { title } else { title.id(&*finding.code) };
    let label = label(finding);
    let group = match (placed.places.is_empty(), label.is_empty()) {
        (false, _) => title.elements(snippets(report, lines, placed)),
        (true, true) => title.element(Origin::path(report.file)),
        (true, false) => title.element(Origin::path(report.file)).element(Level::NOTE.message(label)),
    };
    if finding.fix.is_empty() { group } else { group.element(Level::HELP.message(&*finding.fix)) }
}

/// A snippet for each place: they may be far from one another.
fn snippets<'a>(report: &Report<'a>, lines: &Lines<'_>, placed: &'a Placed) -> Vec<Element<'a>> {
    /// A blueprint may have very many edges of one name.
    const MAX_PLACES: usize = 4;
    let places = placed.places.iter().take(MAX_PLACES).enumerate();
    places.flat_map(|(place, bytes)| snippet(report, lines, &placed.finding, place, bytes)).collect()
}

fn snippet<'a>(
    report: &Report<'a>,
    lines: &Lines<'_>,
    finding: &Finding,
    place: usize,
    bytes: &Range<usize>,
) -> Vec<Element<'a>> {
    let around = lines.around(bytes);
    let shown = clipped(report.text, &around, bytes);
    let within = bytes.start - shown.start..bytes.end.min(shown.end) - shown.start;
    let annotation = match place {
        0 => AnnotationKind::Primary.span(within).label(label(finding)),
        _ => AnnotationKind::Context.span(within).label("or here"),
    };
    let start = lines.position(shown.start).line;
    let snippet = Snippet::source(&report.text[shown.clone()]).line_start(start).annotation(annotation);
    if shown == around {
        return vec![snippet.path(report.file).into()];
    }
    // In a part of a line the columns would be those of the part.
    let at = lines.position(bytes.start);
    vec![Origin::path(report.file).line(at.line).char_column(at.column).into(), snippet.into()]
}

/// A file may be one line of megabytes: of that the place is shown, with a little around it.
fn clipped(text: &str, around: &Range<usize>, bytes: &Range<usize>) -> Range<usize> {
    const MAX_BYTES: usize = 16 << 10;
    const MARGIN: usize = 60;
    if around.len() <= MAX_BYTES {
        return around.clone();
    }
    let start = text.floor_char_boundary(bytes.start.saturating_sub(MARGIN)).max(around.start);
    let end = bytes.end.saturating_add(MARGIN).min(around.end).min(start + MAX_BYTES);
    start..text.floor_char_boundary(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_of_megabytes_only_a_part_is_shown_with_the_column_of_the_line() {
        let padding = "ä".repeat(1 << 20);
        let text = format!("{{\"name\": \"{padding}\", \"tasks\": [], \"rest\": \"{padding}\"}}");
        let start = text.find("[]").unwrap();
        let finding = Finding {
            code: "GP001".to_owned(),
            severity: Severity::Error,
            node: String::new(),
            field: "tasks".to_owned(),
            message: "nothing to do".to_owned(),
            fix: String::new(),
        };
        let places = std::iter::once(start..start + 2).collect();
        let placed = Placed { finding, places };
        let picture = Report { file: "flow.json", text: &text, found: &[placed] }.people(Style::Plain);
        let column = text[..start].chars().count() + 1;
        assert!(picture.contains(&format!("--> flow.json:1:{column}\n")), "{picture}");
        assert!(picture.contains("\"tasks\": []") && picture.len() < 1_000, "{picture}");
    }
}
