//! Expressions that would take very long or very much memory over large values fail instead.

use serde_json::{Map, Value, json};

use crate::evaluate::{Outcome, evaluate};

/// A goal's input near the limit of a payload: a list, an object and a text.
fn large() -> Map<String, Value> {
    let list: Vec<usize> = (0..60_000).collect();
    let names: Vec<String> = (0..5_000).map(|name| format!("name{name}")).collect();
    let prices: Map<String, Value> = names.iter().map(|name| (name.clone(), json!(1.5))).collect();
    let input = json!({"list": list, "names": names, "prices": prices, "text": "x".repeat(300_000)});
    input.as_object().unwrap().clone()
}

/// So many patterns, none of which is found.
fn patterns(count: usize) -> String {
    let patterns: Vec<String> = (0..count).map(|n| format!("!x.matches('^{n}$')")).collect();
    patterns.join(" && ")
}

#[test]
fn what_costs_the_product_of_two_payloads_fails() {
    for expression in [
        "goal.input.list.map(x, goal.input.text)",
        "goal.input.list.map(x, goal.input.text + 'y')",
        "goal.input.list.filter(x, x in goal.input.list)",
        "goal.input.list.all(x, goal.input.text.contains('y'))",
        "goal.input.list.all(x, goal.input.text.matches('y'))",
        "goal.input.names.all(x, x.matches(x + 'y'))",
        &format!("(goal.input.list + goal.input.list).map(x, '{}')", "x".repeat(200)),
        "goal.input.map(key, goal.input[key]).map(value, goal.input)",
        &format!("goal.input.names.all(x, {})", patterns(17)),
        &vec!["goal.input.text"; 90].join(" + "),
        &format!("[goal.input.text]{}", ".map(x, x + x)".repeat(20)),
        &format!("[goal.input.list]{}[0].all(x, x > 0)", ".map(x, x + x)".repeat(20)),
        &format!("['x']{}", ".map(x, x + x)".repeat(30)),
        "has(goal.input.list) && goal.input.list.exists(x, x in goal.input.prices && goal.input.text == '')",
    ] {
        match evaluate(expression, &large()) {
            Outcome::Failed(error) => {
                assert!(error.starts_with("it would cost up to "), "{error}");
                assert!(error.ends_with(" are allowed"), "{error}");
            }
            other => panic!("{expression}: {other}"),
        }
    }
}

#[test]
fn what_goes_over_a_large_payload_once_is_evaluated() {
    let longest = "goal.input.list.filter(x, x % 2 == 0 && x > 59990)";
    for (expression, value) in [
        (longest, "[59992,59994,59996,59998]"),
        ("size(goal.input.list.map(x, string(x) + '!'))", "60000"),
        ("goal.input.names.all(name, goal.input.prices[name] > 1)", "true"),
        ("size(goal.input.list.filter(x, x > 5 && x < 9).map(x, {'a': x, 'b': x}).map(x, x.a))", "3"),
        ("size(goal.input.list.map(x, goal.input.names[x % 5000]))", "60000"),
        ("goal.input.names.all(name, name in goal.input.prices)", "true"),
        ("goal.input.names.exists(name, name.matches('^name4999$'))", "true"),
        ("goal.input.names.filter(name, name.matches('9{4}$'))", "[]"),
        (&format!("goal.input.names.all(x, {})", patterns(16)), "true"),
        ("goal.input.text.matches('y') || goal.input.text.contains('y')", "false"),
    ] {
        assert_eq!(evaluate(expression, &large()).to_string(), value, "{expression}");
    }
}

#[test]
fn a_pattern_that_grows_too_large_fails() {
    let outcome = evaluate(r"'a'.matches('\\w{1000}')", &Map::new()).to_string();
    let expected =
        "error: Error executing function 'matches': the pattern is larger than 1048576 bytes when compiled";
    assert_eq!(outcome, expected);
}

#[test]
fn what_is_no_pattern_is_said_in_one_line() {
    let outcome = evaluate("'a'.matches('(')", &Map::new()).to_string();
    assert_eq!(outcome, "error: Error executing function 'matches': \"(\" is no pattern: unclosed group");
}
