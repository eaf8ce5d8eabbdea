//! Goals that only a language model can plan.

use goalpost_client::NewGoal;
use goalpost_client::v1::{Goal, GoalState, LlmUsage};
use goalpost_testkit::llm::{Line, Server, USAGE};
use serde_json::{Value, json};

use crate::harness::{echo_worker, folder, on_stores_with};

pub(crate) fn plan(capability: &str) -> Value {
    json!({"name": "echo", "tasks": [
        {"name": "say", "capability": capability, "data_flow": [{"path": "words", "expression": "goal.text"}]},
    ]})
}

pub(crate) fn flags(url: &str) -> [String; 8] {
    ["--llm-url", url, "--llm-model", "scripted", "--llm-input-price", "2.50", "--llm-output-price", "10"]
        .map(str::to_owned)
}

pub(crate) fn used(requests: u64) -> Option<LlmUsage> {
    let count = |number: u64| i64::try_from(number * requests).unwrap();
    let (input, output) = USAGE;
    Some(LlmUsage {
        model: "scripted".to_owned(),
        requests: count(1),
        input_tokens: count(input),
        output_tokens: count(output),
        money_micros: Some(count(input * 5 / 2 + output * 10)),
    })
}

/// A goal that the catalog can plan.
pub(crate) fn tea() -> NewGoal {
    let input = json!({"cups": 2}).as_object().unwrap().clone();
    NewGoal::text("Brew some tea").input(input)
}

pub(crate) fn result(goal: Goal) -> Value {
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    serde_json::to_value(goal.result.unwrap()).unwrap()
}

#[tokio::test]
async fn such_a_goal_runs_and_its_decision_tells_what_the_model_took() {
    let invalid = || Line::json(&plan("test.none"));
    let server = Server::start([
        invalid(),
        Line::json(&plan("test.echo")),
        invalid(),
        invalid(),
        invalid(),
        Line::json(&plan("test.echo")),
    ])
    .await;
    let flags = flags(&server.url());
    let on = on_stores_with(&flags.each_ref().map(String::as_str)).await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let (goal, _) = on.system.run(NewGoal::text("Say this")).await;
    assert_eq!(goal.decisions[0].decided_by, "llm scripted, prompt plan.v1, repaired once");
    assert_eq!(goal.decisions[0].usage, used(2));
    assert_eq!(result(goal), json!({"say": {"words": "Say this"}}));

    let (goal, _) = on.system.run(NewGoal::text("Say that")).await;
    assert_eq!((goal.state(), goal.decisions[0].verdict.as_str()), (GoalState::Failed, "give_up"));
    assert_eq!(goal.decisions[0].usage, used(3));
    let failure = goal.failure.unwrap();
    assert!(failure.kind == "NO_PLAN" && failure.message.contains("GP010"), "{failure:?}");

    let preview = on.system.client().preview(NewGoal::text("Say nothing")).await.unwrap();
    assert!(preview.blueprint.is_some() && preview.usage == used(1), "{preview:?}");

    let (goal, _) = on.system.run(tea()).await;
    assert_eq!(
        (goal.decisions[0].decided_by.as_str(), &goal.decisions[0].usage),
        ("method test.brew", &None)
    );
    assert_eq!(server.recorded().len(), 6);
    on.system.verify().await;
}

#[tokio::test]
async fn a_hole_in_a_plan_of_methods_is_filled_and_runs_inside_of_its_task() {
    let more = folder();
    let errand = more.path().join("errand.yaml");
    let methods = r#"
methods:
  - name: test.errand
    patterns: ["Find my {what}"]
    tasks:
      - { name: search, goal: "Look everywhere for {what}", input: { what: "{what}" } }
      - { name: bring, capability: test.other }
    edges: [{ from: search, to: bring, data_flow: { place: tasks.search.output.place } }]
"#;
    std::fs::write(&errand, methods).unwrap();
    let flow = |path: &str, expression: &str| json!([{"path": path, "expression": expression}]);
    let answer = json!({"name": "search", "output": flow("place", "tasks.look.output.place"), "tasks": [
        {"name": "look", "capability": "test.echo", "data_flow": flow("place", "'under the ' + goal.input.what")},
    ]});
    let server = Server::start([Line::json(&answer)]).await;
    let mut flags = flags(&server.url()).to_vec();
    flags.extend(["--catalog".to_owned(), errand.display().to_string()]);
    let on = on_stores_with(&flags.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let (goal, _) = on.system.run(NewGoal::text("Find my keys")).await;
    assert_eq!(
        goal.decisions[0].decided_by,
        "method test.errand, 1 hole filled by llm scripted, prompt fill.v1"
    );
    assert_eq!(goal.decisions[0].usage, used(1));
    assert_eq!(result(goal), json!({"bring": {"place": "under the keys"}}));
    on.system.verify().await;
}
