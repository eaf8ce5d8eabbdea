//! Tokens (JWT) of an identity provider, checked by the keys that it publishes (OpenID Connect).

use std::sync::Arc;
use std::time::{Duration, Instant};

use goalpost_access::{Grant, Kind, Principal};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tonic::Status;

use super::{Error, OidcArgs, unknown};
use crate::{describe, status};

/// How far the provider's clock and this one may be apart.
const SKEW_SECONDS: u64 = 60;
/// Published keys are fetched anew when they are older.
const FRESH: Duration = Duration::from_secs(600);
/// A token with a key that is not known has them fetched, but not more often.
const PAUSE: Duration = Duration::from_secs(10);
/// How long the provider may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// What a provider signs with. With a secret that both sides know, this side could make tokens itself.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// Checks tokens of one provider.
pub(super) struct Tokens {
    issuer: String,
    audience: String,
    grants_claim: String,
    http: reqwest::Client,
    published: Mutex<Published>,
}

/// Keys as they were published last.
#[derive(Default)]
struct Published {
    keys: Arc<JwkSet>,
    fetched: Option<Instant>,
}

/// Where a provider publishes its keys.
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

/// Who the token is about, and what else it says.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Tokens {
    /// `None` if no provider is set.
    pub(super) fn new(args: &OidcArgs) -> Result<Option<Self>, Error> {
        let Some(issuer) = args.oidc_issuer.clone() else { return Ok(None) };
        let audience = args.oidc_audience.clone().ok_or(Error::NoAudience)?;
        if !may_publish(&issuer) {
            return Err(Error::Issuer);
        }
        goalpost_tls::install_provider();
        let http = reqwest::Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build()?;
        let grants_claim = args.oidc_grants_claim.clone();
        Ok(Some(Self { issuer, audience, grants_claim, http, published: Mutex::default() }))
    }

    /// Whose token it is. Errors: UNAUTHENTICATED; UNAVAILABLE if the provider's keys cannot be fetched.
    pub(super) async fn subject(&self, token: &str) -> Result<Arc<Principal>, Status> {
        let header =
            decode_header(token).map_err(|_| unknown("the key is no API key, and no token (JWT)"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(unknown("the token is signed in a way that is not believed"));
        }
        let Some(key) = self.key(header.kid.as_deref()).await? else {
            return Err(unknown("the token is signed with a key that its issuer does not publish"));
        };
        let key = DecodingKey::from_jwk(&key).map_err(|_| unknown("the issuer's key cannot be used"))?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = SKEW_SECONDS;
        let claims = decode::<Claims>(token, &key, &validation)
            .map_err(|error| unknown(&format!("the token is not believed: {error}")))?
            .claims;
        let grants = grants(claims.others.get(&self.grants_claim));
        Ok(Arc::new(Principal { kind: Kind::Token, name: claims.sub, grants }))
    }

    /// The published key of this name; the only one there is if the token names none.
    async fn key(&self, name: Option<&str>) -> Result<Option<Jwk>, Status> {
        // Held while keys are fetched: everybody who comes meanwhile needs them, too.
        let mut published = self.published.lock().await;
        let age = published.fetched.map(|fetched| fetched.elapsed());
        let found = find(&published.keys, name);
        let fetch = match (age, &found) {
            (None, _) => true,
            (Some(age), Some(_)) => age > FRESH,
            (Some(age), None) => age > PAUSE,
        };
        if !fetch {
            return Ok(found);
        }
        match self.fetch().await {
            Ok(keys) => {
                *published = Published { keys: Arc::new(keys), fetched: Some(Instant::now()) };
                Ok(find(&published.keys, name))
            }
            Err(error) => {
                tracing::warn!(error = describe(&error), issuer = self.issuer, "its keys cannot be fetched");
                match found {
                    // Better an old key than nobody.
                    Some(key) => Ok(Some(key)),
                    None => Err(status::unavailable("the identity provider", &error)),
                }
            }
        }
    }

    async fn fetch(&self) -> Result<JwkSet, Fetching> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let found: Discovered = self.get(&url).await?;
        if found.issuer != self.issuer || !may_publish(&found.jwks_uri) {
            return Err(Fetching::Discovery(found.issuer));
        }
        self.get(&found.jwks_uri).await
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, Fetching> {
        Ok(self.http.get(url).send().await?.error_for_status()?.json().await?)
    }
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
enum Fetching {
    #[error("the provider does not answer as it should")]
    Http(#[from] reqwest::Error),
    #[error("the provider says that it is '{0}', or publishes keys where others may change them")]
    Discovery(String),
}

/// Keys have to come over a secured connection, or from this machine.
fn may_publish(url: &str) -> bool {
    let Ok(url) = url.parse::<http::Uri>() else { return false };
    let is_local = matches!(url.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme_str() == Some("https") || (url.scheme_str() == Some("http") && is_local)
}

fn find(keys: &JwkSet, name: Option<&str>) -> Option<Jwk> {
    let is_public = |key: &&Jwk| !matches!(key.algorithm, AlgorithmParameters::OctetKey(_));
    let mut usable = keys.keys.iter().filter(is_public);
    match name {
        Some(name) => usable.find(|key| key.common.key_id.as_deref() == Some(name)).cloned(),
        None => usable.next().filter(|_| keys.keys.len() == 1).cloned(),
    }
}

/// The grants that a claim lists. What is none of this version's counts as nothing.
fn grants(claim: Option<&Value>) -> Vec<Grant> {
    let texts = claim.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    texts.filter_map(|text| text.parse().ok()).collect()
}
