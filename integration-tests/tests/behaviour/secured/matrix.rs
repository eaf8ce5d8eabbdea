//! Every call, by everybody, for an own and for a foreign namespace.

use std::collections::BTreeSet;

use goalpost_access::{RULES, Role, Rule};
use goalpost_peers::Credentials;
use goalpost_proto::FILE_DESCRIPTOR_SET;
use goalpost_proto::v1::{
    GetGoalRequest, ListDecisionsRequest, ListGoalsRequest, PayloadHeader, PreviewPlanRequest,
    ReadPayloadRequest, SimulateBlueprintRequest, SubmitGoalRequest, WritePayloadRequest,
    write_payload_request,
};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{BOOTSTRAP, Secured, raw, tea};

/// How a call ends for somebody, as far as it matters who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The service has dealt with it, whatever came of that.
    Answered,
    /// Nobody knows who they are.
    Unknown,
    /// They may not.
    Refused,
    /// What it is about is not there for them.
    Hidden,
}

impl Outcome {
    fn of(answer: &Result<Option<Vec<u8>>, Status>) -> Self {
        let Err(status) = answer else { return Self::Answered };
        let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
        match (status.code(), reason.as_str()) {
            (Code::Unauthenticated, _) => Self::Unknown,
            (Code::PermissionDenied, "NOT_PERMITTED") => Self::Refused,
            (Code::NotFound, _) if status.message().contains("there is no goal") => Self::Hidden,
            (Code::Unavailable, _) => panic!("{status}"),
            _ => Self::Answered,
        }
    }
}

/// What a call is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Goal,
    Namespace,
    Nothing,
}

/// A message of the call, about the goal or its namespace.
fn message(rpc: &str, goal: &str, namespace: &str) -> (About, Vec<u8>) {
    let namespace = namespace.to_owned();
    let (_, method) = rpc.rsplit_once('/').unwrap();
    let of_namespace = |message: Vec<u8>| (About::Namespace, message);
    if !rpc.starts_with("/goalpost.v1.CentralDecisionGroup/") {
        return (About::Nothing, Vec::new());
    }
    match method {
        "SubmitGoal" => of_namespace(
            SubmitGoalRequest { goal: "Brew some tea".into(), namespace, ..Default::default() }
                .encode_to_vec(),
        ),
        "PreviewPlan" => of_namespace(
            PreviewPlanRequest { goal: "Brew some tea".into(), namespace, ..Default::default() }
                .encode_to_vec(),
        ),
        "ListGoals" => of_namespace(ListGoalsRequest { namespace, ..Default::default() }.encode_to_vec()),
        "ListDecisions" => {
            of_namespace(ListDecisionsRequest { namespace, ..Default::default() }.encode_to_vec())
        }
        "ReadPayload" => {
            of_namespace(ReadPayloadRequest { id: goal.to_owned(), namespace, attempt: None }.encode_to_vec())
        }
        "WritePayload" => {
            let header = PayloadHeader { namespace, ..Default::default() };
            let message = Some(write_payload_request::Message::Header(header));
            of_namespace(WritePayloadRequest { message }.encode_to_vec())
        }
        "SimulateBlueprint" => (
            About::Goal,
            SimulateBlueprintRequest { goal_id: goal.to_owned(), ..Default::default() }.encode_to_vec(),
        ),
        "ListCatalog" | "ListWorkers" | "ListQueues" => (About::Nothing, Vec::new()),
        // The goal is the first field of all others.
        _ => (About::Goal, GetGoalRequest { id: goal.to_owned() }.encode_to_vec()),
    }
}

fn address<'a>(system: &'a Secured, rpc: &str) -> &'a str {
    match rpc.trim_start_matches("/goalpost.v1.").split('/').next().unwrap() {
        "CentralDecisionGroup" | "AccessControl" => &system.decision_group,
        "GraphEngine" | "Worker" => &system.graph_engine,
        "Persistence" => &system.persistence,
        "Planner" => &system.planner,
        other => panic!("{other} is served nowhere"),
    }
}

async fn outcome(system: &Secured, credentials: &Credentials, rpc: &str, message: Vec<u8>) -> Outcome {
    Outcome::of(&raw::call(address(system, rpc), credentials, rpc, message).await)
}

#[test]
fn every_call_of_the_api_has_a_rule_and_no_other_one() {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file;
    let calls: BTreeSet<String> = files
        .iter()
        .flat_map(|file| file.service.iter().map(move |service| (file, service)))
        .flat_map(|(file, service)| {
            let of = format!("/{}.{}", file.package(), service.name());
            service.method.iter().map(move |method| format!("{of}/{}", method.name()))
        })
        .collect();
    let ruled: BTreeSet<String> = RULES.iter().map(|rule| rule.rpc.to_owned()).collect();
    assert_eq!(calls, ruled);
}

/// Whoever has a role in one namespace, or everywhere.
struct Somebody {
    role: Role,
    is_everywhere: bool,
    credentials: Credentials,
}

impl Somebody {
    /// What the rules say of a call of theirs about a foreign namespace, or else about their own.
    fn expected(&self, rule: &Rule, about: About, is_foreign: bool) -> Outcome {
        // It has no database, so it knows no keys.
        if rule.rpc.starts_with("/goalpost.v1.Planner/") {
            return Outcome::Unknown;
        }
        let may = rule.roles.contains(&self.role) && (self.is_everywhere || !rule.everywhere);
        match (may, about) {
            (false, _) => Outcome::Refused,
            (true, About::Goal) if is_foreign && !self.is_everywhere => Outcome::Hidden,
            (true, About::Namespace) if is_foreign && !self.is_everywhere => Outcome::Refused,
            (true, _) => Outcome::Answered,
        }
    }
}

async fn everybody(system: &Secured) -> Vec<Somebody> {
    let mut everybody = Vec::new();
    for role in Role::ALL {
        for is_everywhere in [false, true] {
            // Workers have no namespace.
            if role == Role::Worker && !is_everywhere {
                continue;
            }
            let grant = format!("{role}@{}", if is_everywhere { "*" } else { "own" });
            let (_, key) = system.key(&grant, &[&grant]).await;
            everybody.push(Somebody { role, is_everywhere, credentials: system.holder(&key) });
        }
    }
    everybody
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_answered_to_those_alone_whom_its_rule_names() {
    let system = Secured::start().await;
    let administrator = system.client(&system.holder(BOOTSTRAP));
    let mut goals = Vec::new();
    for namespace in ["own", "foreign"] {
        let goal = tea().namespace(namespace);
        goals.push((administrator.submit(goal).await.unwrap().id, namespace));
    }
    let (mut cases, everybody) = (0, everybody(&system).await);
    for rule in RULES {
        for (goal, namespace) in &goals {
            let (about, message) = message(rule.rpc, goal, namespace);
            for somebody in &everybody {
                let outcome = outcome(&system, &somebody.credentials, rule.rpc, message.clone()).await;
                let expected = somebody.expected(rule, about, *namespace == "foreign");
                let (role, place) =
                    (somebody.role, if somebody.is_everywhere { "everywhere" } else { "own" });
                assert_eq!(outcome, expected, "{} by a {role} of {place} for {namespace}", rule.rpc);
                cases += 1;
            }
        }
        for service in ["decision-group", "graph-engine", "persistence", "planner", "stranger"] {
            let (_, message) = message(rule.rpc, &goals[0].0, "own");
            let outcome = outcome(&system, &system.service(service), rule.rpc, message).await;
            let may = rule.services.contains(&service);
            let expected = if may { Outcome::Answered } else { Outcome::Refused };
            assert_eq!(outcome, expected, "{} by the service {service}", rule.rpc);
            cases += 1;
        }
        let (_, message) = message(rule.rpc, &goals[0].0, "own");
        for stranger in [system.nobody(), system.holder("gpk_0"), system.holder("e30.e30.e30")] {
            assert_eq!(outcome(&system, &stranger, rule.rpc, message.clone()).await, Outcome::Unknown);
            cases += 1;
        }
    }
    println!("{} calls, {cases} cases: all as the rules say", RULES.len());
}
