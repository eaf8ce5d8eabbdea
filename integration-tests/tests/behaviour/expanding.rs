//! Graphs that come up while a goal runs: planned goals, what tasks have made, what somebody brings, stored ones.

use goalpost_client::NewGoal;
use goalpost_client::v1::{EventType, ExtendGoalRequest, GoalState};
use goalpost_proto::v1::act_on_workflow_request::Action;
use goalpost_proto::v1::graph_engine_client::GraphEngineClient;
use goalpost_proto::v1::{ActOnWorkflowRequest, ExpandAction};
use serde_json::{Value, json};
use tonic_types::StatusExt as _;

use crate::by_hand::{ended, seen};
use crate::harness::{OnStores, blueprint, echo_worker, on_stores, words, worker};

fn result(goal: &goalpost_client::v1::Goal) -> Value {
    serde_json::to_value(goal.result.as_ref().unwrap_or_else(|| panic!("{:?}", goal.failure))).unwrap()
}

#[tokio::test]
async fn a_task_makes_the_graph_that_runs_inside_of_it() {
    let on = on_stores().await;
    let _worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        match attempt.task() {
            "plan" => Ok(json!({"name": "made", "tasks": [
                {"name": "a", "capability": "test.echo", "input": {"n": 1}},
                {"name": "b", "capability": "goalpost.transform", "data_flow": {"n": "tasks.a.output.n + 1"}}],
                "edges": [{"from": "a", "to": "b"}]})),
            "wrong" => Ok(json!({"name": "made", "tasks": [{"name": "a", "capability": "nobody.has_it"}]})),
            _ => Ok(input),
        }
    });
    let making = blueprint(json!({
        "name": "making",
        "tasks": [
            {"name": "plan", "capability": "test.echo", "extends": true},
            {"name": "wrong", "capability": "test.echo", "extends": true},
            {"name": "end", "capability": "goalpost.transform", "join": "all",
             "data_flow": {"n": "tasks.plan.output.b.n", "why": "tasks.wrong.error.message"}},
        ],
        "edges": [{"from": "plan", "to": "end"}, {"from": "wrong", "to": "end", "on": "failure"}],
    }));
    let (goal, _) = on.system.run(NewGoal::blueprint(making)).await;
    let result = result(&goal);
    assert_eq!(result["end"]["n"], 2.0);
    assert!(result["end"]["why"].as_str().unwrap().contains("nobody.has_it"), "{result}");
    on.system.verify().await;
}

#[tokio::test]
async fn somebody_brings_the_graph_that_a_task_waits_for() {
    let on = on_stores().await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let open = blueprint(json!({
        "name": "open",
        "tasks": [{"name": "more", "capability": "goalpost.extension", "input": {"timeout_ms": 600_000}}],
    }));
    let id = client.submit(NewGoal::blueprint(open)).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskWaiting, "more").await;
    let brought = |capability: &str| ExtendGoalRequest {
        id: id.clone(),
        task: "more".to_owned(),
        blueprint: Some(blueprint(json!({
            "name": "brought", "tasks": [{"name": "x", "capability": capability, "input": {"n": 3}}]}))),
    };
    client.extend(brought("nobody.has_it")).await.unwrap_err();
    client.extend(brought("test.echo")).await.unwrap();
    let (goal, words) = ended(&on.system, &id).await;
    assert_eq!(result(&goal), json!({"more": {"x": {"n": 3.0}}}));
    assert!(words.contains(&"ATTEMPT_STARTED more[0].x".to_owned()), "{words:?}");
    on.system.verify().await;
}

#[tokio::test]
async fn a_goal_inside_of_a_goal_is_planned_when_it_is_reached_and_its_tasks_are_the_goals_own() {
    let on = on_stores().await;
    let worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        Ok(if attempt.task() == "choose" { json!({"drink": "tea", "cups": 2}) } else { input })
    });
    let outer = blueprint(json!({
        "name": "outer",
        "tasks": [
            {"name": "choose", "capability": "test.echo"},
            {"name": "said", "capability": "goalpost.sub_goal"},
            {"name": "typed", "capability": "goalpost.sub_goal",
             "input": {"goal_type": "test.brew", "input": {"drink": "coffee", "cups": 1}}},
            {"name": "serve", "capability": "test.echo", "data_flow": {
                "said": "tasks.said.output.pour", "typed": "tasks.typed.output.pour"}},
        ],
        "edges": [
            {"from": "choose", "to": "said", "data_flow": {
                "goal": "'Brew some ' + tasks.choose.output.drink", "input.cups": "tasks.choose.output.cups"}},
            {"from": "said", "to": "serve"}, {"from": "typed", "to": "serve"},
        ],
    }));
    let (goal, events) = on.system.run(NewGoal::blueprint(outer)).await;
    let said = json!({"drink": "tea", "cups": 2.0, "goal": "Brew some tea"});
    let typed = json!({"drink": "coffee", "cups": 1.0, "goal": ""});
    assert_eq!(result(&goal), json!({"serve": {"said": said, "typed": typed}}));
    let words = words(&events);
    let place = |word: &str| {
        words.iter().position(|other| other == word).unwrap_or_else(|| panic!("{word}: {words:?}"))
    };
    let told = [
        "TASK_SUCCEEDED choose",
        "TASK_WAITING said",
        "TASK_READY said[0].heat",
        "TASK_SUCCEEDED said[0].pour",
        "TASK_SUCCEEDED said",
        "ATTEMPT_STARTED serve",
    ];
    assert!(told.map(place).is_sorted(), "{words:?}");
    worker.assert_nothing_ran_twice();
    assert_eq!(worker.begun.lock().unwrap().len(), 6);
    on.system.verify().await;
}

#[tokio::test]
async fn a_goal_inside_of_a_goal_that_nobody_can_plan_fails_its_task() {
    let on = on_stores().await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let outer = blueprint(json!({
        "name": "outer",
        "tasks": [{"name": "wait", "capability": "goalpost.await_signal", "input": {"name": "go"}},
                  {"name": "sub", "capability": "goalpost.sub_goal", "input": {"goal": "nobody knows how"}},
                  {"name": "end", "capability": "goalpost.transform", "data_flow": {"why": "tasks.sub.error.kind"}}],
        "edges": [{"from": "wait", "to": "sub"}, {"from": "sub", "to": "end", "on": "failure"}],
    }));
    let id = client.submit(NewGoal::blueprint(outer)).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskWaiting, "wait").await;
    let go = goalpost_client::v1::SignalGoalRequest {
        id: id.clone(),
        name: "go".to_owned(),
        ..Default::default()
    };
    client.signal(go).await.unwrap();
    let (goal, _) = ended(&on.system, &id).await;
    assert_eq!(result(&goal), json!({"end": {"why": "NO_PLAN"}}));
    on.system.verify().await;
}

#[tokio::test]
async fn a_stored_blueprint_is_run_by_its_digest() {
    let on = on_stores().await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let part = blueprint(json!({
        "name": "part", "tasks": [{"name": "x", "capability": "test.echo", "data_flow": {"n": "goal.input.n"}}],
        "output": {"n": "tasks.x.output.n"},
    }));
    let input = json!({"n": 4}).as_object().unwrap().clone();
    let (stored, _) = on.system.run(NewGoal::blueprint(part).input(input)).await;
    let whole = |digest: &str| {
        blueprint(json!({
            "name": "whole",
            "tasks": [{"name": "part", "input": {"n": 9}, "run": {"digest": digest}}],
        }))
    };
    let (goal, _) = on.system.run(NewGoal::blueprint(whole(&stored.blueprint_digest))).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    assert_eq!(result(&goal), json!({"part": {"n": 9.0}}));
    on.system.client().submit(NewGoal::blueprint(whole(&"00".repeat(32)))).await.unwrap_err();
    on.system.verify().await;
}

/// Runs a goal whose task makes a blueprint and that ends with what went wrong.
async fn made_by_a_task(on: &OnStores) -> (Value, Vec<String>) {
    let _worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        let made =
            json!({"name": "made", "tasks": [{"name": "a", "capability": "test.echo", "input": {"n": 1}}]});
        Ok(if attempt.task() == "plan" { made } else { input })
    });
    let making = blueprint(json!({
        "name": "making",
        "tasks": [{"name": "plan", "capability": "test.echo", "extends": true},
                  {"name": "end", "capability": "goalpost.transform",
                   "data_flow": {"kind": "tasks.plan.error.kind", "why": "tasks.plan.error.message"}}],
        "edges": [{"from": "plan", "to": "end", "on": "failure"}],
    }));
    let (goal, events) = on.system.run(NewGoal::blueprint(making)).await;
    on.system.verify().await;
    (result(&goal), words(&events))
}

#[tokio::test]
async fn a_plan_that_the_engines_store_refuses_fails_its_task() {
    let on = on_stores().await;
    let refuse = "ALTER TABLE tasks ADD CONSTRAINT no_plans CHECK (body_digest IS NULL)";
    on.database.client().await.batch_execute(refuse).await.unwrap();
    let (result, _) = made_by_a_task(&on).await;
    assert_eq!(result["end"]["kind"], "PLAN_REFUSED");
    assert!(result["end"]["why"].as_str().unwrap().contains("refused"), "{result}");
}

#[tokio::test]
async fn a_plan_that_cannot_be_stored_fails_its_task() {
    let on = on_stores().await;
    let refuse = "ALTER TABLE blueprints ADD CONSTRAINT no_plans CHECK (body ->> 'name' <> 'made')";
    on.database.client().await.batch_execute(refuse).await.unwrap();
    assert_eq!(made_by_a_task(&on).await.0["end"]["kind"], "PLAN_REFUSED");
}

#[tokio::test]
async fn a_plan_that_the_engine_cannot_compile_fails_its_task() {
    let on = on_stores().await;
    let spoil = "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        NEW.body := '{\"name\": \"made\"}'; RETURN NEW; END $$; \
        CREATE TRIGGER spoil BEFORE INSERT ON blueprints FOR EACH ROW \
        WHEN (NEW.body ->> 'name' = 'made') EXECUTE FUNCTION spoil()";
    on.database.client().await.batch_execute(spoil).await.unwrap();
    assert_eq!(made_by_a_task(&on).await.0["end"]["kind"], "PLAN_REFUSED");
}

#[tokio::test]
async fn a_plan_that_is_forgotten_before_the_engine_reads_it_is_stored_again() {
    let on = on_stores().await;
    let forget = "CREATE SEQUENCE stored; \
        CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        IF nextval('stored') = 1 THEN RETURN NULL; END IF; RETURN NEW; END $$; \
        CREATE TRIGGER forget BEFORE INSERT ON blueprints FOR EACH ROW \
        WHEN (NEW.body ->> 'name' = 'made') EXECUTE FUNCTION forget()";
    let database = on.database.client().await;
    database.batch_execute(forget).await.unwrap();
    let (_, words) = made_by_a_task(&on).await;
    assert!(words.contains(&"TASK_SUCCEEDED plan[0].a".to_owned()), "{words:?}");
    let stored: i64 = database.query_one("SELECT last_value FROM stored", &[]).await.unwrap().get(0);
    assert_eq!(stored, 2);
}

#[tokio::test]
async fn a_graph_that_comes_late_for_the_time_before_a_retry_is_refused() {
    let on = on_stores().await;
    let _worker = echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let open =
        blueprint(json!({"name": "open", "tasks": [{"name": "more", "capability": "goalpost.extension"}]}));
    let id = client.submit(NewGoal::blueprint(open)).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskWaiting, "more").await;
    client.cancel(&id, "another time").await.unwrap();
    client.retry(&id, false).await.unwrap();
    let brought = blueprint(json!({
        "name": "brought", "tasks": [{"name": "x", "capability": "test.echo", "input": {"n": 3}}]}));
    let (stored, _) = on.system.run(NewGoal::blueprint(brought.clone())).await;
    let mut engine = GraphEngineClient::connect(on.system.endpoints.graph_engine.clone()).await.unwrap();
    let late = ExpandAction {
        task: "more".to_owned(),
        blueprint_digest: stored.blueprint_digest,
        attempt: Some(0),
        ..ExpandAction::default()
    };
    let late = ActOnWorkflowRequest { id: id.clone(), action: Some(Action::Expand(late)) };
    let refused = engine.act_on_workflow(late).await.unwrap_err();
    assert_eq!(refused.get_details_error_info().unwrap().reason, "STALE", "{refused}");
    let extend = ExtendGoalRequest { id: id.clone(), task: "more".to_owned(), blueprint: Some(brought) };
    client.extend(extend).await.unwrap();
    let (goal, _) = ended(&on.system, &id).await;
    assert_eq!(result(&goal), json!({"more": {"x": {"n": 3.0}}}));
    on.system.verify().await;
}
