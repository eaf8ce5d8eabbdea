//! The research example: parallel retrieval, synthesis, and a critic who has to be content.

use std::sync::Arc;
use std::time::Duration;

use goalpost_client::NewGoal;
use goalpost_client::v1::{Goal, GoalState};
use goalpost_example_research::{Library, Model, Papers, offer, offer_writing};
use goalpost_llm::{Client, Protocol, Settings};
use goalpost_testkit::llm::{Line, Server};
use goalpost_testkit::wait_for;
use goalpost_worker::Worker;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::harness::{OnStores, folder, on_stores_with};
use crate::incident::catalog;

/// The system with the example's catalog and its worker, whose model says what is in a script.
struct Research {
    on: OnStores,
    model: Server,
    folder: TempDir,
    _stop: DropGuard,
}

async fn research(lines: impl IntoIterator<Item = Line>) -> Research {
    let on = on_stores_with(&["--catalog", &catalog("research.yaml").display().to_string()]).await;
    let (folder, server) = (folder(), Server::start(lines).await);
    let settings = Settings {
        protocol: Protocol::ChatCompletions,
        base_url: server.url().parse().unwrap(),
        model: "scripted".to_owned(),
        key: None,
        timeout: Duration::from_secs(60),
        max_output_tokens: 1_000,
    };
    let model = Arc::new(Model::new(Client::new(settings, Vec::new()).await.unwrap(), true));
    let library = Library::open(folder.path().join("library")).unwrap();
    let papers = Papers::open(&folder.path().join("papers")).unwrap();
    let builder = Worker::builder(&on.system.endpoints.graph_engine).name("research");
    let worker = offer_writing(offer(builder, &library, &papers), &library, &model).build().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(worker.run(stop.clone()));
    Research { on, model: server, folder, _stop: stop.drop_guard() }
}

fn critique(score: f64, objections: &[&str]) -> Line {
    Line::json(&json!({"objections": objections, "score": score}))
}

fn revised(paper: &str) -> Line {
    Line::json(&json!({"paper": paper}))
}

fn result(goal: Goal) -> Value {
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    serde_json::to_value(goal.result.unwrap()).unwrap()
}

#[tokio::test]
async fn documents_are_read_at_once_and_the_draft_goes_round_until_the_critic_is_content() {
    let permits = Arc::new(Semaphore::new(0));
    let reading =
        |finding: &str| Line::Held(json!({"findings": [finding]}).to_string(), Arc::clone(&permits));
    let research = research([
        Line::json(&json!({"questions": ["Why are there spring tides?", "Who computed tide tables?"]})),
        reading("first finding"),
        reading("second finding"),
        Line::json(&json!({"draft": "# Draft"})),
        critique(0.4, &["It names no machine."]),
        revised("# Second version"),
        critique(0.9, &[]),
    ])
    .await;
    let client = research.on.system.client();
    let id = client.submit(NewGoal::text("Write a careful paper about tides")).await.unwrap().id;
    // Both questions are with the model before either of them has its answer.
    wait_for("both readings", async || (research.model.recorded().len() == 3).then_some(())).await;
    permits.add_permits(2);
    let goal = client.wait(&id).await.unwrap();
    assert_eq!(result(goal), json!({"paper": "# Second version", "score": 0.9, "rounds": 2.0}));
    let recorded = research.model.recorded();
    let (first, second) = (recorded[1].text(), recorded[2].text());
    let of_both = [&first, &second]
        .map(|text| text.contains("Thomson, later Lord Kelvin") && text.contains("tide-tables.md"));
    assert!(of_both.contains(&true), "{first}");
    assert!(first.contains("# Tides") && second.contains("# Tides"), "what was found was read");
    assert!(recorded[3].text().contains("first finding") && recorded[3].text().contains("second finding"));
    assert!(recorded[4].text().contains("# Draft"));
    assert!(recorded[5].text().contains("It names no machine."));
    assert!(recorded[6].text().contains("# Second version"));
    assert_eq!((recorded.len(), research.model.left()), (7, 0));
    research.on.system.verify().await;
}

#[tokio::test]
async fn a_critic_who_is_never_content_is_asked_four_times() {
    let rounds =
        (1..=4).flat_map(|round| [critique(0.3, &["More."]), revised(&format!("# Version {round}"))]);
    let begin = [
        Line::json(&json!({"questions": ["Why are there tides?"]})),
        Line::json(&json!({"findings": ["The moon [tides.md]."]})),
        Line::json(&json!({"draft": "# Draft"})),
    ];
    let research = research(begin.into_iter().chain(rounds)).await;
    let (goal, _) = research.on.system.run(NewGoal::text("Write a careful paper about tides")).await;
    assert_eq!(result(goal), json!({"paper": "# Version 4", "score": 0.3, "rounds": 4.0}));
    assert_eq!((research.model.recorded().len(), research.model.left()), (11, 0));

    // Where the library is gone, the collection stands in; nobody asks the model.
    let lookup = || NewGoal::text("Look up neap tides");
    let (goal, _) = research.on.system.run(lookup()).await;
    let found = result(goal)["search_either"]["value"]["documents"].clone();
    assert_eq!(found[0], "tides.md");
    std::fs::remove_dir_all(research.folder.path().join("library")).unwrap();
    let (goal, words) = {
        let (goal, events) = research.on.system.run(lookup()).await;
        (goal, crate::harness::words(&events))
    };
    assert!(words.contains(&"TASK_FAILED search".to_owned()), "{words:?}");
    assert_eq!(result(goal)["search_either"]["value"]["documents"], found);
    assert_eq!(research.model.recorded().len(), 11);
    research.on.system.verify().await;
}
