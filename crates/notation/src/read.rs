//! Reads a blueprint file.

use std::borrow::Cow;
use std::ops::Range;

use goalpost_model::{Blueprint, Finding, Severity};
use serde_saphyr::{Localizer, Location, MessageFormatter, SnippetMode, UserMessageFormatter};

use crate::placed::{Page, Placed, places};
use crate::tree::{Node, tree};

/// The code of a file that is no blueprint at all. The checker's own codes begin after it.
pub const UNREADABLE: &str = "GP000";
/// What [`UNREADABLE`] means.
pub const UNREADABLE_MEANING: &str = "The file cannot be read as a blueprint.";

/// Mappings, lists and scalars of a blueprint file: room for as many tasks and edges as a blueprint
/// may have, so that whoever has too many hears it from the checker.
const MAX_NODES: usize = 4_000_000;

/// A blueprint, and where it is written.
#[derive(Debug)]
pub struct Written<'a> {
    /// The text that it is written in.
    pub text: &'a str,
    /// The blueprint.
    pub blueprint: Blueprint,
    root: Option<Node>,
}

impl Written<'_> {
    /// Says of each finding where in the file it is.
    pub fn place(&self, findings: Vec<Finding>) -> Vec<Placed> {
        let page = |root| Page { text: self.text, root, blueprint: &self.blueprint };
        let place = |finding| match &self.root {
            Some(root) => Placed { places: places(page(root), &finding), finding },
            None => Placed { places: Vec::new(), finding },
        };
        findings.into_iter().map(place).collect()
    }
}

/// Reads a blueprint, YAML or JSON. The error says where the text is none.
pub fn read(text: &str) -> Result<Written<'_>, Box<Placed>> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: MAX_NODES, max_events: 2 * MAX_NODES },
    };
    let blueprint: Blueprint = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| Box::new(unreadable(text, &error)))?;
    // After the other reader, which bounds the depth.
    Ok(Written { text, blueprint, root: tree(text) })
}

fn unreadable(text: &str, error: &serde_saphyr::Error) -> Placed {
    let options = serde_saphyr::render_options! { formatter: &Plain, snippets: SnippetMode::Off };
    let finding = Finding {
        code: UNREADABLE.to_owned(),
        severity: Severity::Error,
        node: String::new(),
        field: String::new(),
        message: error.render_with_options(options),
        fix: String::new(),
    };
    Placed { finding, places: error.location().map(|location| bytes(text, location)).into_iter().collect() }
}

/// The bytes of a location. Syntax errors know only characters.
fn bytes(text: &str, location: Location) -> Range<usize> {
    let byte = |character: u64| {
        let character = usize::try_from(character).unwrap_or(usize::MAX);
        text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte)
    };
    let span = location.span();
    byte(span.offset())..byte(span.offset().saturating_add(span.len()))
}

/// Messages without a place: it is shown beside them.
struct Plain;

impl MessageFormatter for Plain {
    fn localizer(&self) -> &dyn Localizer {
        self
    }

    fn format_message<'a>(&self, error: &'a serde_saphyr::Error) -> Cow<'a, str> {
        UserMessageFormatter.format_message(error)
    }
}

impl Localizer for Plain {
    fn attach_location<'a>(&self, base: Cow<'a, str>, _: Location) -> Cow<'a, str> {
        base
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use goalpost_model::limits::{MAX_EDGES, MAX_TASKS};

    use super::*;

    /// What is said, and the text that it is said of.
    fn said(text: &str) -> (String, &str) {
        let placed = read(text).unwrap_err();
        assert_eq!(placed.finding.code, UNREADABLE);
        (placed.finding.message, &text[placed.places[0].clone()])
    }

    #[test]
    fn what_cannot_be_read_is_shown_where_it_stands() {
        let with = |more: &str| format!("name: ä\ntasks:\n  - name: a\n    capability: any\n{more}");
        for (text, place, words) in [
            (with("    capabilty: x\n"), "capabilty", "unknown field `capabilty`, expected one of name"),
            (with("    join: some\n"), "some", "unknown variant `some`, expected one of all, any"),
            (with("    timeouts: {heartbeat_ms: -1}\n"), "-1", "u64"),
            (with("edges: [\n"), "[", "unclosed bracket '['"),
            (with("name: b\n"), "name", "duplicate mapping key"),
            (with("edges: *all\n"), "*", "unknown value"),
            ("name: a\n".to_owned(), "name", "missing field `tasks`"),
            ("[1]".to_owned(), "[", "mapping"),
            (String::new(), "", "unexpected end"),
        ] {
            let (message, at) = said(&text);
            assert!(message.contains(words), "{message}");
            assert_eq!(at, place, "{text}");
            assert!(!message.contains(" at line ") && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn deep_and_swollen_texts_are_refused() {
        let deep = format!("name: a\ntasks: {}", "[".repeat(100_000));
        assert!(read(&deep).is_err());
        let mut bomb = "name: a\ntasks:\n  - &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            bomb += &format!("  - &a{level} [{}]\n", [alias.as_str(); 10].join(", "));
        }
        assert!(read(&bomb).is_err());
    }

    #[test]
    fn a_blueprint_with_all_tasks_and_edges_that_are_allowed_can_be_read() {
        let mut text = "name: large\ntasks:\n".to_owned();
        for task in 0..MAX_TASKS {
            writeln!(text, "- {{ name: t{task}, capability: a.b, input: {{ n: {task}, list: [1, 2] }} }}")
                .unwrap();
        }
        text.push_str("edges:\n");
        for edge in 0..MAX_EDGES {
            let (from, to) = (edge / 10, edge / 10 + edge % 10 + 1);
            writeln!(text, "- {{ from: t{from}, to: t{to}, condition: tasks.t{from}.output.n > 1 }}")
                .unwrap();
        }
        let blueprint = read(&text).unwrap().blueprint;
        assert_eq!((blueprint.tasks.len(), blueprint.edges.len()), (MAX_TASKS, MAX_EDGES));
    }
}
