//! Methods between which what is known at run time decides.

use goalpost_model::{Branch, Join};
use goalpost_planning::{GoalRequest, plan};

use crate::{arrows, catalog, names, plan_of};

const MEND: &str = r#"
methods:
  - name: handle
    patterns: ["handle {what}"]
    tasks:
      - { name: look, capability: a }
      - { name: mend, goal_type: mend, input: { what: "{what}" }, facts: { cause: tasks.look.output.cause } }
      - { name: tell, capability: c, data_flow: { done: tasks.mend.output.done } }
    edges:
      - { from: look, to: mend }
      - { from: mend, to: tell }
  - name: mend.load
    type: mend
    when: facts.cause == "load" && input.what != "nothing"
    tasks:
      - { name: one, capability: b, data_flow: { cause: facts.cause } }
      - { name: two, capability: b }
      - { name: both, capability: b }
    edges: [{ from: one, to: both }, { from: two, to: both }]
  - name: mend.memory
    type: mend
    when: facts.cause == "memory"
    tasks: [{ name: restart, capability: c, input: { what: "{input.what}" } }]
  - name: mend.never
    type: mend
    when: input.what == "something else"
    tasks: [{ name: never, capability: c }]
  - name: mend.ask
    type: mend
    tasks: [{ name: ask, capability: goalpost.approve }]
"#;

#[test]
fn conditions_over_facts_become_edges_with_a_default() {
    let plan = plan_of(MEND, &GoalRequest::text("Handle smoke"));
    let blueprint = &plan.blueprint;
    assert_eq!(plan.planned_by, "method handle with mend.load, mend.memory, mend.ask");
    assert_eq!(
        names(blueprint),
        [
            "look",
            "mend_choose",
            "mend_mend_load_begin",
            "mend_mend_load_one",
            "mend_mend_load_two",
            "mend_mend_load_both",
            "mend_mend_memory_restart",
            "mend_mend_ask_ask",
            "mend_either",
            "tell"
        ]
    );
    let choice = &blueprint.tasks[1];
    assert_eq!((choice.branch, blueprint.tasks[8].join), (Branch::Exclusive, Join::Any));
    let ways: Vec<_> = blueprint.edges.iter().filter(|edge| edge.source == "mend_choose").collect();
    assert_eq!(
        ways[0].condition,
        r#"tasks.look.output.cause == "load" && {"what": "smoke"}.what != "nothing""#
    );
    assert_eq!(ways[1].condition, r#"tasks.look.output.cause == "memory""#);
    assert!(ways[2].otherwise && ways[2].condition.is_empty() && ways.len() == 3);
    assert_eq!(blueprint.tasks[3].data_flow["cause"], "tasks.look.output.cause");
    assert_eq!(blueprint.tasks[9].data_flow["done"], "tasks.mend_either.output.value.done");
    assert!(arrows(blueprint).contains(&"mend_mend_load_both -> mend_either".to_owned()));
}

#[test]
fn a_fact_that_the_input_says_is_decided_at_once() {
    let typed = MEND
        .replace("facts: { cause: tasks.look.output.cause }", "facts: {}")
        .replace("input: { what: \"{what}\" }, facts", "input: { what: \"{what}\", cause: memory }, facts");
    let plan = plan_of(&typed, &GoalRequest::text("Handle smoke"));
    assert_eq!(plan.planned_by, "method handle with mend.memory");
    assert_eq!(names(&plan.blueprint), ["look", "mend_restart", "tell"]);
}

#[test]
fn without_a_default_there_is_no_plan() {
    let text = MEND.replace("  - name: mend.ask\n    type: mend", "  - name: mend.ask\n    type: ask");
    let no_plan = plan(&catalog(&text), &GoalRequest::text("Handle smoke")).unwrap_err();
    let message = no_plan.to_string();
    assert!(message.contains("its task mend has the nested goal type 'mend'"), "{message}");
    assert!(
        no_plan
            .dead_end
            .is_some_and(|dead_end| dead_end.method == "mend.never" && dead_end.path[0].1 == "mend"),
        "{message}"
    );
}

#[test]
fn facts_reach_through_nested_goals_but_not_into_graphs_of_tasks() {
    let methods = r#"
methods:
  - name: top
    patterns: [top]
    tasks:
      - { name: a, capability: a }
      - { name: in, goal_type: middle, facts: { n: tasks.a.output.n } }
    edges: [{ from: a, to: in }]
  - { name: middle, type: middle, tasks: [{ name: a, goal_type: low }] }
  - { name: low, type: low, tasks: [{ name: a, capability: b, data_flow: { n: facts.n + 1 } }] }
"#;
    let blueprint = plan_of(methods, &GoalRequest::text("top")).blueprint;
    assert_eq!(names(&blueprint), ["a", "in_a_a"]);
    assert_eq!(blueprint.tasks[1].data_flow["n"], "tasks.a.output.n + 1");
    let body = "tasks: [{ name: l, for_each: { body: { tasks: [{ name: a, capability: b, data_flow: { n: facts.n + 1 } }] } }, input: { items: [1] } }] }";
    let inside =
        methods.replace("tasks: [{ name: a, capability: b, data_flow: { n: facts.n + 1 } }] }", body);
    let no_plan = plan(&catalog(&inside), &GoalRequest::text("top")).unwrap_err();
    assert!(no_plan.to_string().contains("bring it by the task's data_flow"), "{no_plan}");
    let nobody = methods.replace(", facts: { n: tasks.a.output.n }", "");
    let no_plan = plan(&catalog(&nobody), &GoalRequest::text("top")).unwrap_err();
    assert!(no_plan.to_string().contains("uses facts.n, which nothing gives"), "{no_plan}");
}
