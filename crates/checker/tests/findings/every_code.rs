//! No code without an example.

use std::collections::BTreeSet;

use goalpost_checker::code;

use crate::{
    bodies, branching, budgets, conditions, data_flow, decisions, expressions, guards, keys, schemas,
    structure, timing, topology, types, undoing, withdrawn,
};

#[test]
fn every_code_has_an_example() {
    let examples = [
        structure::EXAMPLES,
        timing::EXAMPLES,
        topology::EXAMPLES,
        branching::EXAMPLES,
        bodies::EXAMPLES,
        keys::EXAMPLES,
        undoing::EXAMPLES,
        withdrawn::EXAMPLES,
        budgets::EXAMPLES,
        schemas::EXAMPLES,
        expressions::EXAMPLES,
        conditions::EXAMPLES,
        data_flow::EXAMPLES,
        guards::EXAMPLES,
        types::EXAMPLES,
        decisions::EXAMPLES,
    ];
    let shown: BTreeSet<&str> = examples.into_iter().flatten().map(|example| example().code()).collect();
    let all: BTreeSet<&str> = code::ALL.iter().copied().collect();
    assert_eq!(shown, all);
}

#[test]
fn codes_are_distinct_in_order_and_of_one_form() {
    assert!(code::ALL.is_sorted_by(|one, next| one < next), "{:?}", code::ALL);
    for code in code::ALL {
        let digits = code.strip_prefix("GP").unwrap();
        assert!(digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    }
}

#[test]
fn the_documentation_lists_every_code() {
    let listed: Vec<&str> = include_str!("../../src/code.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `")?.split_once('`'))
        .map(|(code, _)| code)
        .collect();
    assert_eq!(listed, code::ALL);
}
