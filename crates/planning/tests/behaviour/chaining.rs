//! Plans out of facts.

use goalpost_model::{Blueprint, EdgeOn};
use goalpost_planning::{Catalog, GoalRequest, Source, plan};
use serde_json::json;

use crate::{arrows, input_of, names, object};

const FACTS: &str = r#"
capabilities:
  - name: geo.find
    effect: read
    input_schema: { type: object, properties: { place: { type: object, properties: { city: { type: string } }, required: [city] } }, required: [place], additionalProperties: false }
    output_schema: { type: object, properties: { at: { type: object, properties: { lat: { type: number } }, required: [lat] }, country: { type: string } }, required: [at, country], additionalProperties: false }
    needs: { place.city: city }
    produces: { latitude: output.at.lat, country: output.country }
    cost: { money_micros: 10, latency_ms: 100 }
  - name: sky.look
    effect: read
    input_schema: { type: object, properties: { latitude: { type: number } }, required: [latitude] }
    output_schema: { type: object, properties: { sky: { type: string } }, required: [sky] }
    needs: [latitude]
    produces: [sky]
    cost: { money_micros: 20, latency_ms: 300 }
  - name: news.read
    effect: read
    input_schema: { type: object, properties: { country: { type: string } }, required: [country] }
    output_schema: { type: object, properties: { news: { type: array } }, required: [news] }
    needs: [country]
    produces: [news]
    cost: { money_micros: 30, latency_ms: 200 }
  - name: text.write
    effect: write
    output_schema: { type: object, properties: { text: { type: string } }, required: [text] }
    needs: [sky, news, title]
    produces: [text]
    cost: { money_micros: 40, latency_ms: 50 }
"#;

const WANTS: &str = r#"
methods:
  - { name: paper, patterns: ["paper for {city}"], type: paper, wants: [text, country] }
"#;

fn with(more: &str) -> Catalog {
    let sources = [Source { name: "facts", text: FACTS }, Source { name: "more", text: more }];
    Catalog::parse(&sources).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn paper(catalog: &Catalog) -> Blueprint {
    let goal = GoalRequest {
        text: "Paper for Oslo".into(),
        input: object(json!({"title": "Today"})),
        ..GoalRequest::default()
    };
    plan(catalog, &goal).unwrap_or_else(|no_plan| panic!("{no_plan}")).blueprint
}

#[test]
fn capabilities_are_chained_from_what_is_given_to_what_is_wanted_side_by_side() {
    let blueprint = paper(&with(WANTS));
    assert_eq!(names(&blueprint), ["geo_find", "news_read", "sky_look", "text_write", "result"]);
    let mut arrows = arrows(&blueprint);
    arrows.sort_unstable();
    assert_eq!(
        arrows,
        [
            "geo_find -> news_read",
            "geo_find -> result",
            "geo_find -> sky_look",
            "news_read -> text_write",
            "sky_look -> text_write",
            "text_write -> result",
        ]
    );
    assert_eq!(input_of(&blueprint, "geo_find"), &object(json!({"place": {"city": "Oslo"}})));
    assert_eq!(input_of(&blueprint, "text_write"), &object(json!({"title": "Today"})));
    let flow = |source: &str, target: &str| {
        let edge =
            blueprint.edges.iter().find(|edge| edge.source == source && edge.target == target).unwrap();
        edge.data_flow.iter().map(|(path, from)| format!("{path} <- {from}")).collect::<Vec<_>>()
    };
    assert_eq!(flow("geo_find", "sky_look"), ["latitude <- tasks.geo_find.output.at.lat"]);
    assert_eq!(flow("text_write", "result"), ["text <- tasks.text_write.output.text"]);
    assert_eq!(blueprint.output["country"], "tasks.result.output.country");
}

#[test]
fn what_the_plan_comes_to_is_estimated() {
    let goal = GoalRequest::of_type("paper", object(json!({"city": "Oslo", "title": "x"})));
    let estimate = plan(&with(WANTS), &goal).unwrap().estimate;
    assert_eq!((estimate.tasks, estimate.money_micros, estimate.critical_path_ms), (5, 100, 450));
}

#[test]
fn what_is_missing_is_told() {
    let no_plan = plan(&with(WANTS), &GoalRequest::text("Paper for Oslo")).unwrap_err();
    let why = &no_plan.rejected[0].why;
    assert!(why.contains("its task wanted wants 'text', 'country', which cannot be found out"), "{why}");
    assert!(why.contains("text.write produces 'text', but needs 'news', 'sky', 'title'"), "{why}");
    assert!(why.contains("nothing produces 'title', and nothing gives it"), "{why}");
}

#[test]
fn another_that_reads_the_same_fact_stands_in_when_one_fails() {
    let more = r#"
capabilities:
  - { name: sky.guess, effect: read, needs: [country], produces: { sky: output.guess }, cost: { money_micros: 50 } }
  - { name: sky.ask, effect: read, needs: [phone], produces: [sky], cost: { money_micros: 60 } }
  - { name: sky.paint, effect: write, needs: [latitude], produces: [sky], cost: { money_micros: 70 } }
"#;
    let blueprint = paper(&with(&format!("{more}{WANTS}")));
    // Neither one that needs what nobody gives, nor one that changes something.
    assert_eq!(
        names(&blueprint),
        ["geo_find", "news_read", "sky_look", "sky_guess", "sky_look_either", "text_write", "result"]
    );
    let failed: Vec<_> = blueprint.edges.iter().filter(|edge| edge.on == EdgeOn::Failure).collect();
    assert_eq!(
        (failed.len(), failed[0].source.as_str(), failed[0].target.as_str()),
        (1, "sky_look", "sky_guess")
    );
    assert_eq!(failed[0].data_flow["country"], "tasks.geo_find.output.country");
    let into: Vec<_> = blueprint.edges.iter().filter(|edge| edge.target == "sky_look_either").collect();
    assert_eq!(into[1].data_flow["sky"], "tasks.sky_guess.output.guess");
    let used = blueprint.edges.iter().find(|edge| edge.source == "sky_look_either").unwrap();
    assert_eq!(used.data_flow["sky"], "tasks.sky_look_either.output.sky");
}

#[test]
fn a_task_of_a_method_may_want_facts_from_what_was_found_out_before() {
    let methods = r#"
methods:
  - name: brief
    patterns: ["brief {who}"]
    tasks:
      - { name: find, capability: geo.find, input: { place: { city: Oslo } } }
      - { name: look, wants: [sky, title], input: { title: "For {who}" } }
      - { name: send, capability: text.write, data_flow: { sky: tasks.look.output.sky }, input: { title: x, news: [] } }
    edges:
      - { from: find, to: look }
      - { from: look, to: send }
"#;
    let blueprint = plan(&with(methods), &GoalRequest::text("Brief Ann")).unwrap().blueprint;
    assert_eq!(names(&blueprint), ["find", "look_sky_look", "look_result", "send"]);
    let look = blueprint.tasks.iter().find(|task| task.name == "look_sky_look").unwrap();
    assert_eq!(look.data_flow["latitude"], "tasks.find.output.at.lat");
    assert_eq!(input_of(&blueprint, "look_result")["title"], "For Ann");
    let send = blueprint.tasks.iter().find(|task| task.name == "send").unwrap();
    assert_eq!(send.data_flow["sky"], "tasks.look_result.output.sky");
}

#[test]
fn facts_have_to_fit_the_schemas_and_one_another() {
    let bad = r#"
capabilities:
  - name: one
    needs: { nothing: x }
    input_schema: { type: object, properties: { a: { type: string } }, additionalProperties: false }
    produces: { x: output.b, y: output.a }
    output_schema: { type: object, properties: { a: { type: string } }, additionalProperties: false }
  - { name: two, needs: { v: sky }, input_schema: { type: object, properties: { v: { type: number } } } }
"#;
    let told = |text: &str| {
        Catalog::parse(&[Source { name: "facts", text: FACTS }, Source { name: "more", text }])
            .unwrap_err()
            .to_string()
    };
    let (first, second) = bad.split_once("  - { name: two").unwrap();
    let message = told(first);
    for part in [
        "capability one: needs: the input of one has no field 'nothing'",
        "capability one: produces: x: the output of one has no field 'b'",
        "capability one: produces: y: its output does not always have output.a: list it in required",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let message = told(&format!("capabilities:\n  - {{ name: two{second}"));
    assert!(
        message.contains("capability two: needs: sky, as sky.look produces it, does not fit"),
        "{message}"
    );
}

#[test]
fn one_that_cannot_be_chained_is_told_of() {
    let more = "
capabilities:
  - { name: z, needs: [x], produces: [z], input_schema: { type: object, required: [y] } }
";
    let warnings = with(more);
    let warnings = warnings.warnings();
    assert!(warnings[0].message.contains("requires 'y', which is none of its needs"), "{warnings:?}");
}
