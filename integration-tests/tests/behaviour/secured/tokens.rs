//! Tokens of an identity provider.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::routing::get;
use goalpost_proto::v1::{Caller, GetCallerRequest};
use goalpost_service::access::OidcArgs;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::KeyPair;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tonic::{Code, Status};

use super::{Secured, tea};

const AUDIENCE: &str = "goalpost";

/// An identity provider, on this machine.
struct Provider {
    issuer: String,
    published: Arc<Mutex<JwkSet>>,
}

/// A key that it signs with.
struct Signer {
    name: String,
    key: EncodingKey,
}

impl Signer {
    fn new(name: &str) -> Self {
        let pair = KeyPair::generate().unwrap();
        Self { name: name.to_owned(), key: EncodingKey::from_ec_der(&pair.serialize_der()) }
    }

    fn jwk(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some(self.name.clone());
        jwk
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.name.clone()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &self.key).unwrap()
    }
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let published: Arc<Mutex<JwkSet>> = Arc::new(Mutex::new(JwkSet { keys: Vec::new() }));
        let discovery = json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }).to_string();
        let keys = Arc::clone(&published);
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(async move || discovery.clone()))
            .route("/keys", get(async move || serde_json::to_string(&*keys.lock().unwrap()).unwrap()));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { issuer, published }
    }

    fn publish(&self, signers: &[&Signer]) {
        self.published.lock().unwrap().keys = signers.iter().map(|signer| signer.jwk()).collect();
    }

    fn args(&self) -> OidcArgs {
        OidcArgs {
            oidc_issuer: Some(self.issuer.clone()),
            oidc_audience: Some(AUDIENCE.to_owned()),
            oidc_grants_claim: "goalpost_grants".to_owned(),
        }
    }

    /// What a token of Ann's says; `change` goes over it.
    fn claims(&self, change: Value) -> Value {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let mut claims = json!({
            "iss": self.issuer, "aud": AUDIENCE, "sub": "ann", "exp": now + 600,
            "goalpost_grants": ["submitter@a", "a grant of a later version"],
        });
        let object = claims.as_object_mut().unwrap();
        for (name, value) in change.as_object().unwrap().clone() {
            // A time is told from now on.
            let value = match (name.as_str(), value.as_i64()) {
                ("exp" | "nbf", Some(seconds)) => json!(now + seconds),
                _ => value,
            };
            object.insert(name, value);
        }
        claims
    }
}

async fn who(system: &Secured, token: &str) -> Result<Caller, Status> {
    let mut access = system.access_control(&system.holder(token));
    Ok(access.get_caller(GetCallerRequest {}).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_who_its_holder_is_and_what_they_may() {
    let provider = Provider::start().await;
    let signer = Signer::new("one");
    provider.publish(&[&signer]);
    let system = Secured::start_with(provider.args()).await;
    let token = signer.sign(&provider.claims(json!({})));
    let ann = who(&system, &token).await.unwrap();
    assert_eq!((ann.name.as_str(), ann.proof.as_str()), ("ann", "token"));
    assert_eq!(ann.grants, ["submitter@a"]);
    let goal = system.client(&system.holder(&token)).submit(tea()).await.unwrap();
    assert_eq!(goal.namespace, "a");
    // Clocks may be a little apart.
    let skewed = [json!({ "exp": -30 }), json!({ "nbf": 30 }), json!({ "aud": ["others", AUDIENCE] })];
    for change in skewed {
        who(&system, &signer.sign(&provider.claims(change))).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_others_for_others_or_out_of_time_is_not_believed() {
    let provider = Provider::start().await;
    let (signer, stranger) = (Signer::new("one"), Signer::new("one"));
    provider.publish(&[&signer]);
    let system = Secured::start_with(provider.args()).await;
    let wrong = [
        json!({ "exp": -600 }),
        json!({ "nbf": 600 }),
        json!({ "aud": "others" }),
        json!({ "iss": "https://elsewhere" }),
        json!({ "exp": null }),
        json!({ "sub": null }),
    ];
    let mut tokens: Vec<String> =
        wrong.into_iter().map(|change| signer.sign(&provider.claims(change))).collect();
    // Signed by somebody else under the same name; by a secret that is known to everybody; by nobody.
    tokens.push(stranger.sign(&provider.claims(json!({}))));
    let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
    let secret = EncodingKey::from_secret(b"a secret that everybody knows, and long").unwrap();
    tokens.push(encode(&header, &provider.claims(json!({})), &secret).unwrap());
    let good = signer.sign(&provider.claims(json!({})));
    tokens.push(format!("{}.", good.rsplit_once('.').unwrap().0));
    for token in tokens {
        assert_eq!(who(&system, &token).await.unwrap_err().code(), Code::Unauthenticated, "{token}");
    }
    who(&system, &good).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_changes_its_keys() {
    let provider = Provider::start().await;
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    // Nothing is published when the system starts: that is no reason not to start.
    let system = Secured::start_with(provider.args()).await;
    provider.publish(&[&old, &new]);
    for signer in [&old, &new] {
        who(&system, &signer.sign(&provider.claims(json!({})))).await.unwrap();
    }
}
