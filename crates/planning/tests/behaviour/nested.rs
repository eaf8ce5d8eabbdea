//! Goals inside goals.

use goalpost_model::Join;
use goalpost_planning::{GoalRequest, plan};
use serde_json::json;

use crate::{arrows, catalog, input_of, names, object};

const TRIP: &str = r#"
methods:
  - name: trip
    patterns: ["plan a trip to {city}"]
    tasks:
      - { name: start, capability: a }
      - { name: look, goal_type: look, input: { place: "{city}", n: 2 }, join: any, data_flow: { extra: tasks.start.output.x } }
      - { name: book, capability: c, input: { to: "{city}" } }
    edges:
      - { from: start, to: look, data_flow: { flow: tasks.start.output } }
      - { from: look, to: book, condition: "size(tasks.look.output.text) > 0 && 'tasks.look' != ''", data_flow: { text: 'tasks["look"].output' } }
  - name: look.around
    type: look
    tasks:
      - { name: in-side, capability: a, input: { at: "{input.place}" } }
      - { name: out, capability: a, input: { at: "outside {input.place}", n: "{input.n}" } }
      - { name: both, capability: b, join: any }
    edges:
      - { from: in-side, to: both, condition: 'goal.input.n > 1 && tasks["in-side"].output.ok' , data_flow: { x: 'tasks["in-side"].output' } }
      - { from: out, to: both, on: always }
"#;

#[test]
fn a_nested_plan_takes_the_place_of_its_task() {
    let plan = plan(&catalog(TRIP), &GoalRequest::text("Plan a trip to Rome")).unwrap();
    let blueprint = &plan.blueprint;
    assert_eq!(plan.planned_by, "method trip with look.around");
    assert_eq!(names(blueprint), ["start", "look_in_side", "look_out", "look_both", "book"]);
    assert_eq!(
        arrows(blueprint),
        [
            "look_in_side -> look_both",
            "look_out -> look_both",
            "start -> look_in_side",
            "start -> look_out",
            "look_both -> book"
        ]
    );
    assert_eq!(input_of(blueprint, "look_out"), &object(json!({"at": "outside Rome", "n": 2})));
}

#[test]
fn expressions_follow_their_tasks_and_their_goal() {
    let plan = plan(&catalog(TRIP), &GoalRequest::text("Plan a trip to Rome")).unwrap();
    let edges = &plan.blueprint.edges;
    assert_eq!(edges[0].condition, r#"{"input": {"n": 2}}.input.n > 1 && tasks.look_in_side.output.ok"#);
    assert_eq!(edges[0].data_flow["x"], "tasks.look_in_side.output");
    assert_eq!(edges[4].condition, "size(tasks.look_both.output.text) > 0 && 'tasks.look' != ''");
    assert_eq!(edges[4].data_flow["text"], "tasks.look_both.output");
}

#[test]
fn the_roots_of_a_nested_plan_take_over_join_and_data_flow() {
    let plan = plan(&catalog(TRIP), &GoalRequest::text("Plan a trip to Rome")).unwrap();
    let tasks = &plan.blueprint.tasks;
    for root in &tasks[1..3] {
        assert_eq!(root.join, Join::Any);
        assert_eq!(root.data_flow["extra"], "tasks.start.output.x");
    }
    assert!(tasks[3].data_flow.is_empty());
    assert!(plan.blueprint.edges[2..4].iter().all(|edge| edge.data_flow["flow"] == "tasks.start.output"));
}

#[test]
fn names_stay_unique() {
    let methods = r#"
methods:
  - name: outer
    patterns: [outer]
    tasks:
      - { name: x, goal: inner }
      - { name: x_a, capability: a }
      - { name: x_b, goal: other }
  - { name: inner, patterns: [inner], tasks: [{ name: a, capability: a }, { name: b_c, capability: a }], edges: [{ from: a, to: b_c }] }
  - { name: other, patterns: [other], tasks: [{ name: c, capability: a }] }
"#;
    let plan = plan(&catalog(methods), &GoalRequest::text("outer")).unwrap();
    assert_eq!(names(&plan.blueprint), ["x_a_2", "x_b_c", "x_a", "x_b_c_2"]);
    assert_eq!(arrows(&plan.blueprint), ["x_a_2 -> x_b_c"]);
}

#[test]
fn goals_nest_more_than_once() {
    let methods = r#"
methods:
  - { name: one, patterns: [one], tasks: [{ name: p, goal: two }, { name: q, capability: a, data_flow: { x: tasks.p.output } }], edges: [{ from: p, to: q }] }
  - { name: two, patterns: [two], tasks: [{ name: r, goal: three }] }
  - { name: three, patterns: [three], tasks: [{ name: s, capability: b }, { name: t, capability: b }], edges: [{ from: s, to: t }], result: t }
"#;
    let plan = plan(&catalog(methods), &GoalRequest::text("one")).unwrap();
    assert_eq!(names(&plan.blueprint), ["p_r_s", "p_r_t", "q"]);
    assert_eq!(arrows(&plan.blueprint), ["p_r_s -> p_r_t", "p_r_t -> q"]);
    assert_eq!(plan.blueprint.tasks[2].data_flow["x"], "tasks.p_r_t.output");
}

#[test]
fn a_goal_that_leads_back_to_itself_makes_room_for_the_next_method() {
    let methods = r#"
methods:
  - { name: ping, patterns: [play], tasks: [{ name: t, goal: "Pong." }] }
  - { name: pong, patterns: [pong], tasks: [{ name: t, goal: play }] }
  - { name: end, patterns: [pong], tasks: [{ name: t, capability: a }] }
"#;
    let plan = plan(&catalog(methods), &GoalRequest::text("play")).unwrap();
    assert_eq!(plan.planned_by, "method ping with end");
}

#[test]
fn circles_and_endless_nesting_end_with_a_reason() {
    let circle = r#"
methods:
  - { name: ping, patterns: [play], tasks: [{ name: t, goal: pong }] }
  - { name: pong, patterns: [pong], tasks: [{ name: t, goal: play }] }
"#;
    let no_plan = plan(&catalog(circle), &GoalRequest::text("play")).unwrap_err();
    assert!(no_plan.to_string().contains("leads back to itself (ping > pong > ping)"), "{no_plan}");

    let endless =
        r#"methods: [{ name: more, patterns: ["do {x}"], tasks: [{ name: t, goal: "do more {x}" }] }]"#;
    let no_plan = plan(&catalog(endless), &GoalRequest::text("do it")).unwrap_err();
    assert!(no_plan.to_string().contains("nested more than 16 deep"), "{no_plan}");
}

#[test]
fn a_search_without_end_is_given_up() {
    let methods = r#"
methods:
  - { name: left, patterns: ["do {x}"], tasks: [{ name: t, goal: "do l{x}" }] }
  - { name: right, patterns: ["do {x}"], tasks: [{ name: t, goal: "do r{x}" }] }
"#;
    assert!(plan(&catalog(methods), &GoalRequest::text("do it")).is_err());
}

#[test]
fn a_plan_that_grows_too_large_is_given_up() {
    let mut methods = "methods:\n".to_owned();
    for level in 0..13 {
        let next = level + 1;
        methods += &format!(
            "  - {{ name: m{level}, type: t{level}, tasks: [{{ name: a, goal_type: t{next} }}, {{ name: b, goal_type: t{next} }}], edges: [{{ from: a, to: b }}] }}\n"
        );
    }
    methods += "  - { name: m13, type: t13, tasks: [{ name: a, capability: a }, { name: b, capability: a }], edges: [{ from: a, to: b }] }\n";
    assert!(plan(&catalog(&methods), &GoalRequest::of_type("t0", Default::default())).is_err());
}

#[test]
fn a_nested_plan_without_one_end_needs_a_result() {
    let methods = r#"
methods:
  - { name: outer, patterns: [outer], tasks: [{ name: x, goal: inner }] }
  - { name: inner, patterns: [inner], tasks: [{ name: a, capability: a }, { name: b, capability: a }] }
"#;
    let no_plan = plan(&catalog(methods), &GoalRequest::text("outer")).unwrap_err();
    assert!(no_plan.to_string().contains("several last tasks and no result"), "{no_plan}");
}
