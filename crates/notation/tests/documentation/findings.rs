//! docs/findings.md: each code with a wrong example, what is said of it, and its mend.
//!
//! `UPDATE_FINDINGS=1 cargo test -p goalpost-notation` writes anew what is said, into the page.

use goalpost_checker::{check, code};
use goalpost_model::Severity;
use goalpost_notation::{Placed, Report, Style, UNREADABLE, UNREADABLE_MEANING, read};
use goalpost_planning::{Catalog, Source};

const PAGE: &str = include_str!("../../../../docs/findings.md");
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/findings.md");

/// Too large to be shown. Their examples are `crates/checker/tests/findings/structure.rs`.
const IN_WORDS: &[&str] = &[code::TOO_MANY_TASKS, code::TOO_MANY_EDGES, code::TOO_BIG, code::MORE];

/// A code and what the page says of it.
pub(crate) struct Section {
    pub(crate) code: &'static str,
    text: &'static str,
}

impl Section {
    /// What is between the fences of this language.
    fn blocks(&self, language: &str) -> Vec<&'static str> {
        let fence = format!("```{language}\n");
        self.text.split(fence.as_str()).skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
    }

    /// The wrong example, what is said of it, and the mended one.
    fn example(&self) -> Option<[&'static str; 3]> {
        let (yaml, text) = (self.blocks("yaml"), self.blocks("text"));
        match (yaml.as_slice(), text.as_slice()) {
            ([wrong, mended], [said]) => Some([wrong, said, mended]),
            ([], []) => None,
            _ => panic!("{} wants a wrong example, what is said of it, and its mend", self.code),
        }
    }
}

fn sections() -> Vec<Section> {
    let sections = PAGE.split("\n### ").skip(1).map(|section| section.split("\n## ").next().unwrap());
    sections
        .map(|section| section.split_once('\n').unwrap())
        .map(|(code, text)| Section { code, text })
        .collect()
}

fn catalog() -> Catalog {
    let (_, rest) = PAGE.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    Catalog::parse(&[Source { name: "findings.md", text }]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// What `goalpost lint` finds.
fn found(text: &str) -> Vec<Placed> {
    match read(text) {
        Ok(written) => {
            let blueprint = &written.blueprint;
            let findings = match blueprint.capabilities.as_slice() {
                [] => check(blueprint, &catalog()).findings,
                own => check(blueprint, &own.to_vec()).findings,
            };
            written.place(findings)
        }
        Err(placed) => vec![*placed],
    }
}

fn said(text: &str) -> String {
    let found = found(text);
    Report { file: "flow.yaml", text, found: &found }.people(Style::Plain).trim_end().to_owned() + "\n"
}

#[test]
fn every_code_has_a_section_that_begins_with_its_meaning() {
    let codes: Vec<&str> = sections().iter().map(|section| section.code).collect();
    let all: Vec<&str> = std::iter::once(UNREADABLE).chain(code::ALL.iter().copied()).collect();
    assert_eq!(codes, all);
    for section in sections() {
        let meaning = code::meaning(section.code).unwrap_or(UNREADABLE_MEANING);
        assert_eq!(section.text.trim_start().lines().next(), Some(meaning), "{}", section.code);
    }
}

#[test]
fn every_code_has_an_example_unless_it_would_be_too_large() {
    let without = sections().into_iter().filter(|section| section.example().is_none());
    assert_eq!(without.map(|section| section.code).collect::<Vec<_>>(), IN_WORDS);
}

#[test]
fn a_wrong_example_has_its_finding_first_and_its_mend_has_none() {
    let codes = |text| found(text).into_iter().map(|placed| placed.finding.code).collect::<Vec<_>>();
    for (section, [wrong, _, mended]) in examples() {
        assert_eq!(codes(wrong)[0], section.code, "{wrong}");
        assert_eq!(codes(mended), [""; 0], "the mend of {}", section.code);
    }
}

#[test]
fn every_finding_is_shown_where_it_is() {
    for (section, [wrong, ..]) in examples() {
        assert!(found(wrong).iter().all(|placed| !placed.places.is_empty()), "{}", section.code);
    }
}

#[test]
fn findings_look_as_the_page_shows_them() {
    if std::env::var_os("UPDATE_FINDINGS").is_some() {
        return std::fs::write(PATH, updated()).unwrap();
    }
    for (_, [wrong, shown, _]) in examples() {
        assert_eq!(said(wrong), shown);
    }
}

pub(crate) fn examples() -> impl Iterator<Item = (Section, [&'static str; 3])> {
    sections().into_iter().filter_map(|section| section.example().map(|example| (section, example)))
}

/// The page with what is said now.
fn updated() -> String {
    let mut page = PAGE.to_owned();
    for (section, [wrong, shown, _]) in examples() {
        let start = page.find(&format!("\n### {}\n", section.code)).unwrap();
        let fence = start + page[start..].find("```text\n").unwrap() + "```text\n".len();
        page.replace_range(fence..fence + shown.len(), &said(wrong));
    }
    page
}

#[test]
fn an_example_in_the_one_layout_has_the_same_findings() {
    let codes = |text: &str| found(text).into_iter().map(|placed| placed.finding.code).collect::<Vec<_>>();
    for text in examples().flat_map(|(_, [wrong, _, mended])| [wrong, mended]) {
        let Ok(written) = read(text) else { continue };
        let tidy = written.formatted().unwrap();
        assert_eq!(codes(&tidy), codes(text), "{tidy}");
        assert_eq!(read(&tidy).unwrap().formatted().unwrap(), tidy);
    }
}

#[test]
fn the_page_says_which_findings_are_warnings() {
    for (section, [wrong, ..]) in examples() {
        let warns = found(wrong).iter().any(|placed| placed.finding.severity == Severity::Warning);
        assert_eq!(warns, section.text.contains("A warning"), "{}", section.code);
    }
}
