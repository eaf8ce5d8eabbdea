//! The examples of docs/catalog.md and docs/blueprints.md.

use goalpost_checker::check;
use goalpost_model::{Blueprint, Capability};
use goalpost_planning::{Catalog, GoalRequest, Source, plan};
use serde_json::json;

use crate::{names, object, with_input};

const CATALOG: &str = include_str!("../../../../docs/catalog.md");
const BLUEPRINTS: &str = include_str!("../../../../docs/blueprints.md");

fn blocks(page: &'static str) -> Vec<&'static str> {
    page.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
}

fn documented() -> Catalog {
    let sources: Vec<Source<'_>> =
        blocks(CATALOG).into_iter().map(|text| Source { name: "catalog.md", text }).collect();
    match Catalog::parse(&sources) {
        Ok(catalog) => catalog,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

#[test]
fn the_examples_are_one_catalog_without_warnings() {
    let catalog = documented();
    assert_eq!((catalog.capabilities().len(), catalog.method_count()), (5, 10));
    assert_eq!(catalog.warnings(), []);
}

#[test]
fn the_examples_plan_what_the_text_says() {
    let catalog = documented();
    let topic = |goal: GoalRequest| plan(&catalog, &goal).unwrap().blueprint.tasks[0].input["topic"].clone();
    assert_eq!(topic(GoalRequest::text("What is new about tides")), "tides");
    let overlaid = with_input("Summarise the news about tides", json!({"topic": "Spring tides", "days": 3}));
    assert_eq!(topic(overlaid), "Spring tides");
    assert_eq!(topic(GoalRequest::of_type("news.brief", object(json!({"topic": "x"})))), "x");

    let goal = GoalRequest::text("Mail ann@example.org the news about tides");
    let mailing = plan(&catalog, &goal).unwrap();
    assert_eq!(names(&mailing.blueprint), ["brief_search", "brief_summarise", "send"]);
    let dry_run = with_input(&goal.text, json!({"dry_run": true}));
    assert!(plan(&catalog, &dry_run).is_err());

    let topics = object(json!({"topics": ["tides", "storms"], "days": 2, "to": "ann@example.org"}));
    let digest = plan(&catalog, &GoalRequest::of_type("news.digest", topics)).unwrap();
    assert_eq!(names(&digest.blueprint), ["each", "whole", "approve", "send"]);
    assert_eq!(digest.worst_case.total.tokens, 9_000);

    let compare = plan(&catalog, &GoalRequest::text("Compare the news about tides and storms")).unwrap();
    assert_eq!(
        names(&compare.blueprint),
        ["one_search", "one_summarise", "two_search", "two_summarise", "compare"]
    );

    let counted = plan(&catalog, &GoalRequest::text("How much is written about tides?")).unwrap();
    assert_eq!(names(&counted.blueprint), ["search", "search_fallback", "search_either", "count"]);
    let weekly = object(json!({"topic": "tides", "to": "ann@example.org"}));
    let weekly = plan(&catalog, &GoalRequest::of_type("news.weekly", weekly)).unwrap();
    assert_eq!(
        (weekly.planned_by.as_str(), &weekly.blueprint.tasks[0].input["days"]),
        ("template news.weekly", &json!(7))
    );
    let gist = plan(&catalog, &GoalRequest::text("Give me the gist of tides")).unwrap();
    assert_eq!(
        names(&gist.blueprint),
        ["news_archive", "news_search", "news_archive_either", "text_summarise", "result"]
    );
    let mail = object(json!({"text": "Hi", "to": "ann@example.org", "urgent": false}));
    let answer = plan(&catalog, &GoalRequest::of_type("mail.answer", mail)).unwrap();
    let chosen = answer.blueprint.edges.iter().find(|edge| edge.source == "find_choose").unwrap();
    assert_eq!(chosen.condition, r#"tasks.classify.output.kind == "news" && !{"urgent": false}.urgent"#);
    assert_eq!(answer.blueprint.tasks[1].name, "find_choose");
}

#[test]
fn the_blueprints_have_no_finding() {
    for text in blocks(BLUEPRINTS) {
        let blueprint: Blueprint = serde_saphyr::from_str(text).unwrap();
        let undone_by =
            |task: &goalpost_model::Task| task.compensate_with.clone().map(|undo| undo.capability);
        let others = goalpost_model::all_tasks(&blueprint.tasks)
            .flat_map(|task| [Some(task.capability.clone()), undone_by(task)])
            .flatten()
            .map(|name| any(&name));
        let capabilities: Vec<Capability> = blueprint.capabilities.iter().cloned().chain(others).collect();
        assert_eq!(check(&blueprint, &capabilities).findings, []);
    }
}

fn any(capability: &str) -> Capability {
    serde_json::from_value(json!({"name": capability, "effect": "write"})).unwrap()
}
