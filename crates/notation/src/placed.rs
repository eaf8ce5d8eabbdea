//! From what a finding names to where that is written.

use std::ops::Range;

use goalpost_checker::code;
use goalpost_model::limits::MAX_NAME_BYTES;
use goalpost_model::{Blueprint, Edge, Finding, Task};

use crate::tree::{Key, Kind, Node};

/// A finding, and where in the file it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The finding.
    pub finding: Finding,
    /// Bytes of the file; the first are the place itself. There are more if several tasks or edges
    /// go by the name that the finding gives, and none if it is about nothing in particular.
    pub places: Vec<Range<usize>>,
}

/// The path of a data flow is wrong, not what is written there.
const ABOUT_THE_KEY: &[&str] =
    &[code::BAD_PATH, code::OVERLAPPING_PATHS, code::PATH_WRITTEN_TWICE, code::UNKNOWN_INPUT_FIELD];

/// A file as it is written.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    pub(crate) text: &'a str,
    pub(crate) root: &'a Node,
    pub(crate) blueprint: &'a Blueprint,
}

/// Where the finding is. Of several tasks or edges of one name those that have its field count, the
/// last one first: of two that are the same, that is the one too many.
pub(crate) fn places(page: Page<'_>, finding: &Finding) -> Vec<Range<usize>> {
    let about_key = ABOUT_THE_KEY.contains(&finding.code.as_str());
    let descend = |node| descend(page.text, node, &finding.field, about_key);
    if finding.node.is_empty() {
        return descend(page.root).map(|found| found.span).into_iter().collect();
    }
    let mut candidates: Vec<(&Node, Option<Found>)> =
        nodes(page, &finding.node).map(|node| (node, descend(node))).collect();
    let has_field = |found: &Option<Found>| found.as_ref().is_some_and(|found| found.is_whole);
    if candidates.iter().any(|(_, found)| has_field(found)) {
        candidates.retain(|(_, found)| has_field(found));
    }
    let place = |(node, found): (&Node, Option<Found>)| {
        found.map_or_else(|| heading(page.text, node), |found| found.span)
    };
    candidates.into_iter().rev().map(place).collect()
}

/// The tasks or edges of this name.
fn nodes<'a>(page: Page<'a>, name: &'a str) -> impl Iterator<Item = &'a Node> {
    let Page { root, blueprint, .. } = page;
    let whole = Graph { node: root, tasks: &blueprint.tasks, edges: &blueprint.edges };
    // A name that is badly formed may have a slash itself.
    let mut found = whole.nodes(name);
    if found.is_empty() {
        found.extend(whole.undo(name));
    }
    if found.is_empty()
        && let Some((graph, name)) = whole.inside(name)
    {
        found = graph.nodes(&name);
    }
    found.into_iter()
}

/// A graph, and where it is written.
#[derive(Clone, Copy)]
struct Graph<'a> {
    node: &'a Node,
    tasks: &'a [Task],
    edges: &'a [Edge],
}

impl<'a> Graph<'a> {
    /// The graph that a name as `task each/fetch` leads into, and the name that it has there.
    fn inside(self, name: &str) -> Option<(Self, String)> {
        let (kind, way) = name.split_once(' ')?;
        let start = way.find(" -> ").unwrap_or(way.len());
        let slash = way[..start].rfind('/')?;
        let mut graph = self;
        for owner in way[..slash].split('/') {
            graph = graph.body(owner)?;
        }
        Some((graph, format!("{kind} {}", &way[slash + 1..])))
    }

    /// What undoes the task that a name as `task book/undo` says.
    fn undo(self, name: &str) -> Option<&'a Node> {
        let done = name.strip_suffix("/undo")?;
        let nodes = match self.inside(done) {
            Some((graph, name)) => graph.nodes(&name),
            None => self.nodes(done),
        };
        nodes.into_iter().find_map(|task| Some(&task.entry("compensate_with")?.1))
    }

    /// The graph inside of the task of this name.
    fn body(self, owner: &str) -> Option<Self> {
        let ordinal = self.tasks.iter().position(|task| is_shown_as(&task.name, owner))?;
        let task = &self.tasks[ordinal];
        let written = self.node.entry("tasks")?.1.item(ordinal)?;
        let (_, holder) = ["for_each", "loop", "run"].into_iter().find_map(|field| written.entry(field))?;
        let body = task.body()?;
        Some(Self { node: &holder.entry("body")?.1, tasks: &body.tasks, edges: &body.edges })
    }

    fn nodes(self, name: &str) -> Vec<&'a Node> {
        let places = |list: &str, ordinals: Vec<usize>| {
            let list = self.node.entry(list).map(|(_, list)| list);
            ordinals.into_iter().filter_map(|ordinal| list?.item(ordinal)).collect()
        };
        match name.split_once(' ') {
            Some(("task", name)) => {
                let tasks = self.tasks.iter().enumerate().filter(|(_, task)| is_shown_as(&task.name, name));
                places("tasks", tasks.map(|(place, _)| place).collect())
            }
            Some(("edge", way)) => {
                let edges = self.edges.iter().enumerate().filter(|(_, edge)| goes(edge, way));
                places("edges", edges.map(|(place, _)| place).collect())
            }
            _ => Vec::new(),
        }
    }
}

/// Findings shorten what is too long for a name.
fn is_shown_as(name: &str, shown: &str) -> bool {
    let is_cut = |cut: &str| name.strip_prefix(cut).is_some() && cut.chars().count() == MAX_NAME_BYTES;
    name == shown || shown.strip_suffix('…').is_some_and(is_cut)
}

/// Whether `a -> b` is the way of this edge. A name that is badly formed may have an arrow itself.
fn goes(edge: &Edge, way: &str) -> bool {
    const ARROW: &str = " -> ";
    way.match_indices(ARROW).any(|(place, _)| {
        is_shown_as(&edge.source, &way[..place]) && is_shown_as(&edge.target, &way[place + ARROW.len()..])
    })
}

/// Where a field was found, or the part of the way to it that is written.
struct Found {
    span: Range<usize>,
    is_whole: bool,
}

/// Follows a dotted field as far as it is written. Keys may have dots themselves: the longest wins.
fn descend(text: &str, node: &Node, field: &str, about_key: bool) -> Option<Found> {
    let (mut at, mut rest, mut span) = (node, field, None);
    while !rest.is_empty() {
        let ends = std::iter::once(rest.len()).chain(rest.rmatch_indices('.').map(|(place, _)| place));
        let Some((entry, end)) = ends.into_iter().find_map(|end| Some((entry(at, &rest[..end])?, end)))
        else {
            break;
        };
        let (key, value) = entry;
        span = Some(if about_key || is_long(text, value) { key.span.clone() } else { value.span.clone() });
        at = value;
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    span.map(|span| Found { span, is_whole: rest.is_empty() })
}

/// A key by its name, or by the other name that the language has for it.
fn entry<'a>(node: &'a Node, name: &str) -> Option<&'a (Key, Node)> {
    let other = match name {
        "from" => "source",
        "to" => "target",
        _ => name,
    };
    node.entry(name).or_else(|| node.entry(other))
}

/// Whether it is a collection on several lines: what it begins with shows it better.
fn is_long(text: &str, node: &Node) -> bool {
    !matches!(node.kind, Kind::Leaf) && text[node.span.clone()].contains('\n')
}

/// What stands for a whole task or edge: its name, or all of it on one line, or its first field.
fn heading(text: &str, node: &Node) -> Range<usize> {
    if let Some((_, name)) = node.entry("name") {
        return name.span.clone();
    }
    match &node.kind {
        Kind::Mapping(entries) if is_long(text, node) => match entries.first() {
            Some((key, value)) => key.span.start..value.span.end,
            None => node.span.clone(),
        },
        _ => node.span.clone(),
    }
}

#[cfg(test)]
mod tests {
    use goalpost_model::Severity;

    use super::*;

    const TEXT: &str = r#"
name: sample
tasks:
  - name: fetch
    capability: weather.fetch
    data_flow:
      city.name: goal.text
      note: |
        goal
          .text
    retry: {max_attempts: 0}
  - {name: "a -> b", capability: any, input: {x.y: 1}}
  - name: fetch
    capability: any
  - name: each
    for_each:
      body:
        tasks:
          - {name: inner, capability: strange, compensate_with: {capability: back, input: {x: 7}}}
          - {name: poll, loop: {while: "1", body: {tasks: [{name: deep, capability: odd}]}}}
        edges:
          - {from: inner, to: deep, condition: '2'}
edges:
  - {source: fetch, to: report}
  - from: fetch
    to: report
    condition: goal
  - from: fetch
    to: a -> b
"#;

    /// What is underlined.
    fn underlined(node: &str, field: &str) -> Vec<&'static str> {
        underlined_for("", node, field)
    }

    fn underlined_for(code: &str, node: &str, field: &str) -> Vec<&'static str> {
        let finding = Finding {
            code: code.to_owned(),
            severity: Severity::Error,
            node: node.to_owned(),
            field: field.to_owned(),
            message: String::new(),
            fix: String::new(),
        };
        let written = crate::read(TEXT).unwrap();
        let placed = written.place(vec![finding]).remove(0);
        placed.places.into_iter().map(|place| &TEXT[place]).collect()
    }

    #[test]
    fn a_field_is_found_by_its_way_even_if_its_keys_have_dots() {
        assert_eq!(underlined("", "name"), ["sample"]);
        assert_eq!(underlined("task fetch", "data_flow.city.name"), ["goal.text"]);
        assert_eq!(underlined("task fetch", "data_flow.note"), ["goal\n          .text"]);
        assert_eq!(underlined("task fetch", "retry.max_attempts"), ["0"]);
        assert_eq!(underlined("task a -> b", "input.x.y"), ["1"]);
        assert_eq!(underlined("task a -> b", "input"), ["{x.y: 1}"]);
        assert_eq!(underlined("edge fetch -> report", "condition"), ["goal"]);
        assert_eq!(underlined("edge fetch -> a -> b", "to"), ["a -> b"]);
    }

    #[test]
    fn what_is_inside_of_a_task_is_found_by_the_way_to_it() {
        assert_eq!(underlined("task each/inner", "capability"), ["strange"]);
        assert_eq!(underlined("task each/poll", "loop.while"), ["\"1\""]);
        assert_eq!(underlined("task each/poll/deep", "capability"), ["odd"]);
        assert_eq!(underlined("edge each/inner -> deep", "condition"), ["'2'"]);
        assert_eq!(underlined("task each", "for_each.body.tasks"), ["tasks"]);
        assert_eq!(underlined("task each/inner/undo", "input.x"), ["7"]);
        assert_eq!(underlined("task each/nobody/deep", "capability"), [""; 0]);
    }

    #[test]
    fn what_is_said_of_a_path_is_shown_at_the_path() {
        assert_eq!(underlined_for(code::BAD_PATH, "task fetch", "data_flow.city.name"), ["city.name"]);
    }

    #[test]
    fn what_is_long_or_not_written_is_shown_by_what_is_around_it() {
        assert_eq!(underlined("", "tasks"), ["tasks"]);
        assert_eq!(underlined("task fetch", "data_flow"), ["data_flow"]);
        assert_eq!(underlined("task a -> b", "join"), ["\"a -> b\""]);
        assert_eq!(underlined("task a -> b", "input.z"), ["{x.y: 1}"]);
        assert_eq!(underlined("edge fetch -> a -> b", ""), ["from: fetch"]);
        assert_eq!(underlined("", ""), [""; 0]);
        assert_eq!(underlined("task nobody", "name"), [""; 0]);
    }

    #[test]
    fn of_several_that_go_by_one_name_all_are_shown_the_last_one_first() {
        assert_eq!(underlined("task fetch", "capability"), ["any", "weather.fetch"]);
        assert_eq!(underlined("edge fetch -> report", ""), ["from: fetch", "{source: fetch, to: report}"]);
        assert_eq!(underlined("edge fetch -> report", "from"), ["fetch", "fetch"]);
    }

    #[test]
    fn a_shortened_name_is_known_again() {
        let long = "x".repeat(MAX_NAME_BYTES + 5);
        let cut = format!("{}…", &long[..MAX_NAME_BYTES]);
        assert!(is_shown_as(&long, &cut) && is_shown_as(&long, &long));
        assert!(!is_shown_as(&long, "xxx…") && !is_shown_as("y", &cut));
    }
}
