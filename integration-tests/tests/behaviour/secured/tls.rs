//! Certificates: whose are believed, and when they change.

use goalpost_client::v1::WatchGoalRequest;
use goalpost_testkit::wait_for;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::certificates::Authority;
use super::{BOOTSTRAP, Secured, believing, tea};
use crate::raw_call;

const OF_SERVICES: &str = "/goalpost.v1.GraphEngine/GetWorkflow";

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_or_out_of_time_connects_nobody() {
    let system = Secured::start().await;
    let other = Authority::new(system.folder.path(), "other");
    let ours = system.authority.certificate();
    let failing = [
        // The caller does not believe the system.
        believing(other.certificate(), None),
        // The system does not believe the caller.
        believing(ours.clone(), Some(other.service("decision-group"))),
        believing(ours.clone(), Some(system.authority.expired("decision-group"))),
    ];
    for credentials in failing {
        let refused =
            raw_call::call(&system.graph_engine, &credentials, OF_SERVICES, Vec::new()).await.unwrap_err();
        // With TLS 1.3 a caller is done before its certificate is looked at: it may hear of it as a connection that does not
        // come about, or as one that is closed in the middle of the call. No service has answered in any case.
        let unheard = matches!(refused.code(), Code::Unavailable | Code::Unknown | Code::Cancelled);
        assert!(unheard && refused.details().is_empty(), "{refused:?}");
    }
    // Without one there is a connection, but it is nobody's; with the right one it is the service's.
    let nobody =
        raw_call::call(&system.graph_engine, &system.nobody(), OF_SERVICES, Vec::new()).await.unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated);
    let group = believing(ours, Some(system.authority.service("decision-group")));
    let answered = raw_call::call(&system.graph_engine, &group, OF_SERVICES, Vec::new()).await.unwrap_err();
    assert_eq!(answered.code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_speaks_no_tls_is_not_answered() {
    let system = Secured::start().await;
    let plain = system.decision_group.replace("https://", "http://");
    let key = system.holder(BOOTSTRAP);
    let refused =
        raw_call::call(&plain, &key, "/goalpost.v1.CentralDecisionGroup/ListGoals", Vec::new()).await;
    assert!(refused.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_replaced_while_a_stream_is_open() {
    let system = Secured::start().await;
    let administrator = system.client(&system.holder(BOOTSTRAP));
    let goal = administrator.submit(tea()).await.unwrap();
    let request = WatchGoalRequest { id: goal.id.clone(), after: 0 };
    let mut events = administrator.raw().watch_goal(request).await.unwrap().into_inner();
    assert!(events.message().await.unwrap().is_some());
    // Another authority, and certificates of it for everybody, in the same files.
    let next = Authority::new(system.folder.path(), "ca");
    for service in ["decision-group", "graph-engine", "persistence", "planner"] {
        next.service(service);
    }
    // New connections are made with them, those of services to each other among them.
    let (_, key) = system.key("worker", &["worker@*"]).await;
    let stop = CancellationToken::new();
    let working = tokio::spawn(system.worker(system.holder(&key)).run(stop.clone()));
    let again = system.client(&system.holder(BOOTSTRAP));
    again.submit(tea()).await.unwrap();
    // The stream from before goes on to the goal's end.
    let mut last = None;
    while let Some(event) = events.message().await.unwrap() {
        last = Some(event.number);
    }
    let ended = wait_for("the goal's end", async || {
        again.get(&goal.id).await.ok().filter(|goal| goal.ended_at.is_some())
    })
    .await;
    assert!(ended.result.is_some() && last.is_some(), "{ended:?}");
    stop.cancel();
    working.await.unwrap().unwrap();
}
