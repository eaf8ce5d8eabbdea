//! Goals that only a language model can plan, with one that answers from a script.

mod anew;
mod asking;
mod filling;
mod injection;
mod repeated;
mod starting;
mod steps;

use std::collections::BTreeMap;

use goalpost_llm::Protocol;
use goalpost_planner::LlmArgs;
use goalpost_proto::v1::draft_response::Next;
use goalpost_proto::v1::planner_client::PlannerClient;
use goalpost_proto::v1::{DraftRequest, LlmUsage, PlanRequest, PlanResponse, PlanningStep};
use goalpost_testkit::llm::{Line, Server, USAGE};
use serde_json::{Value, json};
use tonic::transport::Channel;

use crate::{Planner, demo, fields, start_with};

pub(crate) const PROTOCOLS: [Protocol; 3] =
    [Protocol::ChatCompletions, Protocol::Responses, Protocol::Messages];
/// Cargo sets it for every test; its value stands for the key.
pub(crate) const KEY: &str = env!("CARGO_PKG_DESCRIPTION");

pub(crate) fn settings(server: &Server) -> LlmArgs {
    LlmArgs {
        llm_url: Some(server.url().parse().unwrap()),
        llm_model: Some("scripted".to_owned()),
        llm_key: Some("secret://env/CARGO_PKG_DESCRIPTION".parse().unwrap()),
        llm_input_price: Some("2.50".parse().unwrap()),
        llm_output_price: Some("10".parse().unwrap()),
        ..LlmArgs::default()
    }
}

/// A planner with the demo's catalog and a model that says these lines.
pub(crate) async fn with_lines(lines: impl IntoIterator<Item = Line>) -> (Planner, Server) {
    let server = Server::start(lines).await;
    let planner = start_with(vec![demo()], settings(&server)).await;
    (planner, server)
}

/// A goal that no method of the demo's serves.
pub(crate) fn goal() -> PlanRequest {
    wanted("Is it warmer than usual there?")
}

pub(crate) fn wanted(text: &str) -> PlanRequest {
    let input = Some(fields(json!({"city": "Oslo"})));
    PlanRequest { goal: text.to_owned(), input, ..PlanRequest::default() }
}

pub(crate) async fn plan(planner: &mut Planner, goal: PlanRequest) -> PlanResponse {
    drafted(planner.client.clone(), goal, "").await
}

/// As a decision group has it planned: step by step.
pub(crate) async fn drafted(
    mut client: PlannerClient<Channel>,
    goal: PlanRequest,
    request_id: &str,
) -> PlanResponse {
    let by_catalog = client.plan(goal.clone()).await.unwrap().into_inner();
    if !by_catalog.may_draft {
        return by_catalog;
    }
    let mut steps = Vec::new();
    loop {
        match next(&mut client, goal.clone(), request_id, &steps).await {
            Next::Step(step) => steps.push(step),
            Next::Plan(planned) => return planned,
        }
    }
}

/// What comes after these steps.
pub(crate) async fn next(
    client: &mut PlannerClient<Channel>,
    goal: PlanRequest,
    request_id: &str,
    steps: &[PlanningStep],
) -> Next {
    let request = DraftRequest {
        goal: Some(goal),
        request_id: request_id.to_owned(),
        steps: steps.to_vec(),
        running: None,
    };
    client.draft(request).await.unwrap().into_inner().next.unwrap()
}

/// A plan for it, with this capability in the place of the first one and this as the report's title.
pub(crate) fn answer(capability: &str, title: &str) -> Value {
    let flow = |path: &str, expression: &str| json!([{"path": path, "expression": expression}]);
    let defaults = json!({
        "inside": "", "repeat": "once", "input_json": "{}", "data_flow": flow("city", "goal.input.city"), "join": "all",
        "join_count": 0, "branch": "inclusive", "max_attempts": 1, "concurrency": 0, "failures": "fail_fast", "while": "",
        "max_iterations": 0, "output": [], "undo_capability": "", "undo_input_json": "{}", "undo_data_flow": [],
    });
    let task = |name: &str, capability: &str, rest: Value| {
        let mut task = defaults.as_object().unwrap().clone();
        task.extend([("name".to_owned(), name.into()), ("capability".to_owned(), capability.into())]);
        task.extend(rest.as_object().unwrap().clone());
        task
    };
    let edge = |from: &str, to: &str, on: &str, data_flow: Value| json!({"from": from, "to": to, "on": on, "condition": "", "otherwise": false, "data_flow": data_flow});
    json!({
        "impossible": "", "name": "weather", "output": [],
        "tasks": [
            task("fetch", capability, json!({"max_attempts": 2})),
            task("usual", "weather.climatology", json!({})),
            task("write", "report.write", json!({"join": "any", "input_json": json!({"title": title}).to_string()})),
        ],
        "edges": [
            edge("fetch", "write", "success", flow("weather", "tasks.fetch.output")),
            edge("fetch", "usual", "failure", json!([])),
            edge("usual", "write", "success", flow("weather", "tasks.usual.output")),
        ],
    })
}

pub(crate) fn valid() -> Line {
    Line::json(&answer("weather.fetch", "Weather"))
}

/// It uses a capability that the catalog does not have.
pub(crate) fn invalid() -> Line {
    Line::json(&answer("weather.fecth", "Weather"))
}

/// What so many requests took, of which so many were answered.
pub(crate) fn used(requests: i64, answered: u64) -> Option<LlmUsage> {
    let (input, output) = (USAGE.0 * answered, USAGE.1 * answered);
    let tokens = |count: u64| i64::try_from(count).unwrap();
    Some(LlmUsage {
        model: "scripted".to_owned(),
        requests,
        input_tokens: tokens(input),
        output_tokens: tokens(output),
        money_micros: Some(tokens(input * 5 / 2 + output * 10)),
    })
}

pub(crate) fn failure(answer: &PlanResponse) -> (&str, &str) {
    let failure = answer.failure.as_ref().unwrap();
    (failure.kind.as_str(), failure.message.as_str())
}

/// The errors of an answer: how often each code.
pub(crate) fn codes(answer: &PlanResponse) -> BTreeMap<String, usize> {
    let mut codes = BTreeMap::new();
    for finding in &answer.findings {
        *codes.entry(finding.code.clone()).or_default() += 1;
    }
    codes
}
