//! API keys, from their making to their end, and what their holders see.

use std::time::Duration;

use goalpost_proto::v1::{
    CreateApiKeyRequest, GetCallerRequest, ListApiKeysRequest, ListGoalsRequest, ResolveApprovalRequest,
    RevokeApiKeyRequest,
};
use goalpost_testkit::wait_for;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{BOOTSTRAP, Secured, tea};

/// How long a key lives that is to expire in a test.
const LIFE: Duration = Duration::from_secs(2);

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

fn wanted(name: &str, grants: &[&str]) -> CreateApiKeyRequest {
    let grants = grants.iter().map(|&grant| grant.to_owned()).collect();
    CreateApiKeyRequest { name: name.to_owned(), grants, expires_at: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_opens_nothing_after_it_was_revoked() {
    let system = Secured::start().await;
    let (made, key) = system.key("ann", &["submitter@default"]).await;
    let ann = system.client(&system.holder(&key));
    ann.submit(tea()).await.unwrap();
    let who = system.access_control(&system.holder(&key)).get_caller(GetCallerRequest {}).await.unwrap();
    assert_eq!((who.get_ref().name.as_str(), who.get_ref().proof.as_str()), ("ann", "api_key"));

    let mut admin = system.access_control(&system.holder(BOOTSTRAP));
    let twice = admin.create_api_key(wanted("ann", &["viewer@default"])).await.unwrap_err();
    assert_eq!((twice.code(), reason(&twice).as_str()), (Code::AlreadyExists, "ALREADY_EXISTS"));
    admin.revoke_api_key(RevokeApiKeyRequest { id: made.id.clone() }).await.unwrap();
    let refused = wait_for("the key to open nothing", async || {
        system.access_control(&system.holder(&key)).get_caller(GetCallerRequest {}).await.err()
    })
    .await;
    assert_eq!(refused.code(), Code::Unauthenticated);
    // The name is free, and what is listed says nothing of the key.
    admin.create_api_key(wanted("ann", &["viewer@default"])).await.unwrap();
    let listed = admin.list_api_keys(ListApiKeysRequest::default()).await.unwrap().into_inner().api_keys;
    assert_eq!(listed.len(), 2);
    assert!(listed[0].revoked_at.is_some() && listed[1].revoked_at.is_none());
    assert!(!format!("{listed:?}").contains("gpk_"));
    let stored = system.database.client().await;
    let rows = stored.query_one("SELECT string_agg(k::text, ' ') FROM api_keys k", &[]).await.unwrap();
    assert!(!rows.get::<_, String>(0).contains(key.trim_start_matches("gpk_")), "only the hash is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_expires() {
    let system = Secured::start().await;
    let mut request = wanted("ann", &["viewer@default"]);
    request.expires_at = Some(goalpost_proto::timestamp(Timestamp::now() + LIFE));
    let mut admin = system.access_control(&system.holder(BOOTSTRAP));
    let key = admin.create_api_key(request.clone()).await.unwrap().into_inner().key;
    let mut ann = system.access_control(&system.holder(&key));
    let refused =
        wait_for("the key to expire", async || ann.get_caller(GetCallerRequest {}).await.err()).await;
    assert!(refused.message().contains("has expired"), "{refused}");
    // What has expired before it is made is a mistake.
    request.name = "ben".to_owned();
    assert_eq!(admin.create_api_key(request).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_give_what_holds_where_they_are_ones() {
    let system = Secured::start().await;
    let (_, key) = system.key("of-a", &["admin@a"]).await;
    let (of_b, _) = system.key("of-b", &["viewer@b"]).await;
    let mut admin = system.access_control(&system.holder(&key));
    let mine =
        admin.create_api_key(wanted("mine", &["viewer@a"])).await.unwrap().into_inner().api_key.unwrap();
    for grants in [&["viewer@b"][..], &["viewer@a", "admin@*"], &["worker@*"]] {
        let refused = admin.create_api_key(wanted("x", grants)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_YOURS_TO_GIVE", "{grants:?}");
    }
    let listed = admin.list_api_keys(ListApiKeysRequest::default()).await.unwrap().into_inner().api_keys;
    assert_eq!(listed.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["of-a", "mine"]);
    let hidden = admin.revoke_api_key(RevokeApiKeyRequest { id: of_b.id }).await.unwrap_err();
    assert_eq!(hidden.code(), Code::NotFound);
    admin.revoke_api_key(RevokeApiKeyRequest { id: mine.id }).await.unwrap();
    let wrong = admin.create_api_key(wanted("", &["root@a", "worker@a"])).await.unwrap_err();
    let fields = wrong.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<&str> = fields.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["name", "grants[0]", "grants[1]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_one_namespace_means_that_one_and_sees_no_other() {
    let system = Secured::start().await;
    let admin = system.client(&system.holder(BOOTSTRAP));
    let foreign = admin.submit(tea().namespace("b")).await.unwrap();
    let (_, key) = system.key("ann", &["submitter@a"]).await;
    let (_, both) = system.key("both", &["viewer@a", "viewer@b"]).await;
    let ann = system.client(&system.holder(&key));
    let own = ann.submit(tea()).await.unwrap();
    assert_eq!(own.namespace, "a");
    let ids = async |credentials| {
        let listed = system.client(&credentials).list(ListGoalsRequest::default()).await.unwrap();
        listed.goals.into_iter().map(|goal| goal.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(system.holder(&key)).await, std::slice::from_ref(&own.id));
    assert_eq!(ids(system.holder(&both)).await, [own.id.clone(), foreign.id.clone()]);
    let hidden =
        ann.raw().get_goal(goalpost_client::v1::GetGoalRequest { id: foreign.id }).await.unwrap_err();
    assert_eq!(hidden.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_offers_what_its_key_names_and_the_goal_is_done() {
    let system = Secured::start().await;
    let (_, narrow) = system.key("narrow", &["worker:test.echo@*"]).await;
    let refused = system.worker(system.holder(&narrow)).run(CancellationToken::new()).await.unwrap_err();
    assert!(
        refused.to_string().contains("test.other") || format!("{refused:?}").contains("test.other"),
        "{refused:?}"
    );
    let (_, wide) = system.key("wide", &["worker:test.*@*"]).await;
    let stop = CancellationToken::new();
    let working = tokio::spawn(system.worker(system.holder(&wide)).run(stop.clone()));
    let (_, key) = system.key("ann", &["submitter@default"]).await;
    let ann = system.client(&system.holder(&key));
    let goal = ann.submit(tea()).await.unwrap();
    let ended = ann.wait(&goal.id).await.unwrap();
    assert!(ended.result.is_some(), "{ended:?}");
    stop.cancel();
    working.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_in_the_name_of_others() {
    let system = Secured::start().await;
    let admin = system.client(&system.holder(BOOTSTRAP));
    let goal = admin.submit(tea()).await.unwrap();
    let (_, key) = system.key("ann", &["approver@default"]).await;
    let request = ResolveApprovalRequest {
        id: goal.id,
        task: "heat".to_owned(),
        approved: true,
        by: "ben".to_owned(),
        reason: String::new(),
    };
    let refused = system.client(&system.holder(&key)).raw().resolve_approval(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "NOT_YOURSELF"));
}
