use std::sync::Arc;

use goalpost_planner::{LlmArgs, OutputForm};
use goalpost_testkit::llm::{Line, Server};
use goalpost_testkit::wait_for;
use tokio::sync::Semaphore;

use super::{
    KEY, PROTOCOLS, codes, drafted, failure, goal, invalid, plan, settings, used, valid, wanted, with_lines,
};
use crate::{demo, start_with};

#[tokio::test]
async fn a_valid_plan_is_taken_over_every_protocol() {
    for protocol in PROTOCOLS {
        let server = Server::start([valid()]).await;
        let args = LlmArgs { llm_protocol: protocol, ..settings(&server) };
        let mut planner = start_with(vec![demo()], args).await;
        let answer = plan(&mut planner, goal()).await;
        assert_eq!((answer.failure, answer.planned_by.as_str()), (None, "llm scripted, prompt plan.v1"));
        assert_eq!(answer.usage, used(1, 1), "{protocol}");
        let blueprint = answer.blueprint.unwrap();
        let names: Vec<&str> =
            blueprint.capabilities.iter().map(|capability| capability.name.as_str()).collect();
        assert_eq!(names, ["report.write", "weather.climatology", "weather.fetch"]);
        assert!(blueprint.capabilities.iter().all(|capability| capability.input_schema.is_some()));
        assert_eq!(answer.worst_case.unwrap().tasks, 3);
        assert_eq!(server.recorded().len(), 1);
    }
}

#[tokio::test]
async fn a_goal_that_the_catalog_can_plan_costs_nothing() {
    let (mut planner, server) = with_lines([]).await;
    let answer = plan(&mut planner, wanted("Research weather in Seattle and write report")).await;
    assert_eq!((answer.planned_by.as_str(), answer.usage), ("method weather.report", None));
    assert!(server.recorded().is_empty());
}

#[tokio::test]
async fn a_plan_is_repaired_with_the_checkers_findings_once_or_twice() {
    let (mut planner, server) = with_lines([invalid(), valid()]).await;
    let answer = plan(&mut planner, goal()).await;
    assert_eq!(answer.planned_by, "llm scripted, prompt plan.v1, repaired once");
    assert_eq!(answer.usage, used(2, 2));
    let recorded = server.recorded();
    assert_eq!((recorded[0].turns(), recorded[1].turns()), (1, 3));
    let told = recorded[1].text();
    assert!(told.contains("GP010") && told.contains("did you mean 'weather.fetch'?"), "{told}");

    let (mut planner, server) = with_lines([Line::Text("Certainly!".to_owned()), invalid(), valid()]).await;
    let answer = plan(&mut planner, goal()).await;
    assert_eq!(answer.planned_by, "llm scripted, prompt plan.v1, repaired 2 times");
    assert_eq!((answer.usage, server.recorded()[2].turns()), (used(3, 3), 5));
}

#[tokio::test]
async fn a_plan_that_is_never_valid_is_a_failure_with_its_findings() {
    let (mut planner, server) = with_lines([invalid(), invalid(), invalid(), valid()]).await;
    let answer = plan(&mut planner, goal()).await;
    let (kind, message) = failure(&answer);
    assert_eq!(kind, "NO_PLAN");
    for told in ["no plan that may run", "error[GP010] task fetch", "before that: no plan for the goal"] {
        assert!(message.contains(told), "{told}: {message}");
    }
    assert_eq!(codes(&answer), [("GP010".to_owned(), 1)].into());
    assert_eq!((answer.blueprint, answer.usage, server.left()), (None, used(3, 3), 1));
}

#[tokio::test]
async fn a_refusal_is_told_and_paid_for_over_every_protocol() {
    for protocol in PROTOCOLS {
        let server = Server::start([Line::Refusal("I will not.".to_owned())]).await;
        let args = LlmArgs { llm_protocol: protocol, ..settings(&server) };
        let answer = plan(&mut start_with(vec![demo()], args).await, goal()).await;
        let (kind, message) = failure(&answer);
        assert_eq!(kind, "NO_PLAN");
        assert!(message.starts_with("the language model refused to answer: I will not."), "{message}");
        assert_eq!(answer.usage, used(1, 1), "{protocol}");
    }
}

#[tokio::test]
async fn no_word_of_a_model_is_one_that_cannot_be_stored() {
    let unsound = super::answer("weather.\0fetch", "Weather");
    for lines in [vec![Line::Refusal("No\0 way.".to_owned())], (0..3).map(|_| Line::json(&unsound)).collect()]
    {
        let (mut planner, _server) = with_lines(lines).await;
        let answer = plan(&mut planner, goal()).await;
        let (kind, message) = failure(&answer);
        assert!(kind == "NO_PLAN" && message.contains('\u{fffd}') && !message.contains('\0'), "{message:?}");
    }
}

#[tokio::test]
async fn an_answer_that_was_cut_off_is_told_with_the_setting_over_every_protocol() {
    for protocol in PROTOCOLS {
        let server = Server::start([Line::Truncated("{\"na".to_owned())]).await;
        let args = LlmArgs { llm_protocol: protocol, ..settings(&server) };
        let answer = plan(&mut start_with(vec![demo()], args).await, goal()).await;
        let (kind, message) = failure(&answer);
        assert_eq!(kind, "NO_PLAN");
        assert!(message.contains("cut off after 200 tokens (--llm-max-output-tokens"), "{message}");
        assert_eq!(answer.usage, used(1, 1), "{protocol}");
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_over_every_protocol() {
    for protocol in PROTOCOLS {
        let server = Server::start([Line::RateLimited(0), valid()]).await;
        let args = LlmArgs { llm_protocol: protocol, ..settings(&server) };
        let answer = plan(&mut start_with(vec![demo()], args).await, goal()).await;
        assert_eq!((answer.failure, answer.usage), (None, used(2, 1)), "{protocol}");
    }
}

#[tokio::test]
async fn a_model_that_cannot_be_asked_is_another_failure_than_no_plan() {
    let key = format!("wrong key: {KEY}");
    for (line, requests, told) in [
        (Line::RateLimited(3_600), 1, "takes no more requests for 3600 s"),
        (Line::Garbage("<html>".to_owned()), 1, "no answer of its protocol"),
        (Line::Status(401, key), 1, "does not accept the key (--llm-key"),
        (Line::Status(404, "no such model".to_owned()), 1, "(HTTP 404): no such model"),
    ] {
        let (mut planner, _server) = with_lines([line]).await;
        let answer = plan(&mut planner, goal()).await;
        let (kind, message) = failure(&answer);
        assert_eq!(kind, "LLM_UNAVAILABLE");
        assert!(message.contains(told) && !message.contains(KEY), "{message}");
        assert_eq!(answer.usage, used(requests, 0));
    }
}

#[tokio::test]
async fn a_model_that_stumbles_is_asked_again() {
    let (mut planner, _server) = with_lines([Line::Status(500, "oh".to_owned()), valid()]).await;
    let answer = plan(&mut planner, goal()).await;
    assert_eq!((answer.failure, answer.usage), (None, used(2, 1)));
}

#[tokio::test]
async fn a_model_that_is_too_slow_is_not_asked_again() {
    let held = Line::Held(String::new(), Arc::new(Semaphore::new(0)));
    let server = Server::start([held, valid()]).await;
    let args = LlmArgs { llm_timeout_ms: 1_000, ..settings(&server) };
    let answer = plan(&mut start_with(vec![demo()], args).await, goal()).await;
    let (kind, message) = failure(&answer);
    assert_eq!(kind, "LLM_UNAVAILABLE");
    assert!(message.contains("did not answer in time (--llm-timeout-ms"), "{message}");
    assert_eq!((answer.usage, server.left()), (used(1, 0), 1));
}

#[tokio::test]
async fn an_endpoint_without_schemas_is_told_the_form_in_words() {
    let server = Server::start([valid()]).await;
    let args = LlmArgs { llm_output: OutputForm::Text, ..settings(&server) };
    let answer = plan(&mut start_with(vec![demo()], args).await, goal()).await;
    assert_eq!(answer.failure, None);
    let recorded = server.recorded();
    assert_eq!(recorded[0].body.get("response_format"), None);
    assert!(recorded[0].text().contains("undo_data_flow\":{"), "{}", recorded[0].text());
}

#[tokio::test]
async fn no_more_goals_than_allowed_are_with_the_model_at_once() {
    let permits = Arc::new(Semaphore::new(0));
    let text = super::answer("weather.fetch", "Weather").to_string();
    let held = || Line::Held(text.clone(), Arc::clone(&permits));
    let server = Server::start([held(), held(), held()]).await;
    let args = LlmArgs { llm_concurrency: 2, ..settings(&server) };
    let planner = start_with(vec![demo()], args).await;
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let client = planner.client.clone();
            tokio::spawn(drafted(client, goal(), ""))
        })
        .collect();
    wait_for("two requests", async || (server.recorded().len() == 2).then_some(())).await;
    permits.add_permits(1);
    wait_for("the third request", async || (server.recorded().len() == 3).then_some(())).await;
    permits.add_permits(2);
    for call in calls {
        assert_eq!(call.await.unwrap().failure, None);
    }
}
