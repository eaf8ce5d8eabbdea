//! Plans that have to be approved before they run.

use goalpost_client::v1::resolve_decision_request::Verdict;
use goalpost_client::v1::{
    ApprovalTerms, ApproveVerdict, AtDeadline, EditVerdict, Event, EventType, ExtendGoalRequest, Goal,
    GoalBudget, GoalState, ListDecisionsRequest, PlanApprovalState, Policy, PolicyRule, PolicyVerdict,
    RejectVerdict, ReplanGoalRequest, ResolveDecisionRequest,
};
use goalpost_client::{Client, Error, NewGoal};
use goalpost_proto::v1::act_on_workflow_request::Action;
use goalpost_proto::v1::graph_engine_client::GraphEngineClient;
use goalpost_proto::v1::{ActOnWorkflowRequest, CreateWorkflowRequest, ExtendAction};
use goalpost_testkit::wait_for;
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::by_hand::{ended, seen};
use crate::harness::{OnStores, System, blueprint, echo_worker, events, on_stores, on_stores_with, words};
use crate::truth::flush;

fn rule(name: &str, when: &str, verdict: PolicyVerdict, terms: Option<ApprovalTerms>) -> PolicyRule {
    PolicyRule {
        name: name.to_owned(),
        when: when.to_owned(),
        verdict: verdict.into(),
        reason: "it changes something".to_owned(),
        approval: terms,
    }
}

/// These have to approve, so many of them.
fn asks(deciders: &[&str], quorum: i32) -> Policy {
    let deciders = deciders.iter().map(|&decider| decider.to_owned()).collect();
    let terms = ApprovalTerms { deciders, quorum, ..Default::default() };
    Policy { rules: vec![rule("ask", "", PolicyVerdict::Approval, Some(terms))] }
}

fn with_deadline(ms: i64, decides: AtDeadline) -> Policy {
    let terms = ApprovalTerms { deadline_ms: ms, at_deadline: decides.into(), ..Default::default() };
    Policy { rules: vec![rule("ask", "", PolicyVerdict::Approval, Some(terms))] }
}

fn one(name: &str, capability: &str) -> Value {
    json!({"name": name, "tasks": [{"name": name, "capability": capability, "input": {"n": name}}]})
}

/// A goal of one task that waits to be approved.
async fn waiting(client: &Client, policy: Policy) -> Goal {
    let id = client
        .submit(NewGoal::blueprint(blueprint(one("work", "test.echo"))).policy(policy))
        .await
        .unwrap()
        .id;
    await_state(client, &id, GoalState::AwaitingApproval).await
}

async fn await_state(client: &Client, id: &str, state: GoalState) -> Goal {
    wait_for(format!("{state:?}"), async || {
        Some(client.get(id).await.unwrap()).filter(|goal| goal.state() == state)
    })
    .await
}

fn word(goal: &Goal, decider: &str, verdict: Verdict) -> ResolveDecisionRequest {
    ResolveDecisionRequest {
        goal_id: goal.id.clone(),
        blueprint_digest: goal.blueprint_digest.clone(),
        decider: decider.to_owned(),
        reason: format!("{decider} says so"),
        verdict: Some(verdict),
    }
}

fn approve() -> Verdict {
    Verdict::Approve(ApproveVerdict {})
}

fn reject() -> Verdict {
    Verdict::Reject(RejectVerdict {})
}

fn edit(value: Value) -> Verdict {
    Verdict::Edit(EditVerdict { blueprint: Some(blueprint(value)) })
}

async fn decide(client: &Client, goal: &Goal, decider: &str, verdict: Verdict) -> Result<Goal, Error> {
    client.resolve_decision(word(goal, decider, verdict)).await
}

/// The code and the reason of a refusal.
fn why(error: Error) -> (Code, String) {
    match error {
        Error::Refused(status) => (status.code(), reason(&status)),
        other => panic!("no status: {other}"),
    }
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

fn precondition(reason: &str) -> (Code, String) {
    (Code::FailedPrecondition, reason.to_owned())
}

/// What was decided by whom, as the history tells it.
fn decided(events: &[Event]) -> Vec<(String, String)> {
    let made = events.iter().filter(|event| event.r#type() == EventType::DecisionMade);
    made.map(|event| event.decision.clone().unwrap()).map(|made| (made.verdict, made.decided_by)).collect()
}

#[tokio::test]
async fn a_plan_runs_once_as_many_have_approved_as_have_to() {
    let on = on_stores().await;
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let goal = waiting(&client, asks(&["ann", "ben", "cy"], 2)).await;
    assert_eq!((goal.approvals.len(), goal.workflow_id.as_str()), (1, ""));
    assert_eq!(goal.approvals[0].rule, "goal: ask");
    let refused = decide(&client, &goal, "dave", approve()).await.unwrap_err();
    assert_eq!(why(refused), (Code::PermissionDenied, "NOT_A_DECIDER".to_owned()));
    // Twice is once.
    decide(&client, &goal, "ann", approve()).await.unwrap();
    let still = decide(&client, &goal, "ann", approve()).await.unwrap();
    assert_eq!((still.state(), still.approvals[0].approved_by.len()), (GoalState::AwaitingApproval, 1));
    let otherwise = decide(&client, &goal, "ann", reject()).await.unwrap_err();
    assert_eq!(why(otherwise), precondition("DECIDED_OTHERWISE"));
    let runs = decide(&client, &goal, "ben", approve()).await.unwrap();
    assert_eq!(runs.approvals[0].state(), PlanApprovalState::Approved);
    let done = client.wait(&goal.id).await.unwrap();
    assert_eq!(done.state(), GoalState::Succeeded, "{:?}", done.failure);
    let late = decide(&client, &goal, "cy", approve()).await.unwrap_err();
    assert_eq!(why(late), precondition("NOTHING_TO_DECIDE"));
    let events = events(&client, &goal.id).await;
    let first: Vec<String> = words(&events).into_iter().take(6).collect();
    let expected = [
        "GOAL_SUBMITTED",
        "GOAL_AWAITING_APPROVAL",
        "DECISION_MADE",
        "DECISION_MADE",
        "GOAL_PLANNED",
        "WORKFLOW_STARTED",
    ];
    assert_eq!(first, expected);
    let by = |name: &str| ("approve".to_owned(), name.to_owned());
    assert_eq!(decided(&events), [by("ann"), by("ben")]);
    let said = events[2].decision.as_ref().unwrap();
    assert_eq!((said.reason.as_str(), &said.blueprint_digest), ("ann says so", &goal.blueprint_digest));
    assert_eq!(worker.begun.lock().unwrap().len(), 1);
    on.system.verify().await;
}

#[tokio::test]
async fn a_plan_that_somebody_rejects_never_runs() {
    let on = on_stores().await;
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let goal = waiting(&client, asks(&["ann", "ben"], 2)).await;
    let silent = ResolveDecisionRequest { reason: String::new(), ..word(&goal, "ben", reject()) };
    assert_eq!(why(client.resolve_decision(silent).await.unwrap_err()).0, Code::InvalidArgument);
    decide(&client, &goal, "ann", approve()).await.unwrap();
    let rejected = decide(&client, &goal, "ben", reject()).await.unwrap();
    assert_eq!(rejected.state(), GoalState::Failed);
    let failure = rejected.failure.unwrap();
    assert_eq!(
        (failure.kind.as_str(), failure.message.as_str()),
        ("REJECTED", "the plan was rejected by ben: ben says so")
    );
    assert_eq!(
        why(decide(&client, &goal, "cy", approve()).await.unwrap_err()),
        precondition("NOTHING_TO_DECIDE")
    );
    assert!(!words(&events(&client, &goal.id).await).contains(&"WORKFLOW_STARTED".to_owned()));
    // One that is cancelled needs nobody's word any more.
    let cancelled = waiting(&client, asks(&[], 1)).await;
    let cancelled = client.cancel(&cancelled.id, "enough").await.unwrap();
    assert_eq!(
        (cancelled.state(), cancelled.approvals[0].state()),
        (GoalState::Cancelled, PlanApprovalState::Withdrawn)
    );
    assert_eq!(client.list_decisions(ListDecisionsRequest::default()).await.unwrap().approvals, []);
    assert!(worker.begun.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_deadline_decides_as_it_was_told() {
    let on = on_stores().await;
    echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let submit = async |policy| {
        let goal = NewGoal::blueprint(blueprint(one("work", "test.echo"))).policy(policy);
        let id = client.submit(goal).await.unwrap().id;
        client.wait(&id).await.unwrap()
    };
    let late = submit(with_deadline(1, AtDeadline::Reject)).await;
    assert_eq!((late.state(), late.failure.unwrap().kind.as_str()), (GoalState::Failed, "APPROVAL_TIMEOUT"));
    assert_eq!(late.approvals[0].state(), PlanApprovalState::Expired);
    let approved = submit(with_deadline(1, AtDeadline::Approve)).await;
    assert_eq!(approved.state(), GoalState::Succeeded, "{:?}", approved.failure);
    let told = decided(&events(&client, &approved.id).await);
    assert_eq!(told, [("expire".to_owned(), "deadline".to_owned())]);
    on.system.verify().await;
}

#[tokio::test]
async fn another_plan_in_its_place_needs_its_own_approval() {
    let on = on_stores().await;
    echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let goal = waiting(&client, asks(&["ann", "ben"], 1)).await;
    let wrong = decide(&client, &goal, "ann", edit(one("x", "nobody.has_it"))).await.unwrap_err();
    assert_eq!(why(wrong).0, Code::InvalidArgument);
    let stranger = decide(&client, &goal, "dave", edit(one("other", "test.other"))).await.unwrap_err();
    assert_eq!(why(stranger), (Code::PermissionDenied, "NOT_A_DECIDER".to_owned()));
    for _ in 0..2 {
        let edited = decide(&client, &goal, "ann", edit(one("other", "test.other"))).await.unwrap();
        assert_eq!(edited.state(), GoalState::AwaitingApproval);
        assert_ne!(edited.blueprint_digest, goal.blueprint_digest);
        let states: Vec<_> = edited.approvals.iter().map(|approval| approval.state()).collect();
        assert_eq!(states, [PlanApprovalState::Withdrawn, PlanApprovalState::Open]);
    }
    // What was looked at is not what waits now.
    assert_eq!(
        why(decide(&client, &goal, "ben", approve()).await.unwrap_err()),
        precondition("OTHER_DIGEST")
    );
    let edited = client.get(&goal.id).await.unwrap();
    decide(&client, &edited, "ben", approve()).await.unwrap();
    let (done, _) = ended(&on.system, &goal.id).await;
    assert_eq!(serde_json::to_value(done.result.unwrap()).unwrap(), json!({"other": {"n": "other"}}));
    on.system.verify().await;
}

#[tokio::test]
async fn the_engine_refuses_what_was_not_decided_on() {
    let on = on_stores().await;
    echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let other = client.submit(NewGoal::blueprint(blueprint(one("other", "test.echo")))).await.unwrap();
    let other = client.wait(&other.id).await.unwrap();
    let goal = waiting(&client, asks(&["ann"], 1)).await;
    let mut engine = GraphEngineClient::connect(on.system.endpoints.graph_engine.clone()).await.unwrap();
    let mut create = async |digest: &str| {
        let request = CreateWorkflowRequest {
            id: goal.id.clone(),
            blueprint_digest: digest.to_owned(),
            ..Default::default()
        };
        let refused = engine.create_workflow(request).await.unwrap_err();
        (refused.code(), reason(&refused))
    };
    // Not what waits to be approved, and not anything else.
    assert_eq!(create(&goal.blueprint_digest).await, precondition("NOT_APPROVED"));
    assert_eq!(create(&other.blueprint_digest).await, precondition("NOT_APPROVED"));
    decide(&client, &goal, "ann", approve()).await.unwrap();
    let (done, _) = ended(&on.system, &goal.id).await;
    assert_eq!((done.state(), &done.blueprint_digest), (GoalState::Succeeded, &goal.blueprint_digest));
    // Nor does the database let anybody put another one there.
    let database = on.database.client().await;
    let by_hand = "UPDATE plan_approvals SET blueprint_digest = sha256('x')";
    assert!(database.execute(by_hand, &[]).await.is_err());
    on.system.verify().await;
}

/// A goal that waits for a signal, and whose policy has ann approve what gains something that writes.
async fn guarded(on: &OnStores) -> Goal {
    let terms = ApprovalTerms { deciders: vec!["ann".to_owned()], ..Default::default() };
    let gains = rule("gains", "size(plan.gained) > 0", PolicyVerdict::Approval, Some(terms));
    let goal = NewGoal::blueprint(blueprint(with(&[]))).policy(Policy { rules: vec![gains] });
    let goal = on.system.client().submit(goal).await.unwrap();
    seen(&on.system, &goal.id, EventType::TaskWaiting, "wait").await;
    goal
}

/// A plan that waits for a signal, and then uses these capabilities.
fn with(capabilities: &[&str]) -> Value {
    let name = |capability: &str| capability.replace('.', "_");
    let mut tasks =
        vec![json!({"name": "wait", "capability": "goalpost.await_signal", "input": {"name": "go"}})];
    tasks.extend(capabilities.iter().map(|used| json!({"name": name(used), "capability": used})));
    let edges: Value = capabilities.iter().map(|used| json!({"from": "wait", "to": name(used)})).collect();
    json!({"name": "guarded", "tasks": tasks, "edges": edges})
}

/// Approves what the goal waits for, which the engine has refused before.
async fn approved(on: &OnStores, asked: &Goal) {
    let client = on.system.client();
    let wanted = &asked.approvals.last().unwrap().blueprint_digest;
    let mut engine = GraphEngineClient::connect(on.system.endpoints.graph_engine.clone()).await.unwrap();
    let extend = Action::Extend(ExtendAction { blueprint_digest: wanted.clone(), planning: None });
    let request = ActOnWorkflowRequest { id: asked.id.clone(), action: Some(extend) };
    let refused = engine.act_on_workflow(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), precondition("NOT_APPROVED"));
    let meant = Goal { blueprint_digest: wanted.clone(), ..asked.clone() };
    decide(&client, &meant, "ann", approve()).await.unwrap();
    let goes_on =
        async || Some(client.get(&asked.id).await.unwrap()).filter(|now| now.blueprint_digest == *wanted);
    wait_for("the plan that was approved", goes_on).await;
}

/// Gives the signal; the goal then ends, and has run so many tasks.
async fn let_go(on: &OnStores, id: &str) -> (Goal, Vec<String>) {
    let go = goalpost_client::v1::SignalGoalRequest {
        id: id.to_owned(),
        name: "go".to_owned(),
        ..Default::default()
    };
    on.system.client().signal(go).await.unwrap();
    let (done, words) = ended(&on.system, id).await;
    assert_eq!(done.state(), GoalState::Succeeded, "{:?}", done.failure);
    (done, words)
}

fn count(words: &[String], word: &str) -> usize {
    words.iter().filter(|other| *other == word).count()
}

fn added(goal: &Goal, capability: &str) -> ExtendGoalRequest {
    let name = capability.replace('.', "_");
    let part = json!({"name": "more", "tasks": [{"name": name, "capability": capability}],
                      "edges": [{"from": "wait", "to": name}]});
    ExtendGoalRequest { id: goal.id.clone(), task: String::new(), blueprint: Some(blueprint(part)) }
}

#[tokio::test]
async fn what_is_added_is_approved_only_if_it_gains_something_that_writes() {
    let on = on_stores().await;
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    let (goal, client) = (guarded(&on).await, on.system.client());
    let read = client.extend(added(&goal, "test.echo")).await.unwrap();
    assert_eq!(read.approvals, []);
    let asked = client.extend(added(&goal, "test.write")).await.unwrap();
    assert_eq!((asked.blueprint_digest == read.blueprint_digest, asked.approvals.len()), (true, 1));
    approved(&on, &asked).await;
    let (_, words) = let_go(&on, &goal.id).await;
    assert_eq!(count(&words, "WORKFLOW_EXTENDED"), 2, "{words:?}");
    assert_eq!(worker.begun.lock().unwrap().len(), 2);
    on.system.verify().await;
}

#[tokio::test]
async fn another_plan_is_approved_only_if_it_gains_something_that_writes() {
    let on = on_stores().await;
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    let (goal, client) = (guarded(&on).await, on.system.client());
    let to = |plan: Value| ReplanGoalRequest {
        id: goal.id.clone(),
        reason: "it has to be otherwise".to_owned(),
        blueprint: Some(blueprint(plan)),
    };
    let read = client.replan(to(with(&["test.echo", "test.other"]))).await.unwrap();
    assert_eq!((read.blueprint_digest == goal.blueprint_digest, read.approvals.len()), (false, 0));
    let asked = client.replan(to(with(&["test.echo", "test.write"]))).await.unwrap();
    assert_eq!((asked.blueprint_digest == read.blueprint_digest, asked.approvals.len()), (true, 1));
    approved(&on, &asked).await;
    // What writes already gains nothing by more of it, and what is left out gains nothing either.
    let less = client.replan(to(with(&["test.write"]))).await.unwrap();
    assert_eq!(less.approvals.len(), 1);
    let (done, words) = let_go(&on, &goal.id).await;
    assert_eq!(done.blueprint_digest, less.blueprint_digest);
    assert_eq!(count(&words, "ATTEMPT_STARTED test_write"), 1, "{words:?}");
    assert_eq!(worker.begun.lock().unwrap().len(), 1);
    on.system.verify().await;
}

#[tokio::test]
async fn a_budget_that_is_set_while_a_plan_waits_is_the_one_that_counts() {
    let on = on_stores().await;
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let tokens = |tokens| GoalBudget { tokens: Some(tokens), ..GoalBudget::default() };
    let dear = NewGoal::of_type("test.inquire").budget(tokens(100)).policy(asks(&["ann"], 1));
    let id = client.submit(dear).await.unwrap().id;
    let goal = await_state(&client, &id, GoalState::AwaitingApproval).await;
    client.set_budget(&id, tokens(99)).await.unwrap();
    decide(&client, &goal, "ann", approve()).await.unwrap();
    let paused = seen(&on.system, &id, EventType::WorkflowPaused, "").await;
    assert_eq!(paused.failure.unwrap().kind, "BUDGET_EXCEEDED");
    assert_eq!(worker.begun.lock().unwrap().len(), 0);
    client.set_budget(&id, tokens(100)).await.unwrap();
    let (done, _) = ended(&on.system, &id).await;
    assert_eq!(done.state(), GoalState::Succeeded, "{:?}", done.failure);
    on.system.verify().await;
}

#[tokio::test]
async fn the_policy_of_a_namespace_counts_whatever_its_goals_say() {
    let folder = crate::harness::folder();
    let file = folder.path().join("policies.yaml");
    let policies = "\
policies:
  - namespace: strict
    rules:
      - { name: reads-only, when: size(plan.writes) > 0, verdict: refuse, reason: only readers run here }
";
    std::fs::write(&file, policies).unwrap();
    let on = on_stores_with(&["--policies", &file.display().to_string()]).await;
    echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let goal = |capability: &str, namespace: &str| {
        let lax = Policy { rules: vec![rule("lax", "", PolicyVerdict::Admit, None)] };
        NewGoal::blueprint(blueprint(one("work", capability))).namespace(namespace).policy(lax)
    };
    let preview = client.preview(goal("test.write", "strict")).await.unwrap();
    let ruling = preview.ruling.unwrap();
    assert_eq!(
        (ruling.verdict(), ruling.rule.as_str()),
        (PolicyVerdict::Refuse, "namespace strict: reads-only")
    );
    let (refused, _) = on.system.run(goal("test.write", "strict")).await;
    let failure = refused.failure.clone().unwrap();
    assert_eq!((refused.state(), failure.kind.as_str()), (GoalState::Failed, "REFUSED"));
    assert!(failure.message.contains("only readers run here"), "{}", failure.message);
    assert_eq!(refused.decisions.last().unwrap().verdict, "refuse");
    for (capability, namespace) in [("test.echo", "strict"), ("test.write", "default")] {
        let (done, _) = on.system.run(goal(capability, namespace)).await;
        assert_eq!(done.state(), GoalState::Succeeded, "{capability} in {namespace}");
    }
    let wrong = Policy { rules: vec![rule("x", "plan.cost > 1", PolicyVerdict::Unspecified, None)] };
    let refused = client.submit(NewGoal::text("Brew some tea").policy(wrong)).await.unwrap_err();
    let Error::Refused(status) = refused else { panic!("no status") };
    let fields: Vec<String> = status
        .get_error_details()
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|one| one.field.clone())
        .collect();
    assert_eq!(fields, ["policy.rules[0].verdict", "policy.rules[0].when"]);
}

#[tokio::test]
async fn an_approval_and_a_deadline_survive_the_death_of_the_process() {
    let on = on_stores().await;
    let client = on.system.client();
    let approved = waiting(&client, asks(&["ann"], 1)).await;
    let open = waiting(&client, asks(&["ann"], 1)).await;
    let expiring = waiting(&client, with_deadline(1_500, AtDeadline::Approve)).await;
    decide(&client, &approved, "ann", approve()).await.unwrap();
    flush(&on).await;
    let OnStores { system, database, redis } = on;
    let folder = system.kill().await;
    let redis_url = redis.url();
    let stores = ["--database-url", database.url(), "--redis-url", &redis_url].map(str::to_owned);
    let system = System::start(folder, &stores).await;
    let worker = echo_worker(&system.endpoints.graph_engine);
    let client = system.client();
    decide(&client, &open, "ann", approve()).await.unwrap();
    for goal in [approved, open, expiring] {
        let done = client.wait(&goal.id).await.unwrap();
        assert_eq!(done.state(), GoalState::Succeeded, "{:?}", done.failure);
    }
    worker.assert_nothing_ran_twice();
    system.verify().await;
}

#[tokio::test]
async fn of_many_who_decide_at_once_each_counts_once() {
    let on = on_stores().await;
    let worker = echo_worker(&on.system.endpoints.graph_engine);
    let client = on.system.client();
    let deciders = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let goal = waiting(&client, asks(&deciders, 8)).await;
    let asked = client.list_decisions(ListDecisionsRequest { decider: "c".to_owned(), ..Default::default() });
    assert_eq!(asked.await.unwrap().approvals.len(), 1);
    let none = client.list_decisions(ListDecisionsRequest { decider: "z".to_owned(), ..Default::default() });
    assert_eq!(none.await.unwrap().approvals, []);
    let calls = deciders.iter().chain(&deciders).map(|decider| decide(&client, &goal, decider, approve()));
    for answer in futures::future::join_all(calls).await {
        answer.unwrap();
    }
    let done = client.wait(&goal.id).await.unwrap();
    assert_eq!((done.state(), done.approvals[0].approved_by.len()), (GoalState::Succeeded, 8));
    assert_eq!(decided(&events(&client, &goal.id).await).len(), 8);
    assert_eq!(worker.begun.lock().unwrap().len(), 1);
    on.system.verify().await;
}
