//! Goals that are planned out of facts, run to their ends; and what a preview tells.

use goalpost_client::NewGoal;
use goalpost_client::v1::{GoalState, ListCatalogRequest, PreviewPlanResponse, RungOutcome};
use goalpost_worker::{Attempt, Failure, Worker};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::harness::{OnStores, binary, blueprint, chain, folder, on_stores_with, words};

/// The metrics cannot be had, so the archive has to stand in; the cause decides what is done.
const ALERTS: &str = r#"
capabilities:
  - name: alert.get
    effect: read
    output_schema: { type: object, properties: { service: { type: string } }, required: [service] }
    needs: [alert]
    produces: [service]
  - name: alert.metrics
    effect: read
    output_schema: { type: object, properties: { load: { type: integer } }, required: [load] }
    needs: [service]
    produces: [load]
  - name: alert.archive
    effect: read
    cost: { money_micros: 5 }
    output_schema: { type: object, properties: { load: { type: integer } }, required: [load] }
    needs: [service]
    produces: [load]
  - name: alert.judge
    effect: read
    output_schema: { type: object, properties: { cause: { type: string } }, required: [cause] }
    needs: [load, service]
    produces: [cause]
  - { name: alert.fix, effect: write }
  - { name: alert.page, effect: write, namespaces: [default] }
methods:
  - name: alert.handle
    patterns: ["Handle {alert}"]
    tasks:
      - { name: judge, wants: [cause, service] }
      - { name: act, goal_type: alert.act, facts: { cause: tasks.judge.output.cause, service: tasks.judge.output.service } }
      - { name: close, capability: goalpost.transform, data_flow: { done: tasks.act.output.done } }
    edges: [{ from: judge, to: act }, { from: act, to: close }]
  - name: alert.fixing
    type: alert.act
    when: facts.cause == "load"
    tasks: [{ name: fix, capability: alert.fix, data_flow: { service: facts.service } }]
  - name: alert.paging
    type: alert.act
    tasks: [{ name: page, capability: alert.page, data_flow: { service: facts.service } }]
"#;

struct Alerts {
    on: OnStores,
    _stop: DropGuard,
}

async fn alerts() -> Alerts {
    let catalog = folder();
    let path = catalog.path().join("alerts.yaml");
    std::fs::write(&path, ALERTS).unwrap();
    let on = on_stores_with(&["--catalog", path.to_str().unwrap()]).await;
    let mut builder =
        Worker::builder(on.system.endpoints.graph_engine.clone()).name("alerts").max_concurrency(10);
    for capability in ["get", "metrics", "archive", "judge", "fix", "page"] {
        builder = builder.capability(format!("alert.{capability}"), work);
    }
    let stop = CancellationToken::new();
    tokio::spawn(builder.build().unwrap().run(stop.clone()));
    Alerts { on, _stop: stop.drop_guard() }
}

async fn work(attempt: Attempt, input: Value) -> Result<Value, Failure> {
    Ok(match attempt.capability() {
        "alert.get" => json!({"service": input["alert"]}),
        "alert.metrics" => return Err(Failure::new("DOWN", "there are no metrics today")),
        "alert.archive" => json!({"load": if input["service"] == "shop" { 90 } else { 10 }}),
        "alert.judge" => {
            json!({"cause": if input["load"].as_f64() > Some(50.0) { "load" } else { "unknown" }})
        }
        "alert.fix" => json!({"done": format!("fixed {}", input["service"])}),
        _ => json!({"done": format!("paged about {}", input["service"])}),
    })
}

#[tokio::test]
async fn what_is_found_out_at_run_time_decides_what_is_done_and_an_archive_stands_in() {
    let Alerts { on, _stop } = alerts().await;
    for (goal, done, ran) in [
        ("Handle shop", "fixed \"shop\"", "TASK_SUCCEEDED act_alert_fixing_fix"),
        ("Handle search", "paged about \"search\"", "TASK_SUCCEEDED act_alert_paging_page"),
    ] {
        let (goal, events) = on.system.run(NewGoal::text(goal)).await;
        assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
        assert_eq!(serde_json::to_value(goal.result).unwrap(), json!({"close": {"done": done}}));
        let words = words(&events);
        let has = |word: &str| words.iter().any(|other| other == word);
        assert!(
            has("TASK_FAILED judge_alert_metrics") && has("TASK_SUCCEEDED judge_alert_archive"),
            "{words:?}"
        );
        assert!(has(ran), "{words:?}");
        assert_eq!(
            words.iter().filter(|word| word.starts_with("ATTEMPT_STARTED act_")).count(),
            1,
            "{words:?}"
        );
    }
    on.system.verify().await;
}

fn rungs(preview: &PreviewPlanResponse) -> Vec<(&str, RungOutcome)> {
    preview.attempts.iter().map(|attempt| (attempt.rung.as_str(), attempt.outcome())).collect()
}

#[tokio::test]
async fn a_preview_tells_the_rungs_the_estimate_and_the_plan_in_two_languages() {
    use RungOutcome::{Planned, Skipped};

    let Alerts { on, _stop } = alerts().await;
    let client = on.system.client();
    let first = client.preview(NewGoal::text("Handle shop")).await.unwrap();
    let before = [("blueprint", Skipped), ("template", Skipped)];
    assert_eq!(rungs(&first), [&before[..], &[("cached", Skipped), ("htn", Planned)]].concat());
    let again = client.preview(NewGoal::text("Handle shop")).await.unwrap();
    assert_eq!(rungs(&again), [&before[..], &[("cached", Planned)]].concat());
    assert_eq!((again.blueprint_digest, &again.yaml), (first.blueprint_digest.clone(), &first.yaml));
    let estimate = first.estimate.unwrap();
    assert!(estimate.tasks > 5 && estimate.money_micros == 0, "{estimate:?}");
    let written = goalpost_notation::read(&first.yaml).unwrap().blueprint;
    assert_eq!(written.tasks.len(), first.blueprint.unwrap().tasks.len());
    assert!(
        first.graph.starts_with("flowchart TD\n") && first.graph.contains("act_choose"),
        "{}",
        first.graph
    );

    let own = client.preview(NewGoal::blueprint(chain(2))).await.unwrap();
    assert_eq!(rungs(&own), [("blueprint", Planned)]);
    assert_eq!(own.estimate.unwrap().tasks, 2);
}

#[tokio::test]
async fn a_namespace_gets_no_plan_with_what_it_may_not_use() {
    let Alerts { on, _stop } = alerts().await;
    let client = on.system.client();
    let refused = client.preview(NewGoal::text("Handle shop").namespace("other")).await.unwrap();
    let message = refused.failure.unwrap().message;
    assert!(message.contains("needs alert.page, which the namespace other may not use"), "{message}");
    let (goal, _) = on.system.run(NewGoal::text("Handle shop").namespace("other")).await;
    assert_eq!(goal.state(), GoalState::Failed);

    let page = client.list_catalog(ListCatalogRequest { page_size: 3, ..Default::default() }).await.unwrap();
    let names: Vec<&str> = page.capabilities.iter().map(|capability| capability.name.as_str()).collect();
    assert_eq!(names, ["alert.archive", "alert.fix", "alert.get"]);
    assert_eq!(page.facts[2].needs["alert"], "alert");
    assert!(page.next_page_token == "alert.get" && page.catalog_version.len() == 64);
    let all = client.list_catalog(ListCatalogRequest::default()).await.unwrap();
    let handle = all.methods.iter().find(|method| method.patterns == ["Handle {alert}"]);
    assert!(handle.is_some(), "{:?}", all.methods);

    // People see the same, with nothing but the address of the system.
    let endpoint = &on.system.endpoints.decision_group;
    let arguments = ["catalog", "show", "--endpoint", endpoint, "alert.fixing"];
    let output = Command::new(binary("goalpost")).args(arguments).output().await.unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown, "method alert.fixing\nserves type alert.act\n");
}

#[tokio::test]
async fn a_namespaces_own_blueprint_has_nothing_that_it_may_not_use() {
    let Alerts { on, .. } = &alerts().await;
    let client = on.system.client();
    let own = blueprint(json!({"name": "own", "tasks": [{"name": "page", "capability": "alert.page"}]}));
    client.submit(NewGoal::blueprint(own.clone())).await.unwrap();
    let refused = client.submit(NewGoal::blueprint(own.clone()).namespace("other")).await.unwrap_err();
    assert!(refused.violations()[0].description.contains("alert.page"), "{:?}", refused.violations());
    let preview = client.preview(NewGoal::blueprint(own).namespace("other")).await.unwrap();
    assert_eq!((preview.findings[0].code.as_str(), preview.blueprint), ("GP010", None));
}
