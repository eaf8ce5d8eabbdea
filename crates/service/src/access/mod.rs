//! Who calls, and whether they may: before a call reaches its service.
//!
//! A guard before every service finds out who somebody is, by their certificate, key or token, and whether they may make
//! the call at all (`goalpost-access` has the rules). What the call is about is known to its service alone, which asks
//! [`Caller::may_in`].

mod args;
mod keys;
mod layer;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;

use goalpost_access::{Grant, HASH_BYTES, Kind, Principal, Role, Rule, hash, is_api_key, rule};
use goalpost_model::Namespace;
use goalpost_store::Store;
use http::{HeaderMap, header};
use tonic::{Code, Request, Status};

use crate::connection::Peer;
use crate::status;

pub use args::{AccessArgs, Auth, Error, OidcArgs, TlsArgs};
use keys::Keys;
pub(crate) use layer::Guard;
use tokens::Tokens;

/// What is written of calls goes out under this name, for those who keep it elsewhere.
const AUDIT: &str = "goalpost::audit";
/// How the certificate of a service names it.
const SERVICE_URI: &str = "spiffe://goalpost/service/";
/// Who has the key that a deployment begins with.
const BOOTSTRAP: &str = "bootstrap";

/// Finds out who calls. Cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<Ways>);

/// The ways to prove who one is.
struct Ways {
    is_open: bool,
    bootstrap: Option<[u8; HASH_BYTES]>,
    keys: Option<Keys>,
    tokens: Option<Tokens>,
}

/// Somebody who makes a call that they may make somewhere; in the extensions of its request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who it is.
    pub principal: Arc<Principal>,
    /// What the call is.
    pub rule: &'static Rule,
    /// Where it comes from.
    from: Option<SocketAddr>,
}

impl Access {
    /// By these settings. `store` has the API keys; without it nobody has one here.
    pub fn new(args: &AccessArgs, store: Option<Store>) -> Result<Self, Error> {
        args.check()?;
        Ok(Self(Arc::new(Ways {
            is_open: args.auth == Auth::Open,
            bootstrap: args.bootstrap_key.as_ref().map(|key| hash(key.reveal())),
            keys: store.map(Keys::new),
            tokens: Tokens::new(&args.oidc)?,
        })))
    }

    /// Whether somebody has to be known to be answered.
    pub(crate) fn is_open(&self) -> bool {
        self.0.is_open
    }

    /// Lets the call in, or says why not.
    async fn admit(&self, rpc: &str, headers: &HeaderMap, peer: Option<&Peer>) -> Result<Caller, Status> {
        let principal = self.identify(headers, peer).await?;
        let Some(rule) = rule(rpc) else {
            return Err(Status::unimplemented(format!("there is no call {rpc}")));
        };
        let caller = Caller { principal, rule, from: peer.and_then(|peer| peer.address) };
        if !caller.principal.may(rule) {
            return Err(caller.refused(None));
        }
        if rule.administrative && !self.is_open() {
            caller.note("allowed");
        }
        Ok(caller)
    }

    async fn identify(&self, headers: &HeaderMap, peer: Option<&Peer>) -> Result<Arc<Principal>, Status> {
        let Ways { is_open, bootstrap, keys, tokens } = &*self.0;
        if *is_open {
            return Ok(Arc::new(Principal::open()));
        }
        let Some(shown) = headers.get(header::AUTHORIZATION) else {
            let service =
                peer.and_then(|peer| peer.uris.iter().find_map(|uri| uri.strip_prefix(SERVICE_URI)));
            return match service {
                Some(service) => Ok(Arc::new(Principal::service(service))),
                None => Err(unknown("show an API key or a token as metadata 'authorization: Bearer KEY'")),
            };
        };
        let shown = shown.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
        let Some(shown) = shown else {
            return Err(unknown("write the metadata 'authorization' as 'Bearer KEY'"));
        };
        // Of keys only the hash is compared: how long that takes says nothing of the key.
        if bootstrap.is_some_and(|own| own == hash(shown)) {
            let grants = vec![Grant::everywhere(Role::Admin)];
            let principal = Principal { kind: Kind::Bootstrap, name: BOOTSTRAP.to_owned(), grants };
            return Ok(Arc::new(principal));
        }
        match (is_api_key(shown), keys, tokens) {
            (true, Some(keys), _) => keys.owner(shown).await,
            (false, _, Some(tokens)) => tokens.subject(shown).await,
            (true, None, _) => Err(unknown("this service takes no API keys")),
            (false, _, None) => Err(unknown("the key is none that this service knows")),
        }
    }
}

impl Caller {
    /// Who makes the call. Errors: nobody was asked who they are, which is a mistake of the service.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let caller = request.extensions().get::<Self>().cloned();
        caller.ok_or_else(|| status::with_reason(Code::Internal, "INTERNAL", "the call was not guarded"))
    }

    /// Whether they may do this in the namespace. Errors: PERMISSION_DENIED.
    pub fn may_in(&self, namespace: &Namespace) -> Result<(), Status> {
        if self.principal.may_in(self.rule, namespace) { Ok(()) } else { Err(self.refused(Some(namespace))) }
    }

    /// Notes that they may not, and says so.
    pub fn refused(&self, namespace: Option<&Namespace>) -> Status {
        self.note("refused");
        metrics::counter!("goalpost_calls_refused_total", "reason" => "NOT_PERMITTED").increment(1);
        let Self { principal, rule, .. } = self;
        let call = rule.rpc.rsplit('/').next().unwrap_or_default();
        let place = match namespace {
            Some(namespace) => format!("in namespace {namespace}"),
            None if rule.everywhere => "for every namespace".to_owned(),
            None => "anywhere".to_owned(),
        };
        let roles: Vec<&str> = rule.roles.iter().map(|role| role.as_str()).collect();
        let needed = match roles.as_slice() {
            [] => "it is for the system's own services".to_owned(),
            roles => format!("it needs one of the roles {}", roles.join(", ")),
        };
        let message = format!("'{}' may not call {call} {place}; {needed}", principal.name);
        status::with_reason(Code::PermissionDenied, "NOT_PERMITTED", message)
    }

    fn note(&self, outcome: &str) {
        let Self { principal: by, rule, from } = self;
        tracing::info!(target: AUDIT, by = by.name, kind = ?by.kind, ?from, call = rule.rpc, outcome, "access");
    }
}

/// UNAUTHENTICATED, with what to do.
fn unknown(hint: &str) -> Status {
    metrics::counter!("goalpost_calls_refused_total", "reason" => "UNAUTHENTICATED").increment(1);
    status::with_reason(Code::Unauthenticated, "UNAUTHENTICATED", format!("nobody knows who you are: {hint}"))
}
