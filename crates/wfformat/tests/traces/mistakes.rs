//! What is refused, and what is said of it.

use goalpost_wfformat::{TimeScale, Trace};
use serde_json::{Value, json};

use crate::{document, parse};

fn sample() -> Value {
    document(&[("a", &[], 1.0), ("b", &["a"], 2.0), ("c", &["a", "b"], 3.0)])
}

/// What is said of the sample with the value at `pointer` replaced; `null` takes the field away.
fn said(pointer: &str, value: Value) -> Vec<String> {
    let mut document = sample();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(fields), Value::Null) => drop(fields.remove(field).unwrap()),
        (Value::Object(fields), value) => drop(fields.insert(field.to_owned(), value)),
        (parent, value) => parent[field.parse::<usize>().unwrap()] = value,
    }
    let mistakes = Trace::parse(&document.to_string()).unwrap_err();
    mistakes.0.iter().map(ToString::to_string).collect()
}

const SPECIFIED: &str = "/workflow/specification/tasks";
const EXECUTED: &str = "/workflow/execution/tasks";

#[test]
fn each_mistake_names_its_field_and_what_to_do() {
    let specified = |rest: &str| format!("{SPECIFIED}{rest}");
    let executed = |rest: &str| format!("{EXECUTED}{rest}");
    let cases = [
        (
            "/schemaVersion".to_owned(),
            json!("1.4"),
            "schemaVersion: is \"1.4\"; 1.5 and 1.6 are read (fix: migrate",
        ),
        (
            "/schemaVersion".to_owned(),
            json!(1.5),
            "schemaVersion: invalid type: floating point `1.5`, expected a string",
        ),
        ("/schemaVersion".to_owned(), json!(null), ".: missing field `schemaVersion`"),
        ("/workflow".to_owned(), json!([]), "workflow: invalid length 0"),
        ("/workflow/execution".to_owned(), json!(null), "workflow.execution: is missing"),
        (specified(""), json!([]), "workflow.specification.tasks: is empty"),
        (specified("/1/parents"), json!(null), "workflow.specification.tasks[1]: missing field `parents`"),
        (specified("/1/id"), json!(7), "workflow.specification.tasks[1].id: invalid type: integer `7`"),
        (
            specified("/1/parents/0"),
            json!("z"),
            "workflow.specification.tasks[1].parents[0]: no task has the id \"z\"",
        ),
        (
            specified("/0/children/1"),
            json!("z"),
            "workflow.specification.tasks[0].children[1]: no task has the id \"z\"",
        ),
        (
            specified("/2/id"),
            json!("b"),
            "workflow.specification.tasks[2].id: \"b\" is the id of workflow.specification.tasks[1], too",
        ),
        (
            specified("/0/parents"),
            json!(["c"]),
            "workflow.specification.tasks: wait for each other in a circle: ",
        ),
        (specified("/0/parents"), json!(["a"]), "in a circle: a -> a (fix: remove one"),
        (
            executed("/1/runtimeInSeconds"),
            json!(-0.5),
            "workflow.execution.tasks[1].runtimeInSeconds: is -0.5 (fix: give",
        ),
        (
            executed("/1/runtimeInSeconds"),
            json!("NaN"),
            "workflow.execution.tasks[1].runtimeInSeconds: invalid type: string \"NaN\"",
        ),
        (
            executed("/1/runtimeInSeconds"),
            json!(null),
            "workflow.execution.tasks[1]: missing field `runtimeInSeconds`",
        ),
        (
            executed("/1/id"),
            json!("z"),
            "workflow.execution.tasks[1].id: workflow.specification.tasks has no \"z\"",
        ),
        (executed("/1/id"), json!("a"), "workflow.execution.tasks[1].id: \"a\" was executed before"),
        (
            executed(""),
            json!([]),
            "workflow.specification.tasks[0].id: workflow.execution.tasks has no \"a\"",
        ),
    ];
    for (pointer, value, expected) in cases {
        let said = said(&pointer, value);
        assert!(said.iter().any(|line| line.contains(expected)), "{pointer}: {said:?}");
        assert!(said.iter().all(|line| line.contains("(fix: ")), "{said:?}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let mut document = sample();
    document["workflow"]["specification"]["tasks"][1]["parents"] = json!(["x", "y"]);
    document["workflow"]["execution"]["tasks"][0]["runtimeInSeconds"] = json!(-1);
    document["workflow"]["execution"]["tasks"][2]["id"] = json!("b");
    let mistakes = Trace::parse(&document.to_string()).unwrap_err();
    assert_eq!(mistakes.0.len(), 5, "{mistakes}");
    assert!(mistakes.to_string().starts_with("the trace has 5 mistake(s):\n  workflow."), "{mistakes}");
}

#[test]
fn of_very_many_mistakes_the_first_ones_are_shown() {
    let parents: Vec<String> = (0..500).map(|number| format!("lost{number}")).collect();
    let mut document = sample();
    document["workflow"]["specification"]["tasks"][1]["parents"] = json!(parents);
    let mistakes = Trace::parse(&document.to_string()).unwrap_err();
    assert_eq!(mistakes.0.len(), 500);
    assert!(mistakes.to_string().ends_with("  and 480 more"), "{mistakes}");
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    let text = sample().to_string();
    let nan = text.replace("2.0", "NaN");
    let huge = text.replace("2.0", "1e999");
    let twice = format!("{text}{text}");
    let deep = format!("{}\"x\":{}{}", &text[..1], "[".repeat(100_000), &text[1..]);
    for (text, expected) in [
        ("", ".: EOF while parsing"),
        ("[]", ".: invalid length 0"),
        (nan.as_str(), "expected value at line 1"),
        (huge.as_str(), "number out of range at line 1"),
        (twice.as_str(), ".: trailing characters"),
        (deep.as_str(), "x: expected `,` or `]`"),
        (&text[..text.len() - 1], "EOF while parsing"),
    ] {
        let said = Trace::parse(text).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn what_is_larger_than_a_blueprint_may_be_is_refused() {
    let names: Vec<String> = (0..10_001).map(|number| format!("t{number}")).collect();
    let many: Vec<(&str, &[&str], f64)> = names.iter().map(|name| (name.as_str(), &[][..], 1.0)).collect();
    let said = Trace::parse(&document(&many).to_string()).unwrap_err().to_string();
    assert!(said.contains("has 10001 tasks; 10000 are allowed"), "{said}");

    let left: Vec<&str> = names[..250].iter().map(String::as_str).collect();
    let dense = names[..450].iter().enumerate().map(|(place, name)| {
        let parents = if place < 250 { &[][..] } else { &left[..] };
        (name.as_str(), parents, 1.0)
    });
    let at_limit: Vec<_> = dense.collect();
    assert_eq!(parse(&document(&at_limit)).edges().count(), 50_000);
    let beyond = [&at_limit[..], &[("one-more", &left[..1], 1.0)]].concat();
    let said = Trace::parse(&document(&beyond).to_string()).unwrap_err().to_string();
    assert!(said.contains("have 50001 parent-child pairs; 50000 are allowed"), "{said}");
}

#[test]
fn a_sleep_or_a_blueprint_beyond_its_limit_is_refused() {
    let eternal = parse(&document(&[("a", &[], 1e9), ("b", &[], 1.0)]));
    let said = eternal.blueprint(TimeScale::new(1.0).unwrap()).unwrap_err().to_string();
    assert!(
        said.contains("\"a\" would sleep for 1000000000 s") && said.contains("larger time scale"),
        "{said}"
    );
    assert!(eternal.blueprint(TimeScale::new(10.0).unwrap()).is_ok());

    let ids: Vec<String> = (0..10_000).map(|number| format!("{number}{}", "x".repeat(300))).collect();
    let long: Vec<(&str, &[&str], f64)> = ids.iter().map(|id| (id.as_str(), &[][..], 1.0)).collect();
    let said = parse(&document(&long)).blueprint(TimeScale::new(1.0).unwrap()).unwrap_err().to_string();
    assert!(said.contains("bytes; 3145728 are allowed"), "{said}");
}
