//! Conditions: true or false, and nothing else.

use crate::example::Example;
use crate::sample::{choosing, codes, found};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[a_text_for_a_condition];

#[test]
fn a_condition_that_is_no_boolean_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn a_text_for_a_condition() -> Example {
    Example {
        finding: "error[GP037] edge a -> b, condition: the condition is text, which is neither true nor false (fix: write a comparison)",
        broken: choosing("tasks.a.state"),
        mended: choosing("tasks.a.state == 'SUCCEEDED'"),
    }
}

#[test]
fn what_is_surely_no_boolean_is_no_condition() {
    for condition in [
        "1",
        "-1.5",
        "2u",
        "'yes'",
        "b'x'",
        "null",
        "[true]",
        "{'a': true}",
        "1 + 1",
        "2 - 1",
        "-(3)",
        "'a' + 'b'",
        "goal.text",
        "goal.input",
        "tasks.a.state",
        "size(goal.text)",
        "string(true)",
        "timestamp('2026-01-01T00:00:00Z').getHours()",
        "[1].map(x, true)",
        "[true].filter(x, x)",
        "true ? 'yes' : 'no'",
        "type(true)",
        "(('text'))",
        "has(tasks.a.error) ? tasks.a.error.kind : ''",
    ] {
        assert_eq!(codes(&choosing(condition)), ["GP037"], "{condition}");
    }
}

#[test]
fn what_may_be_a_boolean_is_a_condition() {
    for condition in [
        "true",
        "!(1 > 2)",
        "goal.input.yes",
        "tasks.a.output",
        "tasks.a.output.list[0]",
        "1 in [1]",
        "has(goal.input.yes)",
        "bool('true')",
        "goal.text.matches('a+')",
        "[1].all(x, x > 0)",
        "[1].exists(x, x > 0)",
        "[1].exists_one(x, x > 0)",
        "[true].map(x, x)[0]",
        "true ? true : 'no'",
        "dyn(goal.input.yes)",
        "tasks.a.output.ok && goal.input.ok",
        "goal.input['yes']",
    ] {
        assert_eq!(found(&choosing(condition)), [""; 0], "{condition}");
    }
}
