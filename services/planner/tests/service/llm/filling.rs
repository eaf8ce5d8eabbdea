//! Goals that methods can plan but for a part of them.

use goalpost_proto::v1::{PlanResponse, RungOutcome};
use goalpost_testkit::llm::{Line, Server};
use serde_json::{Value, json};

use super::{drafted, failure, settings, used, wanted};
use crate::{Planner, demo, start_with};

const TRIP: &str = r#"
methods:
  - name: trip
    patterns: ["Plan a trip to {city}"]
    tasks:
      - { name: weather, capability: weather.fetch, input: { city: "{city}" } }
      - { name: advise, goal: "Advise on clothes for {city}", data_flow: { weather: tasks.weather.output } }
      - { name: write, capability: report.write, input: { city: "{city}" } }
    edges:
      - { from: weather, to: advise }
      - { from: advise, to: write, data_flow: { weather: tasks.advise.output.weather } }
"#;

async fn planner(lines: impl IntoIterator<Item = Line>) -> (Planner, Server) {
    let server = Server::start(lines).await;
    let trip = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(trip.path(), TRIP).unwrap();
    let planner = start_with(vec![demo(), trip.path().to_owned()], settings(&server)).await;
    (planner, server)
}

async fn trip(planner: &Planner) -> PlanResponse {
    drafted(planner.client.clone(), wanted("Plan a trip to Oslo"), "").await
}

/// What a model says of the hole; nothing of it is in the catalog's own plan.
fn advice(output: &str) -> Value {
    let flow = |path: &str, expression: &str| json!([{"path": path, "expression": expression}]);
    json!({
        "impossible": "", "name": "advice", "edges": [], "output": flow(output, "tasks.usual.output"),
        "tasks": [{"name": "usual", "capability": "weather.climatology", "input_json": "{\"city\": \"Oslo\"}"}],
    })
}

fn rungs(planned: &PlanResponse) -> Vec<(&str, RungOutcome)> {
    planned.attempts.iter().map(|attempt| (attempt.rung.as_str(), attempt.outcome())).collect()
}

const SKIPPED: RungOutcome = RungOutcome::Skipped;
const FAILED: RungOutcome = RungOutcome::Failed;
const PLANNED: RungOutcome = RungOutcome::Planned;

#[tokio::test]
async fn the_hole_is_filled_and_the_rest_stays_that_of_the_methods() {
    let (planner, server) = planner([Line::json(&advice("other")), Line::json(&advice("weather"))]).await;
    let planned = trip(&planner).await;
    assert_eq!(planned.failure, None);
    let blueprint = planned.blueprint.as_ref().unwrap();
    let names: Vec<&str> = blueprint.tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names, ["weather", "advise_filled", "write"]);
    let by = "method trip, 1 hole filled by llm scripted, prompt fill.v1, repaired once";
    assert_eq!((planned.planned_by.as_str(), &planned.usage), (by, &used(2, 2)));
    assert_eq!(
        rungs(&planned),
        [("template", SKIPPED), ("cached", SKIPPED), ("htn", FAILED), ("llm_fill", PLANNED)]
    );
    assert_eq!(planned.attempts[3].reason, by);
    assert_eq!(server.recorded().len(), 2);
}

#[tokio::test]
async fn a_model_that_cannot_fill_it_plans_all() {
    let impossible = json!({"impossible": "Nothing here knows clothes.", "name": "", "tasks": [], "edges": [], "output": []});
    let (planner, server) = planner([Line::json(&impossible), super::valid()]).await;
    let planned = trip(&planner).await;
    assert_eq!(
        (planned.failure.as_ref(), planned.planned_by.as_str()),
        (None, "llm scripted, prompt plan.v1")
    );
    assert_eq!(planned.usage, used(2, 2));
    let expected =
        [("template", SKIPPED), ("cached", SKIPPED), ("htn", FAILED), ("llm_fill", FAILED), ("llm", PLANNED)];
    assert_eq!(rungs(&planned), expected);
    assert!(planned.attempts[3].reason.contains("Nothing here knows clothes."));
    assert_eq!(server.recorded().len(), 2);
}

#[tokio::test]
async fn a_model_that_does_not_answer_is_not_asked_for_all() {
    let (planner, server) = planner([Line::Status(400, "no".to_owned())]).await;
    let planned = trip(&planner).await;
    assert_eq!(failure(&planned).0, "LLM_UNAVAILABLE");
    assert_eq!(rungs(&planned).last(), Some(&("llm_fill", FAILED)));
    assert_eq!(server.recorded().len(), 1);
}

#[tokio::test]
async fn a_goal_that_no_method_serves_has_no_holes() {
    let (planner, _server) = planner([super::valid()]).await;
    let planned = drafted(planner.client.clone(), super::goal(), "").await;
    let expected = [
        ("template", SKIPPED),
        ("cached", SKIPPED),
        ("htn", SKIPPED),
        ("llm_fill", SKIPPED),
        ("llm", PLANNED),
    ];
    assert_eq!(rungs(&planned), expected);
}
