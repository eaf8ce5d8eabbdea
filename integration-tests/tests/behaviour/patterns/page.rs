//! The page: its table, and a section for each pattern.

const PAGE: &str = include_str!("../../../../docs/patterns.md");

/// What the table says of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Supported {
    Yes,
    Partly,
    No,
}

/// A pattern, as the page has it.
pub(super) struct Pattern {
    pub(super) number: usize,
    pub(super) name: &'static str,
    pub(super) supported: Supported,
    /// Its section.
    pub(super) said: &'static str,
}

impl Pattern {
    pub(super) fn blueprint(&self) -> Option<&'static str> {
        let (_, rest) = self.said.split_once("```yaml\n")?;
        Some(rest.split_once("```").unwrap().0)
    }
}

/// Those of the table, each with the section that it links to.
pub(super) fn patterns() -> Vec<Pattern> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |"));
    let patterns: Vec<Pattern> = rows.map(pattern).collect();
    assert_eq!(patterns.len(), sections().count(), "a row is missing, or a section");
    patterns
}

fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap())
}

fn pattern(row: &'static str) -> Pattern {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [number, name, supported, how] = cells[..] else { panic!("no row of a pattern: {row}") };
    assert!(!how.is_empty(), "{row}");
    let (name, link) = name.trim_start_matches('[').split_once("](#").unwrap();
    let heading = format!("{number}. {name}");
    let anchor = heading.to_lowercase().replace(' ', "-").replace('.', "");
    assert_eq!(link.trim_end_matches(')'), anchor);
    let section = sections().find(|(title, _)| *title == heading);
    let supported = match supported {
        "yes" => Supported::Yes,
        "partly" => Supported::Partly,
        "no" => Supported::No,
        other => panic!("{other} is no answer"),
    };
    let (_, said) = section.unwrap_or_else(|| panic!("no section '{heading}'"));
    Pattern { number: number.parse().unwrap(), name, supported, said }
}
