//! Templates, parameters and namespaces.

use goalpost_model::Namespace;
use goalpost_planning::{Attempt, Catalog, GoalRequest, NoPlan, Outcome, Plan, Rung, Source, plan};
use serde_json::json;

use crate::{CAPABILITIES, catalog, input_of, object, with_input};

const TEMPLATES: &str = r#"
templates:
  - name: report.whole
    patterns: ["report on {what}"]
    type: report
    input_schema:
      type: object
      properties: { what: { type: string, maxLength: 5 }, days: { type: integer, default: 7 } }
      required: [what]
    tasks:
      - { name: look, capability: a, input: { what: "{input.what}", days: "{input.days}" } }
      - { name: write, capability: c }
    edges: [{ from: look, to: write, data_flow: { text: tasks.look.output } }]
methods:
  - name: report.made
    patterns: ["report on {what}"]
    priority: 100
    tasks: [{ name: t, capability: b }]
"#;

fn rungs(attempts: &[Attempt]) -> Vec<(Rung, Outcome)> {
    attempts.iter().map(|attempt| (attempt.rung, attempt.outcome)).collect()
}

#[test]
fn a_template_goes_before_every_method_and_its_parameters_have_defaults() {
    let plan = plan(&catalog(TEMPLATES), &GoalRequest::text("Report on rain")).unwrap();
    assert_eq!(plan.planned_by, "template report.whole");
    assert_eq!(input_of(&plan.blueprint, "look"), &object(json!({"what": "rain", "days": 7})));
    assert_eq!(rungs(&plan.attempts), [(Rung::Template, Outcome::Planned)]);
    let three = crate::plan_of(TEMPLATES, &with_input("Report on rain", json!({"days": 3})));
    assert_eq!(input_of(&three.blueprint, "look")["days"], 3);
}

#[test]
fn a_goal_whose_input_does_not_fit_the_parameters_goes_to_the_next_rung() {
    let plan = plan(&catalog(TEMPLATES), &GoalRequest::text("Report on thunder")).unwrap();
    assert_eq!(plan.planned_by, "method report.made");
    assert_eq!(rungs(&plan.attempts), [(Rung::Template, Outcome::Failed), (Rung::Htn, Outcome::Planned)]);
    let why = &plan.attempts[0].reason;
    assert!(why.contains("template report.whole cannot be used: its parameters do not fit"), "{why}");
}

#[test]
fn rungs_that_have_nothing_for_the_goal_say_so() {
    let no_plan = plan(&catalog(TEMPLATES), &GoalRequest::text("Sing")).unwrap_err();
    assert_eq!(rungs(&no_plan.attempts), [(Rung::Template, Outcome::Skipped), (Rung::Htn, Outcome::Skipped)]);
    assert_eq!(no_plan.attempts[1].reason, "no method serves the goal");
    let only = r#"methods: [{ name: m, patterns: [m], tasks: [{ name: t, capability: a }] }]"#;
    assert_eq!(
        crate::plan_of(only, &GoalRequest::text("m")).attempts[0].reason,
        "the catalog has no templates"
    );
}

#[test]
fn a_template_is_whole() {
    let holes =
        r#"templates: [{ name: m, patterns: [m], tasks: [{ name: t, goal: m }, { name: u, wants: [x] }] }]"#;
    let sources = [Source { name: "a", text: CAPABILITIES }, Source { name: "b", text: holes }];
    let mistakes = Catalog::parse(&sources).unwrap_err();
    assert_eq!(mistakes.0.len(), 2, "{mistakes}");
    assert!(mistakes.0[1].message.contains("a template is whole"), "{mistakes}");
}

const SCOPED: &str = r#"
capabilities:
  - { name: secret, effect: read, namespaces: [ops] }
methods:
  - { name: by.ops, patterns: [do it], namespaces: [ops], tasks: [{ name: t, capability: a }] }
  - { name: by.secret, patterns: [do it], tasks: [{ name: t, capability: secret }] }
  - { name: by.undo, patterns: [do it], tasks: [{ name: t, capability: a, compensate_with: { capability: secret } }] }
  - { name: by.fallback, patterns: [do it], tasks: [{ name: t, capability: a, fallback: { capability: secret } }] }
  - { name: any, patterns: [do it], tasks: [{ name: t, capability: b }] }
"#;

fn planned_in(namespace: &str) -> Result<Plan, NoPlan> {
    let namespace: Namespace = namespace.parse().unwrap();
    plan(&catalog(SCOPED), &GoalRequest { namespace, ..GoalRequest::text("Do it") })
}

#[test]
fn what_a_namespace_may_not_use_is_not_there_for_its_goals() {
    assert_eq!(planned_in("ops").unwrap().planned_by, "method by.ops");
    let plan = planned_in("dev").unwrap();
    assert_eq!(plan.planned_by, "method any");
    let why = "needs secret, which the namespace dev may not use";
    assert_eq!(plan.reason.matches(why).count(), 3, "{}", plan.reason);
    assert!(!plan.reason.contains("by.ops"), "{}", plan.reason);
}
