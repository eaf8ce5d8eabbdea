//! Which method is used.

use goalpost_planning::{GoalRequest, plan};
use serde_json::json;

use crate::{catalog, with_input};

const METHODS: &str = r#"
methods:
  - name: small
    patterns: ["count to {n}"]
    when: input.n.matches('^[0-9]$')
    tasks: [{ name: t, capability: a }]
  - name: forced
    patterns: ["count to {n}"]
    when: has(goal.input.force) && goal.input.force
    priority: 10
    tasks: [{ name: t, capability: a }]
  - name: nested
    patterns: ["count to {n}"]
    tasks: [{ name: t, goal: "think of {n}" }]
  - name: any
    patterns: ["count to {n}"]
    tasks: [{ name: t, capability: a }]
  - name: think
    patterns: ["think of a {thing}"]
    tasks: [{ name: t, capability: b }]
"#;

fn chosen(goal: &GoalRequest) -> String {
    plan(&catalog(METHODS), goal).unwrap().planned_by
}

#[test]
fn the_first_method_that_can_be_used_is_used() {
    assert_eq!(chosen(&GoalRequest::text("Count to 7")), "method small");
    assert_eq!(chosen(&GoalRequest::text("Count to a million")), "method nested with think");
    assert_eq!(chosen(&GoalRequest::text("Count to 70")), "method any");
}

#[test]
fn priority_goes_before_the_order_in_the_catalog() {
    assert_eq!(chosen(&with_input("Count to 7", json!({"force": true}))), "method forced");
}

#[test]
fn the_reason_says_what_was_tried_before() {
    let reason = plan(&catalog(METHODS), &GoalRequest::text("Count to 70")).unwrap().reason;
    for part in
        ["\"count to {n}\" matched with n = \"70\"", "forced was tried before", "small was tried before"]
    {
        assert!(reason.contains(part), "{reason}");
    }
    assert!(reason.contains("has the nested goal \"think of 70\", which no method serves"), "{reason}");
}

#[test]
fn every_pattern_that_matches_counts() {
    let methods = r#"
methods:
  - name: m
    patterns: ["{x} now", "do {x} now"]
    when: captures.x == 'it'
    tasks: [{ name: t, capability: a, input: { x: "{x}" } }]
"#;
    let plan = plan(&catalog(methods), &GoalRequest::text("do it now")).unwrap();
    assert_eq!(plan.blueprint.tasks[0].input["x"], "it");
}

#[test]
fn a_method_that_took_the_goal_up_says_why_it_cannot_be_used() {
    let methods = r#"
methods:
  - name: m
    patterns: ["ship {x}"]
    when: captures.x != 'gold'
    tasks: [{ name: t, capability: a }]
"#;
    let no_plan = plan(&catalog(methods), &GoalRequest::text("ship gold")).unwrap_err();
    assert_eq!(no_plan.rejected[0].why, "its condition 'captures.x != 'gold'' is false");
}
