//! Every mistake of a catalog, at once.

use goalpost_planning::{Catalog, Mistakes, Source};

use crate::CAPABILITIES;

fn mistakes(texts: &[(&str, &str)]) -> Mistakes {
    let sources: Vec<Source<'_>> = texts.iter().map(|(name, text)| Source { name, text }).collect();
    Catalog::parse(&sources).unwrap_err()
}

const BAD: &str = r#"
capabilities:
  - name: a
  - name: "with space"
  - { name: d, effect: maybe }
  - { name: e, input_schema: { type: objct } }
  - { name: f, output_schema: true }
methods:
  - name: unreachable
    tasks: [{ name: t, capability: a }]
  - name: m
    patterns: ["do {x", "do {y}", "do {x} in {z}"]
    when: tasks.t.state == 'x'
    tasks:
      - { name: t, capability: nobody, input: { x: "{x}", y: {z}, w: "{a b}" } }
      - { name: u, capability: a, goal: b }
      - { name: v, goal_type: nothing, retry: { max_attempts: 2 } }
      - { nam: w }
    edges: [{ from: t }]
    result: none
  - name: m
    type: m
    tasks: [{ name: t, capability: a }, { name: u, capability: nobody }]
    edges: [{ from: t, to: z, condition: "tasks.t.output >" }]
  - 7
"#;

#[test]
fn every_mistake_is_listed_with_its_place() {
    let mistakes = mistakes(&[("base.yaml", CAPABILITIES), ("bad.yaml", BAD)]);
    insta::assert_snapshot!(mistakes, @"");
}

#[test]
fn a_file_that_is_no_yaml_does_not_hide_the_mistakes_of_the_others() {
    let mistakes =
        mistakes(&[("broken.yaml", "methods: ["), ("bad.yaml", "methods: [{ name: m, tasks: [] }]")]);
    let files: Vec<&str> = mistakes.0.iter().map(|mistake| mistake.file.as_str()).collect();
    assert_eq!(files, ["broken.yaml", "bad.yaml"]);
}

#[test]
fn what_two_files_both_have_is_reported_with_both_places() {
    let mistakes = mistakes(&[("one.yaml", CAPABILITIES), ("two.yaml", "capabilities:\n  - name: b\n")]);
    assert_eq!(
        mistakes.0[0].to_string(),
        "two.yaml:2: capability b: is there twice; the first one is at one.yaml:4"
    );
    assert_eq!(mistakes.0.len(), 1);
}
