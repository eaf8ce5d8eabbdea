//! Choices that are made otherwise when they lead nowhere.

use goalpost_planning::{Catalog, GoalRequest, Source, plan};

use crate::names;

const DEEP: &str = r#"
capabilities:
  - { name: quick, effect: read, produces: [small], cost: { money_micros: 1 } }
  - { name: thorough, effect: read, needs: [depth], produces: [large], cost: { money_micros: 9 } }
  - { name: judge, effect: read, needs: [large], produces: [verdict], cost: { money_micros: 1 } }
methods:
  - name: whole
    patterns: [whole]
    tasks:
      - { name: gather, goal_type: gather }
      - { name: other, goal_type: other }
      - { name: conclude, wants: [verdict] }
    edges: [{ from: gather, to: other }, { from: other, to: conclude }]
  - { name: gather.quick, type: gather, tasks: [{ name: t, capability: quick }] }
  - { name: gather.thorough, type: gather, tasks: [{ name: t, capability: thorough, input: { depth: 3 } }] }
  - { name: other.one, type: other, tasks: [{ name: t, capability: quick }] }
  - { name: other.two, type: other, tasks: [{ name: t, capability: quick }] }
"#;

fn of(text: &str) -> Catalog {
    Catalog::parse(&[Source { name: "c", text }]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn an_earlier_goal_is_planned_otherwise_if_a_later_one_needs_it() {
    let plan = plan(&of(DEEP), &GoalRequest::text("Whole")).unwrap_or_else(|no_plan| panic!("{no_plan}"));
    assert_eq!(plan.planned_by, "method whole with gather.thorough, other.one");
    assert_eq!(names(&plan.blueprint), ["gather_t", "other_t", "conclude_judge", "conclude_result"]);
    let judge = &plan.blueprint.tasks[2];
    assert_eq!(judge.data_flow["large"], "tasks.gather_t.output.large");
}

#[test]
fn the_deepest_dead_end_is_told_with_the_way_to_it() {
    let text = DEEP.replace("capability: thorough", "capability: quick");
    let no_plan = plan(&of(&text), &GoalRequest::text("Whole")).unwrap_err();
    let message = no_plan.to_string();
    assert!(message.contains("wants 'verdict', which cannot be found out"), "{message}");
    let deep = r#"
capabilities: [{ name: a, effect: read }]
methods:
  - { name: one, patterns: [one], tasks: [{ name: x, goal_type: two }] }
  - { name: one.more, patterns: [one], when: "false", tasks: [{ name: x, capability: a }] }
  - { name: two, type: two, tasks: [{ name: y, goal_type: three }] }
  - { name: three, type: three, tasks: [{ name: z, capability: a, input: { city: "{input.city}" } }] }
"#;
    let no_plan = plan(&of(deep), &GoalRequest::text("one")).unwrap_err();
    let message = no_plan.to_string();
    let expected = "the search got farthest at one (task x) > two (task y) > three: its task z needs 'city', which the goal's input does not have";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_plan_over_the_budget_makes_room_for_a_cheaper_one() {
    let text = r#"
capabilities:
  - { name: dear, effect: read, cost: { money_micros: 100, tokens: 0 } }
  - { name: cheap, effect: read, cost: { money_micros: 1, tokens: 0 } }
methods:
  - { name: m, patterns: [m], budget: { money_micros: 50 }, tasks: [{ name: x, goal_type: x }, { name: y, goal_type: x }], edges: [{ from: x, to: y }] }
  - { name: x.dear, type: x, tasks: [{ name: t, capability: dear }] }
  - { name: x.cheap, type: x, tasks: [{ name: t, capability: cheap }] }
"#;
    let cheap = plan(&of(text), &GoalRequest::text("m")).unwrap_or_else(|no_plan| panic!("{no_plan}"));
    assert_eq!(cheap.planned_by, "method m with x.cheap");
    let none = plan(&of(&text.replace("micros: 50", "micros: 1")), &GoalRequest::text("m")).unwrap_err();
    assert!(!none.findings.is_empty() && none.rejected.len() == 1, "{none}");
}

#[test]
fn a_goal_that_fails_whatever_was_before_does_not_try_everything_before() {
    let mut text =
        "capabilities: [{ name: a, effect: read }]\nmethods:\n  - name: m\n    patterns: [m]\n    tasks:\n"
            .to_owned();
    for number in 0..40 {
        text += &format!("      - {{ name: t{number}, goal_type: many }}\n");
    }
    text += "      - { name: last, goal_type: none }\n    edges:\n";
    for number in 0..39 {
        text += &format!("      - {{ from: t{number}, to: t{} }}\n", number + 1);
    }
    text += "      - { from: t39, to: last }\n";
    for number in 0..10 {
        text += &format!("  - {{ name: many{number}, type: many, tasks: [{{ name: t, capability: a }}] }}\n");
    }
    text +=
        "  - { name: none, type: none, tasks: [{ name: t, capability: a, input: { x: \"{input.x}\" } }] }\n";
    let no_plan = plan(&of(&text), &GoalRequest::text("m")).unwrap_err();
    assert!(no_plan.rejected[0].why.contains("needs 'x'"), "{no_plan}");
}

#[test]
fn plans_do_not_depend_on_earlier_searches() {
    let goal = GoalRequest::text("Whole");
    let one = plan(&of(DEEP), &goal).unwrap();
    let catalog = of(DEEP);
    for _ in 0..3 {
        assert_eq!(plan(&catalog, &goal).unwrap(), one);
    }
}
