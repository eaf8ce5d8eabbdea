//! What does a task when its capability has failed.

use goalpost_model::EdgeOn;
use goalpost_planning::{Catalog, GoalRequest, Source, plan};

use crate::{CAPABILITIES, arrows, catalog, names, plan_of};

const FETCH: &str = r#"
methods:
  - name: fetch
    patterns: ["fetch {x}"]
    tasks:
      - { name: begin, capability: a }
      - name: get-it
        capability: a
        input: { x: "{x}" }
        data_flow: { y: tasks.begin.output.y }
        fallback: { capability: b, retry: { max_attempts: 2 } }
      - { name: use, capability: c, data_flow: { all: 'tasks["get-it"].output' } }
      - { name: sorry, capability: c }
    edges:
      - { from: begin, to: get-it, data_flow: { z: tasks.begin.output.z } }
      - { from: get-it, to: use, condition: 'tasks["get-it"].output.n > 0' , data_flow: { n: 'tasks["get-it"].output.n' } }
      - { from: get-it, to: sorry, on: failure }
"#;

#[test]
fn a_fallback_has_the_input_of_its_task_and_stands_for_it() {
    let blueprint = plan_of(FETCH, &GoalRequest::text("Fetch rain")).blueprint;
    assert_eq!(names(&blueprint), ["begin", "get-it", "get_it_fallback", "get_it_either", "use", "sorry"]);
    assert_eq!(
        arrows(&blueprint),
        [
            "get-it -> get_it_fallback",
            "get-it -> get_it_either",
            "get_it_fallback -> get_it_either",
            "begin -> get-it",
            "get_it_either -> use",
            "get_it_fallback -> sorry",
        ]
    );
    let fallback = &blueprint.tasks[2];
    assert_eq!((fallback.capability.as_str(), fallback.retry.max_attempts), ("b", 2));
    assert_eq!(
        (&fallback.input["x"], fallback.data_flow["y"].as_str()),
        (&"rain".into(), "tasks.begin.output.y")
    );
    assert_eq!(blueprint.edges[0].on, EdgeOn::Failure);
    assert_eq!(blueprint.edges[0].data_flow["z"], "tasks.begin.output.z");
    assert_eq!(blueprint.edges[4].condition, "tasks.get_it_either.output.value.n > 0");
    assert_eq!(blueprint.tasks[4].data_flow["all"], "tasks.get_it_either.output.value");
}

#[test]
fn a_fallback_may_have_an_input_of_its_own_and_be_nested() {
    let methods = r#"
methods:
  - { name: outer, patterns: [outer], tasks: [{ name: o, goal: inner }, { name: p, capability: b, data_flow: { v: tasks.o.output.v } }], edges: [{ from: o, to: p }] }
  - { name: inner, patterns: [inner], tasks: [{ name: i, capability: a, input: { x: 1 }, fallback: { capability: b, input: { y: 2 } } }] }
"#;
    let blueprint = plan_of(methods, &GoalRequest::text("outer")).blueprint;
    assert_eq!(names(&blueprint), ["o_i", "o_i_fallback", "o_i_either", "p"]);
    assert_eq!(blueprint.tasks[1].input.keys().collect::<Vec<_>>(), ["y"]);
    assert_eq!(blueprint.tasks[3].data_flow["v"], "tasks.o_i_either.output.value.v");
}

#[test]
fn an_edge_that_is_always_taken_cannot_leave_a_task_with_a_fallback() {
    let text = FETCH.replace("on: failure", "on: always");
    let sources = [Source { name: "a", text: CAPABILITIES }, Source { name: "b", text: &text }];
    let mistakes = Catalog::parse(&sources).unwrap_err().to_string();
    assert!(mistakes.contains("write one edge on success and one on failure"), "{mistakes}");
}

#[test]
fn a_fallback_that_cannot_know_what_flowed_is_refused() {
    let text = FETCH
        .replace("fallback: {", "join: any\n        fallback: {")
        .replace(
            "      - { from: begin, to: get-it,",
            "      - { from: early, to: get-it }\n      - { from: begin, to: get-it,",
        )
        .replace("      - { name: begin,", "      - { name: early, capability: a }\n      - { name: begin,")
        .replace("data_flow: { y: tasks.begin.output.y }", "");
    let no_plan = plan(&catalog(&text), &GoalRequest::text("Fetch rain")).unwrap_err();
    assert!(no_plan.to_string().contains("its fallback needs a data_flow of its own"), "{no_plan}");
}

#[test]
fn what_writes_neither_has_a_fallback_nor_is_one() {
    let mistakes = |own: &str, fallback: &str| {
        let text = format!(
            "methods:\n  - name: m\n    patterns: [m]\n    tasks:\n      - name: each\n        input: {{ items: [1] }}\n        for_each:\n          body: {{ tasks: [{{ name: t, capability: {own}, fallback: {{ capability: {fallback} }} }}] }}\n"
        );
        let sources = [Source { name: "a", text: CAPABILITIES }, Source { name: "b", text: &text }];
        Catalog::parse(&sources).map_or_else(|mistakes| mistakes.0, |_| Vec::new())
    };
    let told = |own: &str, fallback: &str| -> Vec<String> {
        mistakes(own, fallback).iter().map(ToString::to_string).collect()
    };
    assert_eq!(told("a", "b"), [""; 0]);
    let of_writer = told("c", "a");
    assert_eq!(of_writer.len(), 1);
    assert!(
        of_writer[0].starts_with("b:2: method m: task t: c writes, and may have done so"),
        "{of_writer:?}"
    );
    assert!(of_writer[0].contains("draw an edge on: failure to what is to follow"), "{of_writer:?}");
    let writer = told("a", "c");
    assert!(writer.len() == 1 && writer[0].contains("its fallback c writes"), "{writer:?}");
    assert_eq!(told("c", "c").len(), 2);
    // The engine's own change nothing outside.
    assert_eq!(told("a", "goalpost.transform"), [""; 0]);
}
