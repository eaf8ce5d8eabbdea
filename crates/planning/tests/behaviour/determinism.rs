//! The same catalog and the same goal give the same blueprint.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use goalpost_planning::{Catalog, GoalRequest, Source, plan};
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::{DEMO, with_input};

const MORE: &str = r#"
methods:
  - name: compare
    patterns: ["Compare the weather in {one} and {two}"]
    tasks:
      - { name: one, goal: "Write a weather report for {one}" }
      - { name: two, goal_type: weather.report, input: { city: "{two}" } }
    edges: [{ from: one, to: two }]
"#;

fn parse() -> Catalog {
    Catalog::parse(&[Source { name: "a", text: DEMO }, Source { name: "b", text: MORE }]).unwrap()
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(parse);

proptest! {
    // Every case reads the catalog again.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_goal_always_gives_the_same_digest(
        one in "[A-Za-z{}\"'é ]{0,12}",
        two in "[A-Za-z\\\\.-]{1,12}",
        fields in prop::collection::vec(("[a-z]{1,6}", "[a-z]{0,6}"), 0..6),
    ) {
        let forwards: Map<String, Value> = fields.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect();
        let unique: BTreeMap<_, _> = forwards.iter().collect();
        let backwards: Map<String, Value> = unique.iter().rev().map(|(k, v)| ((*k).clone(), (*v).clone())).collect();
        let text = format!("compare the weather in {one} and {two}");
        let first = plan(&CATALOG, &with_input(&text, forwards.into()));
        let second = plan(&parse(), &with_input(&format!("  {text}."), backwards.into()));
        match (first, second) {
            (Ok(first), Ok(second)) => {
                prop_assert_eq!(first.blueprint.digest(), second.blueprint.digest());
                prop_assert_eq!(first.blueprint, second.blueprint);
            }
            (Err(first), Err(second)) => prop_assert_eq!(first.offers, second.offers),
            (first, second) => prop_assert!(false, "{first:?} and {second:?}"),
        }
    }

}

/// Capabilities that give the same facts at the same price, and methods that all serve.
const ALIKE: [&str; 7] = [
    "capabilities: [{ name: f1, effect: read, needs: [city], produces: [x, y] }]",
    "capabilities: [{ produces: [y, x], name: f2, needs: [city], effect: read }]",
    "capabilities: [{ name: f3, effect: read, needs: [x], produces: [z] }]",
    "capabilities: [{ name: f4, effect: read, needs: [y], produces: [z] }]",
    "methods: [{ name: want, type: want, wants: [z, x] }]",
    "methods: [{ name: want.nested, type: want, tasks: [{ name: n, goal_type: inner }] }]",
    "methods: [{ name: inner.b, type: inner, wants: [y] }, { name: inner.a, type: inner, wants: [x] }]",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_files_and_fields_does_not_matter(
        order in Just((0..ALIKE.len()).collect::<Vec<_>>()).prop_shuffle(),
        nested in any::<bool>(),
    ) {
        let names = ["1", "2", "3", "4", "5", "6", "7"];
        let parse = |order: &[usize]| {
            let sources = order.iter().map(|place| Source { name: names[*place], text: ALIKE[*place] });
            Catalog::parse(&sources.collect::<Vec<_>>()).unwrap()
        };
        let (first, second) = (parse(&[0, 1, 2, 3, 4, 5, 6]), parse(&order));
        let goal_type = if nested { "inner" } else { "want" };
        let goal = GoalRequest::of_type(goal_type, [("city".to_owned(), Value::from("Oslo"))].into_iter().collect());
        let (one, other) = (plan(&first, &goal).unwrap(), plan(&second, &goal).unwrap());
        prop_assert_eq!(one.blueprint.digest(), other.blueprint.digest());
        prop_assert_eq!(first.version(), second.version());
        prop_assert_eq!(one, other);
    }
}

proptest! {
    #[test]
    fn no_goal_makes_the_planner_panic(text in "\\PC{0,80}", goal_type in "[a-z.]{0,8}") {
        let goal = GoalRequest { text, goal_type, ..GoalRequest::default() };
        let _ = plan(&CATALOG, &goal).map_err(|no_plan| no_plan.to_string());
    }
}

#[test]
fn nested_goals_of_the_demo_are_planned() {
    let comparison = plan(&CATALOG, &GoalRequest::text("Compare the weather in Oslo and Rome")).unwrap();
    assert_eq!(comparison.planned_by, "method compare with weather.report");
    assert_eq!(comparison.blueprint.tasks.len(), 6);
    assert_eq!(comparison.findings, []);
}
