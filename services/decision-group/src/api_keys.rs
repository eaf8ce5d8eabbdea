//! The `AccessControl` service: API keys.

use goalpost_access::{ApiKey, Grant, Kind};
use goalpost_model::limits::MAX_NAME_BYTES;
use goalpost_proto::v1::{
    self, CreateApiKeyRequest, CreateApiKeyResponse, GetCallerRequest, ListApiKeysRequest,
    ListApiKeysResponse, RevokeApiKeyRequest, access_control_server,
};
use goalpost_proto::{Violations, read_timestamp, timestamp};
use goalpost_service::access::Caller;
use goalpost_service::status;
use goalpost_store::Store;
use goalpost_store::api_keys::{self, NewKey, StoredKey};
use jiff::Timestamp;
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use crate::access::wrong;
use crate::requests;

/// Grants of one key.
const MAX_GRANTS: usize = 64;

pub(crate) struct AccessControl {
    pub(crate) store: Store,
}

#[tonic::async_trait]
impl access_control_server::AccessControl for AccessControl {
    async fn create_api_key(
        &self,
        request: Request<CreateApiKeyRequest>,
    ) -> Result<Response<CreateApiKeyResponse>, Status> {
        let caller = Caller::of(&request)?;
        let Wanted { name, grants, expires_at } =
            wanted(request.into_inner()).map_err(status::invalid_argument)?;
        if let Some(grant) = grants.iter().find(|grant| !caller.principal.may_give(grant)) {
            let message = format!(
                "'{}' may not give {grant}: administrators give what holds where they are ones",
                caller.principal.name
            );
            return Err(status::with_reason(Code::PermissionDenied, "NOT_YOURS_TO_GIVE", message));
        }
        let key = ApiKey::of(random()?);
        let new = NewKey {
            id: Uuid::now_v7(),
            name: &name,
            hash: &key.hash(),
            grants: grants.iter().map(ToString::to_string).collect(),
            created_by: &caller.principal.name,
            expires_at,
        };
        let stored = api_keys::insert(&self.store, &new).await.map_err(|error| status::store(&error))?;
        let Some(stored) = stored else {
            let message = format!("'{name}' has a key that is in use; revoke it first, or take another name");
            return Err(status::with_reason(Code::AlreadyExists, "ALREADY_EXISTS", message));
        };
        let (api_key, key) = (Some(shown(stored)), key.reveal().to_owned());
        Ok(Response::new(CreateApiKeyResponse { api_key, key }))
    }

    async fn list_api_keys(
        &self,
        request: Request<ListApiKeysRequest>,
    ) -> Result<Response<ListApiKeysResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ListApiKeysRequest { page_size, page_token } = request.into_inner();
        let mut violations = Violations::default();
        let size = requests::page_size(page_size, &mut violations);
        let after = requests::page_start(&page_token, &mut violations);
        violations.or(()).map_err(status::invalid_argument)?;
        let among = caller.principal.namespaces(caller.rule).map(|all| all.into_iter().collect::<Vec<_>>());
        let found = api_keys::list(&self.store, among.as_deref(), after, size + 1).await;
        let found = found.map_err(|error| status::store(&error))?;
        let (found, next_page_token) = requests::cut(found, size, |key| key.id.to_string());
        let api_keys = found.into_iter().map(shown).collect();
        Ok(Response::new(ListApiKeysResponse { api_keys, next_page_token }))
    }

    async fn revoke_api_key(
        &self,
        request: Request<RevokeApiKeyRequest>,
    ) -> Result<Response<v1::ApiKey>, Status> {
        let caller = Caller::of(&request)?;
        let RevokeApiKeyRequest { id: text } = request.into_inner();
        let id: Uuid = text.parse().map_err(|_| wrong("id", "must be the UUID of an API key"))?;
        let away = |error: goalpost_store::Error| status::store(&error);
        let absent = || status::not_found("API key", &text);
        let key = api_keys::get(&self.store, id).await.map_err(away)?.ok_or_else(absent)?;
        // Whoever could not have given it does not know that it is there.
        let is_theirs =
            |grant: &String| grant.parse::<Grant>().is_ok_and(|grant| caller.principal.may_give(&grant));
        if !key.grants.iter().all(is_theirs) {
            return Err(absent());
        }
        let revoked = api_keys::revoke(&self.store, id, &caller.principal.name).await.map_err(away)?;
        Ok(Response::new(shown(revoked.ok_or_else(absent)?)))
    }

    async fn get_caller(&self, request: Request<GetCallerRequest>) -> Result<Response<v1::Caller>, Status> {
        let caller = Caller::of(&request)?;
        let proof = match caller.principal.kind {
            Kind::Open => "open",
            Kind::Bootstrap => "bootstrap",
            Kind::ApiKey => "api_key",
            Kind::Token => "token",
            Kind::Service => "service",
        };
        Ok(Response::new(v1::Caller {
            name: caller.principal.name.clone(),
            proof: proof.to_owned(),
            grants: caller.principal.grants.iter().map(ToString::to_string).collect(),
        }))
    }
}

/// A key that is to be made.
struct Wanted {
    name: String,
    grants: Vec<Grant>,
    expires_at: Option<Timestamp>,
}

fn wanted(request: CreateApiKeyRequest) -> Result<Wanted, Violations> {
    let CreateApiKeyRequest { name, grants, expires_at } = request;
    let mut violations = Violations::default();
    if !(1..=MAX_NAME_BYTES).contains(&name.len()) || name.contains('\0') {
        violations.add(
            "name",
            format!("must say who shall have it: 1 to {MAX_NAME_BYTES} bytes, none of them NUL"),
        );
    }
    if !(1..=MAX_GRANTS).contains(&grants.len()) {
        violations.add("grants", format!("must have 1 to {MAX_GRANTS} grants, such as submitter@default"));
    }
    let mut read = Vec::new();
    for (place, grant) in grants.iter().enumerate() {
        match grant.parse() {
            Ok(grant) => read.push(grant),
            Err(error) => {
                let error: goalpost_access::InvalidGrant = error;
                violations.add(format!("grants[{place}]"), error.to_string());
            }
        }
    }
    let expires_at = expires_at.and_then(|time| read_timestamp(time, "expires_at", &mut violations));
    if expires_at.is_some_and(|end| end <= Timestamp::now()) {
        violations.add("expires_at", "must be in the future");
    }
    violations.or(Wanted { name, grants: read, expires_at })
}

fn shown(key: StoredKey) -> v1::ApiKey {
    let StoredKey { id, name, grants, created_by, created_at, expires_at, revoked_at } = key;
    v1::ApiKey {
        id: id.to_string(),
        name,
        grants,
        created_by,
        created_at: Some(timestamp(created_at)),
        expires_at: expires_at.map(timestamp),
        revoked_at: revoked_at.map(timestamp),
    }
}

/// Of the system's source of random bytes, which nobody guesses.
fn random() -> Result<[u8; 32], Status> {
    let mut bytes = [0; 32];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => {
            Err(status::with_reason(Code::Internal, "INTERNAL", format!("no random bytes: {error}")))
        }
    }
}
