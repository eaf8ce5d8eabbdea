//! The demo's goal.

use goalpost_model::{EdgeOn, Severity};
use goalpost_planning::{Catalog, GoalRequest, Source, plan};
use serde_json::json;

use crate::{DEMO, input_of, names, object};

pub(crate) fn demo() -> Catalog {
    Catalog::parse(&[Source { name: "weather.yaml", text: DEMO }]).unwrap()
}

#[test]
fn the_demo_goal_gives_tasks_and_conditional_edges() {
    let plan = plan(&demo(), &GoalRequest::text("Research weather in Seattle and write report")).unwrap();
    let blueprint = &plan.blueprint;
    assert_eq!(names(blueprint), ["fetch", "climatology", "write_report"]);
    assert!(blueprint.edges.iter().any(|edge| !edge.condition.is_empty()));
    assert!(blueprint.edges.iter().any(|edge| edge.on == EdgeOn::Failure));
    assert_eq!(input_of(blueprint, "fetch"), &object(json!({"city": "Seattle"})));
    assert_eq!(
        input_of(blueprint, "write_report"),
        &object(json!({"city": "Seattle", "title": "Weather in Seattle"}))
    );
    assert_eq!(plan.planned_by, "method weather.report");
    assert_eq!(
        plan.reason,
        "the pattern \"Research weather in {city} and write report\" matched with city = \"Seattle\""
    );
    assert!(plan.findings.iter().all(|finding| finding.severity != Severity::Error));
}

#[test]
fn the_blueprint_carries_its_capabilities() {
    let plan = plan(&demo(), &GoalRequest::text("write a weather report for Oslo!")).unwrap();
    let mut carried: Vec<&str> =
        plan.blueprint.capabilities.iter().map(|capability| capability.name.as_str()).collect();
    carried.sort_unstable();
    assert_eq!(carried, ["report.write", "weather.climatology", "weather.fetch"]);
}

#[test]
fn words_and_type_of_one_goal_give_one_digest() {
    let words = plan(&demo(), &GoalRequest::text("Research weather in Seattle and write report")).unwrap();
    let typed = GoalRequest::of_type("weather.report", object(json!({"city": "Seattle"})));
    let typed = plan(&demo(), &typed).unwrap();
    assert_eq!(words.blueprint.digest(), typed.blueprint.digest());
    assert_eq!(typed.reason, "it serves the type weather.report");
}

#[test]
fn an_unknown_goal_is_told_what_the_catalog_can_do() {
    let no_plan =
        plan(&demo(), &GoalRequest::text("Research wether in Seattle and write report")).unwrap_err();
    insta::assert_snapshot!(no_plan, @r#"
    no plan for the goal "Research wether in Seattle and write report"
    not by method weather.report: the goal lacks 'weather' of "Research weather in {city} and write report"
    the catalog can do:
      weather.report: "Research weather in {city} and write report", "Research the weather in {city} and write a report", "Research weather in {city} and write a report", "Write a weather report for {city}", type weather.report (Live weather where it can be had, else the record of past years; then a report.)
    "#);
    let no_plan = plan(&demo(), &GoalRequest::of_type("weather.Raport", Default::default())).unwrap_err();
    assert_eq!(no_plan.rejected[0].why, "its type is 'weather.report'");
    let no_plan = plan(&demo(), &GoalRequest::text("Bake a cake")).unwrap_err();
    assert!(no_plan.rejected.is_empty() && no_plan.offers.len() == 1);
}

#[test]
fn a_type_without_its_input_is_told_what_it_lacks() {
    let no_plan = plan(&demo(), &GoalRequest::of_type("weather.report", Default::default())).unwrap_err();
    assert_eq!(no_plan.rejected[0].why, "its task fetch needs 'city', which the goal's input does not have");
}

#[test]
fn input_that_breaks_a_schema_is_found_before_anything_runs() {
    let goal = GoalRequest::of_type("weather.report", object(json!({"city": 7})));
    let no_plan = plan(&demo(), &goal).unwrap_err();
    assert!(!no_plan.findings.is_empty(), "{no_plan}");
    assert!(no_plan.to_string().contains("task fetch"), "{no_plan}");
}

#[test]
fn an_empty_catalog_says_so() {
    let no_plan = plan(&Catalog::default(), &GoalRequest::text("anything")).unwrap_err();
    assert!(no_plan.to_string().contains("the catalog has no methods"), "{no_plan}");
}
