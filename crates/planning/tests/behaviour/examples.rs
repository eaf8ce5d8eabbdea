//! The goals of the example catalogs, and what they are planned to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use goalpost_checker::check;
use goalpost_model::{Blueprint, EdgeOn, Severity, all_tasks};
use goalpost_planning::{Catalog, GoalRequest, Outcome, Source, plan};
use serde::Deserialize;
use serde_json::{Map, Value};

const GOALS: &str = include_str!("../../../../examples/goals.yaml");
const CATALOGS: [(&str, &str); 3] = [
    ("weather", include_str!("../../../../catalogs/weather.yaml")),
    ("incident", include_str!("../../../../catalogs/incident.yaml")),
    ("research", include_str!("../../../../catalogs/research.yaml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    catalog: String,
    #[serde(default)]
    goal: String,
    #[serde(default, rename = "type")]
    goal_type: String,
    #[serde(default)]
    input: Map<String, Value>,
    #[serde(default)]
    namespace: Option<String>,
}

impl Example {
    fn goal(&self) -> GoalRequest {
        let (text, goal_type, input) = (self.goal.clone(), self.goal_type.clone(), self.input.clone());
        let namespace = self.namespace.as_ref().map(|name| name.parse().unwrap()).unwrap_or_default();
        GoalRequest { text, goal_type, input, namespace }
    }
}

fn examples() -> Vec<Example> {
    serde_saphyr::from_str(GOALS).unwrap()
}

fn catalogs() -> BTreeMap<&'static str, Catalog> {
    let parse = |(name, text): (&'static str, &'static str)| {
        let catalog =
            Catalog::parse(&[Source { name, text }]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        (name, catalog)
    };
    CATALOGS.into_iter().map(parse).collect()
}

/// Edges that are not taken in every run, those inside of tasks included.
fn conditional(blueprint: &Blueprint) -> usize {
    let inside = all_tasks(&blueprint.tasks).filter_map(|task| task.body()).flat_map(|body| &body.edges);
    let is_conditional = |edge: &&goalpost_model::Edge| {
        !edge.condition.is_empty() || edge.otherwise || edge.on == EdgeOn::Failure
    };
    blueprint.edges.iter().chain(inside).filter(is_conditional).count()
}

#[test]
fn the_example_catalogs_have_no_warnings() {
    for (name, catalog) in catalogs() {
        assert_eq!(catalog.warnings(), [], "{name}");
    }
    assert!(catalogs()["incident"].capabilities().len() >= 15);
}

#[test]
fn every_example_is_planned_as_it_is_written_down() {
    let (first, second) = (catalogs(), catalogs());
    let mut golden = String::new();
    let examples = examples();
    assert_eq!(examples.len(), 31);
    for example in examples {
        let goal = example.goal();
        let catalog = &first[example.catalog.as_str()];
        let one = plan(catalog, &goal).unwrap_or_else(|no_plan| panic!("{}: {no_plan}", example.catalog));
        assert_eq!(one, plan(&second[example.catalog.as_str()], &goal).unwrap());
        let checked = check(&one.blueprint, catalog);
        let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        assert_eq!((errors, checked.blueprint.as_ref()), (0, Some(&one.blueprint)));
        let attempt = one.attempts.iter().find(|attempt| attempt.outcome == Outcome::Planned).unwrap();
        let (digest, said) =
            (one.blueprint.digest(), if goal.text.is_empty() { &goal.goal_type } else { &goal.text });
        let tasks = all_tasks(&one.blueprint.tasks).count();
        let edges = conditional(&one.blueprint);
        let _ = writeln!(
            golden,
            "{:8} {:8} {digest} {tasks:2} tasks {edges:2} conditional edges  {said} {}",
            example.catalog,
            attempt.rung.name(),
            Value::Object(goal.input.clone()),
        );
    }
    insta::assert_snapshot!(golden);
}

#[test]
fn an_alert_is_looked_into_at_once_from_all_sides_and_what_is_found_decides() {
    let catalogs = catalogs();
    let planned = plan(&catalogs["incident"], &GoalRequest::text("Handle alert A-17")).unwrap();
    let blueprint = &planned.blueprint;
    let from_alert = blueprint.edges.iter().filter(|edge| edge.source == "alert").count();
    assert_eq!(from_alert, 4, "metrics, logs, deploys and dependencies");
    let ways: Vec<&str> = blueprint
        .edges
        .iter()
        .filter(|edge| edge.source == "mitigate_choose")
        .map(|edge| edge.condition.as_str())
        .collect();
    assert_eq!(ways.len(), 5);
    assert!(ways[0].starts_with("tasks.diagnose.output.cause == \"deploy\""), "{ways:?}");
    assert!(blueprint.edges.iter().any(|edge| edge.source == "mitigate_choose" && edge.otherwise));
    let writes = |task: &&goalpost_model::Task| task.compensate_with.is_some();
    assert_eq!(blueprint.tasks.iter().filter(writes).count(), 4);
    let asks = blueprint.tasks.iter().filter(|task| task.capability == "goalpost.approve").count();
    assert_eq!(asks, 4);
}
