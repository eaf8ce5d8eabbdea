//! Expressions made to break the checker: they are findings like others.

use std::sync::mpsc;
use std::thread;

use crate::sample::{choosing, codes, computing, found};

/// Not one panics, overflows the stack or passes; all give one of these codes and nothing else.
fn refused(expressions: impl IntoIterator<Item = String>, allowed: &[&str]) {
    for expression in expressions {
        let start: String = expression.chars().take(60).collect();
        for blueprint in [computing(&expression), choosing(&expression)] {
            let codes = codes(&blueprint);
            assert!(!codes.is_empty(), "{start}");
            assert!(codes.iter().all(|code| allowed.contains(&code.as_str())), "{start}: {codes:?}");
        }
    }
}

#[test]
fn what_is_far_too_long_is_refused_before_it_is_parsed() {
    let long = [
        format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        "(".repeat(10_000),
        "[".repeat(1_000_000),
        format!("'{}'", "x".repeat(10 << 20)),
        vec!["1"; 100_000].join("+"),
        "!".repeat(100_000),
    ];
    refused(long, &["GP031"]);
}

#[test]
fn brackets_within_the_length_that_is_allowed_are_refused() {
    let around = |open: &str, close: &str| {
        let depth = 4_000 / (open.len() + close.len());
        format!("{}1{}", open.repeat(depth), close.repeat(depth))
    };
    let nested = [
        around("(", ")"),
        around("[", "]"),
        around("{1:", "}"),
        around("size(", ")"),
        around("a[", "]"),
        around("-(", ")"),
        around("[[1].map(x,", ")]"),
        around("[1].map(x, ", ")"),
        around("[1].all(x, ", ")"),
        "(".repeat(4_000),
        "{".repeat(4_000),
    ];
    refused(nested, &["GP031"]);
}

#[test]
fn long_chains_are_refused() {
    let chains = [
        vec!["1"; 2_000].join("+"),
        vec!["true"; 800].join("&&"),
        vec!["1"; 600].join("?1:"),
        vec!["true"; 130].join("?true:"),
        vec!["1"; 300].join("*"),
        vec!["1"; 300].join("<"),
        format!("goal.input{}", ".a".repeat(2_000)),
        format!("goal.input{}", "[0]".repeat(1_300)),
        format!("tasks.a.output{}", ".size()".repeat(500)),
        format!("[{}]", vec!["1"; 2_000].join(",")),
        format!("{}true", "!".repeat(4_000)),
        format!("{}1", "-".repeat(4_000)),
        format!("{}1", "- ".repeat(2_000)),
    ];
    refused(chains, &["GP031", "GP030"]);
}

#[test]
fn brackets_hidden_behind_comments_and_texts_are_still_bounded() {
    let deep = format!("{}1{}", "(".repeat(1_900), ")".repeat(1_900));
    let hidden = [
        format!("// it's\n{deep}"),
        format!("1 + // it's\r{deep}"),
        format!("// \"\n{deep}"),
        format!("1 + // '''\n{deep}"),
        format!("xr'\\' + ' + {deep}"),
        format!("rb'\\' + ' + {deep}"),
        format!("br'\\' + {deep}"),
        format!("'\\' + {deep}"),
        format!("'''''' + {deep}"),
        format!("`'` + {deep}"),
        format!("'`' + {deep}"),
        format!("`\"\n` + {deep}"),
        format!("goal.input.`x + {deep}"),
    ];
    refused(hidden, &["GP030", "GP031", "GP032"]);
}

#[test]
fn comprehensions_in_comprehensions_are_refused_before_they_multiply() {
    let within = |depth: usize| {
        (0..depth).fold("1".to_owned(), |inner, place| format!("[1, 2].map(x{place}, {inner})"))
    };
    refused((2..30).map(within), &["GP031", "GP037"]);
    refused((31..100).map(within), &["GP031"]);
}

#[test]
fn loops_after_loops_are_taken_until_there_are_very_many() {
    let after = |count: usize, macro_call: &str| format!("[1]{}", macro_call.repeat(count));
    for taken in [after(20, ".map(x, x)"), after(20, ".filter(x, x > 0)")] {
        assert_eq!(found(&computing(&taken)), [""; 0]);
    }
    refused([after(120, ".exists_one(x, x)"), after(300, ".map(x, x)")], &["GP031"]);
}

#[test]
fn texts_and_numbers_at_the_edge_are_taken_or_refused() {
    refused(
        [
            "99999999999999999999".to_owned(),
            "'\\q'".to_owned(),
            "'".to_owned(),
            "\"\"\"".to_owned(),
            "\0".to_owned(),
            "\u{202e}".to_owned(),
            "goal.input.ä".to_owned(),
            "1e999999999999e".to_owned(),
            "`".repeat(100),
            "@0".to_owned(),
            "?".to_owned(),
            "goal.?text".to_owned(),
            "goal[?'text']".to_owned(),
            "[?1]".to_owned(),
            "{?'a': 1}".to_owned(),
        ],
        &["GP030"],
    );
    assert_eq!(found(&computing("'\u{202e}\u{1f600}\\u00e4\\n'")), [""; 0]);
    assert_eq!(found(&computing(&format!("'{}'", "(".repeat(4_000)))), [""; 0]);
}

#[test]
fn hostile_expressions_need_no_large_stack() {
    let (done, wait) = mpsc::channel();
    let small = thread::Builder::new().stack_size(256 << 10);
    let checking = small.spawn(move || {
        for operator in ["+", "&&", "||", "<", "?1:"] {
            for terms in [2, 50, 95, 100, 200, 499] {
                drop(found(&computing(&vec!["1"; terms].join(operator))));
            }
        }
        done.send(()).unwrap();
    });
    assert_eq!(wait.recv(), Ok(()));
    checking.unwrap().join().unwrap();
}
