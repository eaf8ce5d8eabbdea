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
  - { name: f, output_schema: true, cost: { tokens: 3 } }
  - { name: g, cost: { tokens: 2000000000000000 } }
  - { name: h, cost: { dollars: 2 } }
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
    insta::assert_snapshot!(mistakes, @r#"
    the catalog has 25 mistake(s):
      bad.yaml:4: capability with space: has a wrong name: identifiers joined by dots or dashes, for example weather.fetch; at most 128 bytes
      bad.yaml:5: capability d: unknown variant `maybe`, expected `read` or `write`
      bad.yaml:6: capability e: the input schema of e is invalid: "objct" is not valid under any of the schemas listed in the 'anyOf' keyword
      bad.yaml:7: capability f: output_schema has to be a mapping (absent: anything)
      bad.yaml:8: capability g: the cost of g, tokens, is 2000000000000000; at most 1000000000000000 are allowed
      bad.yaml:9: capability h: unknown field `dollars`, expected one of `money_micros`, `tokens`, `latency_ms`
      bad.yaml:11: method unreachable: has neither patterns nor a type, so no goal can reach it
      bad.yaml:13: method m: the pattern "do {x" has a '{' without a '}' (write \{ for a brace)
      bad.yaml:13: method m: when: there is no variable 'tasks' (an expression sees goal.text, goal.input, input, captures; text is written in quotes)
      bad.yaml:13: method m: task t: input.y is the YAML map {z: null}: write "{z}", in quotes
      bad.yaml:13: method m: task t: input.w has the placeholder {a b}: write {name} or {input.name} (or \{ for a brace)
      bad.yaml:13: method m: task u: has to have exactly one of capability, goal, goal_type, wants, for_each, loop and run
      bad.yaml:13: method m: task v: has a nested goal, so it cannot have retry: its own tasks can
      bad.yaml:13: method m: task 4: unknown field `nam`, expected one of `name`, `capability`, `goal`, `goal_type`, `wants`, `facts`, `fallback`, `input`, `data_flow`, `join`, `rest`, `branch`, `retry`, `timeouts`, `extends`, `concurrency_key`, `priority`, `compensate_with`, `for_each`, `loop`, `run`
      bad.yaml:13: method m: edge 1: missing field `to`
      bad.yaml:13: method m: task t: uses {x}, which the pattern "do {y}" does not capture (write {input.x} if it comes with the goal's input)
      bad.yaml:13: method m: result names 'none', which is no task of the method
      bad.yaml:13: method m: task t: capability 'nobody' is in no catalog
      bad.yaml:13: method m: task v: no method has the type 'nothing'
      bad.yaml:23: method m: is there twice; the first one is at bad.yaml:13
      bad.yaml:23: method m: error[GP009] edge t -> z, to: the blueprint has no task 'z' (fix: did you mean 't'?)
      bad.yaml:23: method m: error[GP010] task u, capability: the catalog has no capability 'nobody' (fix: add it to a catalog, or use one that is there (ListCapabilities))
      bad.yaml:23: method m: error[GP030] edge t -> z, condition: the expression does not parse: line 1, column 17: Syntax error: mismatched input '<EOF>' expecting expression (fix: correct the CEL syntax; text is written in quotes)
      bad.yaml:27: method 4: invalid type: integer `7`, expected struct Method
      base.yaml:3: capability a: is there twice; the first one is at bad.yaml:3
    "#);
}

#[test]
fn a_file_that_is_no_yaml_does_not_hide_the_mistakes_of_the_others() {
    let mistakes = mistakes(&[
        ("broken.yaml", "methods: ["),
        ("bad.yaml", "methods: [{ name: m, patterns: [m], tasks: [] }]"),
    ]);
    let files: Vec<&str> = mistakes.0.iter().map(|mistake| mistake.file.as_str()).collect();
    assert_eq!(files, ["bad.yaml", "broken.yaml"]);
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
