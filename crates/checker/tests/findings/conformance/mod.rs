//! The conformance tests of CEL's own repository, as far as they concern what is allowed here.
//!
//! A case runs as an expression of a blueprint does: checked, compiled, evaluated. Its variables are
//! fields of the goal's input. What differs is listed in docs/cel.md, each case with the reason.

mod case;
mod expected;

use std::collections::BTreeMap;
use std::io::Write as _;

use case::{Case, Suite};

const PAGE: &str = include_str!("../../../../../docs/cel.md");

/// Cases that differ, as rows of the page: name, expression, expected, ours.
fn differences(suite: &Suite) -> Vec<String> {
    suite.cases.iter().filter(|case| !case.passes()).map(Case::row).collect()
}

/// The rows of the page's tables of known differences.
fn known() -> Vec<&'static str> {
    let (_, section) = PAGE.split_once("\n## Known differences\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    section.lines().filter(|line| line.starts_with("| `")).collect()
}

#[test]
fn cases_differ_only_as_the_page_says() {
    let differences = differences(&Suite::core());
    let known = known();
    let unknown: Vec<_> = differences.iter().filter(|row| !known.contains(&row.as_str())).collect();
    let mended: Vec<_> = known.iter().filter(|row| !differences.contains(&(**row).to_owned())).collect();
    assert!(unknown.is_empty() && mended.is_empty(), "new: {unknown:#?}\nno longer so: {mended:#?}");
}

/// Passed and all cases of each file.
fn rates(suite: &Suite) -> BTreeMap<&str, (usize, usize)> {
    let mut rates = BTreeMap::new();
    for case in &suite.cases {
        let (passed, all) = rates.entry(case.file()).or_insert((0, 0));
        *passed += usize::from(case.passes());
        *all += 1;
    }
    rates
}

#[test]
fn the_page_says_how_many_cases_pass() {
    let suite = Suite::core();
    let rates = rates(&suite);
    let (passed, all) = rates.values().fold((0, 0), |sum, rate| (sum.0 + rate.0, sum.1 + rate.1));
    let rows = rates.iter().map(|(file, (passed, all))| format!("| {file} | {passed} | {all} |\n"));
    let table = rows.chain([format!("| together | {passed} | {all} |\n")]).collect::<String>();
    // Past the harness, which keeps what is printed by a test that passes.
    write!(std::io::stderr(), "conformance with CEL: passed, of\n{table}").unwrap();
    assert!(PAGE.contains(&table), "the page wants:\n{table}");
}

#[test]
fn the_page_says_how_many_cases_are_left_out() {
    for (reason, files) in Suite::core().left_out {
        let row = format!("| {reason} | {} |", files.values().sum::<usize>());
        assert!(PAGE.contains(&row), "the page wants: {row}");
    }
}
