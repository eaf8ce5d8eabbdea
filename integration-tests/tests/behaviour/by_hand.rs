//! What people and other systems do to a running goal.

use goalpost_client::NewGoal;
use goalpost_client::v1::{
    Event, EventType, Goal, GoalState, ResolveApprovalRequest, SignalGoalRequest, SkipTaskRequest,
};
use goalpost_proto::v1::act_on_workflow_request::Action;
use goalpost_proto::v1::graph_engine_client::GraphEngineClient;
use goalpost_proto::v1::{
    ActOnWorkflowRequest, GetWorkflowRequest, PauseAction, ResumeAction, WorkflowState,
};
use goalpost_proto::value_from_json;
use goalpost_testkit::wait_for;
use goalpost_worker::Failure;
use serde_json::{Value, json};
use tonic::Code;

use crate::cluster::{Cluster, ONE, Replicas};
use crate::harness::{System, blueprint, echo_worker, events, on_stores, words, worker};

/// The goal's first event of this type about this task.
pub(crate) async fn seen(system: &System, id: &str, kind: EventType, task: &str) -> Event {
    let mut watch = system.client().watch(id, 0);
    loop {
        let event = watch.next().await.unwrap().expect("the goal ended before");
        if event.r#type() == kind && event.task == task {
            return event;
        }
    }
}

pub(crate) async fn ended(system: &System, id: &str) -> (Goal, Vec<String>) {
    let client = system.client();
    let goal = client.wait(id).await.unwrap();
    (goal, words(&events(&client, id).await))
}

fn code(error: &goalpost_client::Error) -> Code {
    match error {
        goalpost_client::Error::Refused(status) => status.code(),
        other => panic!("no status: {other}"),
    }
}

#[tokio::test]
async fn a_signal_and_an_approval_let_a_goal_go_on_and_repeating_them_changes_nothing() {
    let on = on_stores().await;
    let client = on.system.client();
    let waiting = blueprint(json!({
        "name": "waiting",
        "tasks": [
            {"name": "order", "capability": "goalpost.await_signal", "input": {"name": "paid", "timeout_ms": 600_000}},
            {"name": "ask", "capability": "goalpost.approve", "data_flow": {"amount": "tasks.order.output.amount"}},
            {"name": "end", "capability": "goalpost.transform",
             "data_flow": {"amount": "tasks.order.output.amount", "by": "tasks.ask.output.by"}},
        ],
        "edges": [{"from": "order", "to": "ask"}, {"from": "ask", "to": "end"}],
    }));
    let id = client.submit(NewGoal::blueprint(waiting)).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskWaiting, "order").await;
    let paid = SignalGoalRequest {
        id: id.clone(),
        name: "paid".to_owned(),
        payload: Some(value_from_json(json!({"amount": 12}))),
        signal_id: "payment-1".to_owned(),
    };
    client.signal(paid.clone()).await.unwrap();
    client.signal(paid).await.unwrap();
    seen(&on.system, &id, EventType::TaskWaiting, "ask").await;
    let approval = |task: &str| ResolveApprovalRequest {
        id: id.clone(),
        task: task.to_owned(),
        approved: true,
        by: "ann".to_owned(),
        reason: "it is fine".to_owned(),
    };
    assert_eq!(code(&client.resolve_approval(approval("nobody")).await.unwrap_err()), Code::NotFound);
    assert_eq!(
        code(&client.resolve_approval(approval("order")).await.unwrap_err()),
        Code::FailedPrecondition
    );
    client.resolve_approval(approval("ask")).await.unwrap();
    let (goal, words) = ended(&on.system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?}", goal.failure);
    assert_eq!(
        serde_json::to_value(goal.result.unwrap()).unwrap(),
        json!({"end": {"amount": 12.0, "by": "ann"}})
    );
    assert_eq!(words.iter().filter(|word| *word == "SIGNAL_RECEIVED").count(), 1, "{words:?}");
    on.system.verify().await;
}

#[tokio::test]
async fn a_signal_that_comes_before_its_task_is_kept_for_it() {
    let on = on_stores().await;
    let client = on.system.client();
    let early = blueprint(json!({
        "name": "early",
        "tasks": [{"name": "before", "capability": "goalpost.approve"},
                  {"name": "go", "capability": "goalpost.await_signal", "input": {"name": "go"}}],
        "edges": [{"from": "before", "to": "go"}],
    }));
    let id = client.submit(NewGoal::blueprint(early)).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskWaiting, "before").await;
    for n in [1, 2] {
        let payload = Some(value_from_json(json!({"n": n})));
        let go = SignalGoalRequest { id: id.clone(), name: "go".to_owned(), payload, ..Default::default() };
        client.signal(go).await.unwrap();
    }
    let approval = ResolveApprovalRequest {
        id: id.clone(),
        task: "before".to_owned(),
        approved: true,
        ..ResolveApprovalRequest::default()
    };
    client.resolve_approval(approval).await.unwrap();
    let (goal, _) = ended(&on.system, &id).await;
    assert_eq!(serde_json::to_value(goal.result.unwrap()).unwrap(), json!({"go": {"n": 1.0}}));
    on.system.verify().await;
}

#[tokio::test]
async fn a_paused_goal_gives_nothing_to_workers_until_it_is_resumed() {
    let on = on_stores().await;
    let client = on.system.client();
    let pausing = blueprint(json!({
        "name": "pausing",
        "tasks": [{"name": "go", "capability": "goalpost.await_signal", "input": {"name": "go"}},
                  {"name": "work", "capability": "test.echo", "timeouts": {"schedule_to_start_ms": 60_000}}],
        "edges": [{"from": "go", "to": "work"}],
    }));
    let id = client.submit(NewGoal::blueprint(pausing)).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskWaiting, "go").await;
    client.pause(&id, "for a look").await.unwrap();
    client.pause(&id, "again").await.unwrap();
    let go = SignalGoalRequest { id: id.clone(), name: "go".to_owned(), ..SignalGoalRequest::default() };
    client.signal(go).await.unwrap();
    seen(&on.system, &id, EventType::TaskReady, "work").await;
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    // Another goal's attempt of the same capability goes by; what is paused stays.
    let other = blueprint(json!({"name": "other", "tasks": [{"name": "work", "capability": "test.echo"}]}));
    let (other, _) = on.system.run(NewGoal::blueprint(other)).await;
    assert_eq!(other.state(), GoalState::Succeeded);
    assert_eq!(worker.begun.lock().unwrap().len(), 1);
    on.system.verify().await;
    client.resume(&id).await.unwrap();
    let (goal, words) = ended(&on.system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    let place = |word: &str| words.iter().position(|other| other == word).unwrap();
    assert!(place("WORKFLOW_PAUSED") < place("TASK_READY work"), "{words:?}");
    assert!(place("WORKFLOW_RUNNING") < place("ATTEMPT_STARTED work"), "{words:?}");
    on.system.verify().await;
}

#[tokio::test]
async fn a_failed_goal_is_opened_again_and_runs_what_failed() {
    let on = on_stores().await;
    let client = on.system.client();
    let worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        match (attempt.task(), attempt.number()) {
            ("each[1].work", 1) => Err(Failure::new("BROKEN", "once")),
            _ => Ok(input),
        }
    });
    let failing = blueprint(json!({
        "name": "failing",
        "tasks": [{"name": "first", "capability": "test.echo"},
                  {"name": "each", "input": {"items": [0, 1]}, "for_each": {"concurrency": 1, "body": {
                      "tasks": [{"name": "work", "capability": "test.echo", "data_flow": {"n": "item"}}]}}},
                  {"name": "last", "capability": "test.echo"}],
        "edges": [{"from": "first", "to": "each"}, {"from": "each", "to": "last"}],
        "deadline_ms": 600_000,
    }));
    let (goal, _) = on.system.run(NewGoal::blueprint(failing)).await;
    assert_eq!(goal.state(), GoalState::Failed);
    on.system.verify().await;
    let opened = client.retry(&goal.id, false).await.unwrap();
    assert!(matches!(opened.state(), GoalState::Running | GoalState::Succeeded), "{:?}", opened.state());
    let (goal, words) = ended(&on.system, &goal.id).await;
    assert_eq!(goal.state(), GoalState::Succeeded, "{:?} {words:?}", goal.failure);
    let begun = worker.begun.lock().unwrap().clone();
    let count = |task: &str| begun.iter().filter(|begun| begun.contains(task)).count();
    assert_eq!(
        (count(" first "), count("each[0]"), count("each[1]"), count(" last ")),
        (1, 1, 2, 1),
        "{begun:?}"
    );
    assert!(words.contains(&"GOAL_RETRIED".to_owned()), "{words:?}");
    on.system.verify().await;
    assert_eq!(code(&client.retry(&goal.id, true).await.unwrap_err()), Code::FailedPrecondition);
}

#[tokio::test]
async fn a_stuck_task_is_skipped_by_hand_or_given_its_output() {
    let on = on_stores().await;
    let client = on.system.client();
    let stuck = || {
        blueprint(json!({
            "name": "stuck",
            "tasks": [{"name": "stuck", "capability": "test.number"},
                      {"name": "after", "capability": "goalpost.transform", "data_flow": {"n": "tasks.stuck.output.n"}}],
            "edges": [{"from": "stuck", "to": "after"}],
        }))
    };
    let skip = |id: &str, output: Option<Value>| SkipTaskRequest {
        id: id.to_owned(),
        task: "stuck".to_owned(),
        reason: "nobody does it".to_owned(),
        output: output.map(value_from_json),
    };
    // Nobody offers the capability.
    let id = client.submit(NewGoal::blueprint(stuck())).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskReady, "stuck").await;
    let wrong = client.skip_task(skip(&id, Some(json!("no number")))).await.unwrap_err();
    assert_eq!(code(&wrong), Code::FailedPrecondition, "{wrong}");
    client.skip_task(skip(&id, Some(json!({"n": 5})))).await.unwrap();
    client.skip_task(skip(&id, Some(json!({"n": 5})))).await.unwrap();
    let (goal, _) = ended(&on.system, &id).await;
    assert_eq!(serde_json::to_value(goal.result.unwrap()).unwrap(), json!({"after": {"n": 5.0}}));

    let id = client.submit(NewGoal::blueprint(stuck())).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskReady, "stuck").await;
    client.skip_task(skip(&id, None)).await.unwrap();
    let (goal, words) = ended(&on.system, &id).await;
    assert_eq!(goal.state(), GoalState::Succeeded);
    assert!(words.contains(&"TASK_SKIPPED after".to_owned()), "{words:?}");
    let mut empty = skip(&id, None);
    empty.reason.clear();
    assert_eq!(code(&client.skip_task(empty).await.unwrap_err()), Code::InvalidArgument);
    on.system.verify().await;
}

#[tokio::test]
async fn what_was_done_is_undone_in_reverse_when_the_goal_fails_or_is_cancelled() {
    let on = on_stores().await;
    let client = on.system.client();
    let worker = worker(&on.system.endpoints.graph_engine, |attempt, input| async move {
        match attempt.task() {
            "fail" => Err(Failure::new("FULL", "no seat is left")),
            "hang" => std::future::pending().await,
            _ => Ok(input),
        }
    });
    let step = |name: &str| {
        json!({"name": name, "capability": "test.echo", "input": {"of": name}, "compensate_with": {
        "capability": "test.other", "data_flow": {"of": format!("tasks.{name}.output.of")}}})
    };
    let trip = |last: &str| {
        blueprint(json!({
            "name": "trip",
            "tasks": [step("hotel"), step("car"), {"name": last, "capability": "test.echo"}],
            "edges": [{"from": "hotel", "to": "car"}, {"from": "car", "to": last}],
        }))
    };
    let (goal, events) = on.system.run(NewGoal::blueprint(trip("fail"))).await;
    assert_eq!(goal.state(), GoalState::Failed);
    let told = words(&events);
    let place = |word: &str| {
        told.iter().position(|other| other == word).unwrap_or_else(|| panic!("{word}: {told:?}"))
    };
    assert!(place("TASK_FAILED fail") < place("WORKFLOW_COMPENSATING"));
    assert!(place("WORKFLOW_COMPENSATING") < place("TASK_READY car.undo"));
    assert!(place("TASK_SUCCEEDED car.undo") < place("TASK_READY hotel.undo"));
    assert!(place("TASK_SUCCEEDED hotel.undo") < place("WORKFLOW_FAILED"));

    let id = client.submit(NewGoal::blueprint(trip("hang"))).await.unwrap().id;
    seen(&on.system, &id, EventType::AttemptStarted, "hang").await;
    client.cancel(&id, "another time").await.unwrap();
    let (goal, told) = ended(&on.system, &id).await;
    assert_eq!(goal.state(), GoalState::Cancelled);
    assert!(told.contains(&"TASK_SUCCEEDED hotel.undo".to_owned()), "{told:?}");
    worker.assert_nothing_ran_twice();
    on.system.verify().await;
}

#[tokio::test]
async fn a_goal_that_does_not_go_on_is_explained() {
    let on = on_stores().await;
    let client = on.system.client();
    let stuck = blueprint(json!({
        "name": "stuck",
        "tasks": [
            {"name": "number", "capability": "goalpost.transform", "input": {"n": 2}},
            {"name": "big", "capability": "test.echo"},
            {"name": "small", "capability": "test.number", "timeouts": {"schedule_to_start_ms": 600_000}},
            {"name": "paid", "capability": "goalpost.await_signal", "input": {"name": "payment"}},
            {"name": "end", "capability": "test.echo"},
        ],
        "edges": [
            {"from": "number", "to": "big", "condition": "tasks.number.output.n > 5"},
            {"from": "number", "to": "small", "condition": "tasks.number.output.n < 5"},
            {"from": "small", "to": "end"}, {"from": "paid", "to": "end"},
        ],
    }));
    let id = client.submit(NewGoal::blueprint(stuck)).await.unwrap().id;
    seen(&on.system, &id, EventType::TaskReady, "small").await;
    let explained = client.explain(&id).await.unwrap();
    let task = |name: &str| explained.tasks.iter().find(|task| task.task == name).unwrap();
    let nobody = "no worker that offers test.number is connected to any engine";
    assert!(task("small").reason.starts_with(nobody), "{}", task("small").reason);
    assert!(task("small").timer_at.is_some());
    assert_eq!(task("paid").reason, "it waits for the signal 'payment'");
    assert_eq!(
        task("end").reason,
        "its join needs 2 edges, 0 taken so far; it waits for the end of small, paid"
    );
    let edge = &task("big").edges[0];
    assert_eq!((edge.taken, edge.condition.as_str()), (Some(false), "tasks.number.output.n > 5"));
    assert_eq!(edge.reads["tasks.number.output.n"], value_from_json(json!(2)));
    let unknown = client.explain("01890a5d-ac96-774b-bcce-b302099a8057").await.unwrap_err();
    assert_eq!(code(&unknown), Code::NotFound);
}

#[tokio::test]
async fn a_goal_that_was_paused_at_one_engine_is_resumed_at_another() {
    let cluster = Cluster::start(Replicas { engines: 2, ..ONE }, &[]).await;
    let client = cluster.client();
    let waiting = json!({"name": "waiting", "tasks": [
        {"name": "go", "capability": "goalpost.await_signal", "input": {"name": "go"}}]});
    let id = client.submit(NewGoal::blueprint(blueprint(waiting))).await.unwrap().id;
    let mut engines = Vec::new();
    for engine in &cluster.engines {
        engines.push(GraphEngineClient::connect(engine.url.clone()).await.unwrap());
    }
    let ask = |action: Action| ActOnWorkflowRequest { id: id.clone(), action: Some(action) };
    wait_for("the workflow", async || {
        let read = GetWorkflowRequest { id: id.clone() };
        engines[0].clone().get_workflow(read).await.ok().map(drop)
    })
    .await;
    // Each knows the workflow from before, and hears of nothing that the other one does.
    for (paused_at, resumed_at) in [(1, 0), (1, 0), (0, 1), (0, 1)] {
        let pause = ask(Action::Pause(PauseAction::default()));
        let paused = engines[paused_at].act_on_workflow(pause).await.unwrap().into_inner();
        assert_eq!(paused.state(), WorkflowState::Paused);
        let resume = ask(Action::Resume(ResumeAction {}));
        let resumed = engines[resumed_at].act_on_workflow(resume).await.unwrap().into_inner();
        assert_eq!(resumed.state(), WorkflowState::Running);
    }
    cluster.verify().await;
}
