//! From references to secrets.

use std::collections::BTreeMap;

use goalpost_model::limits::MAX_SECRETS;
use goalpost_model::{Failure, Secret, SecretReference};
use goalpost_secrets::{SecretError, find};
use serde_json::{Map, Value};

use super::Sources;

/// What the references of one input stand for, each by its text.
pub(super) type Secrets = BTreeMap<String, Secret>;

/// The secrets that the input refers to. Errors: `SECRET_NOT_FOUND`, `SECRET_INVALID`, `SECRET_UNAVAILABLE`.
pub(super) async fn secrets_of(input: &Map<String, Value>, sources: &Sources) -> Result<Secrets, Failure> {
    let mut references = BTreeMap::new();
    input.values().try_for_each(|value| gather(value, &mut references))?;
    if references.len() > MAX_SECRETS {
        let message = format!("the input refers to {} secrets; {MAX_SECRETS} are allowed", references.len());
        return Err(Failure::new(Failure::SECRET_INVALID, message));
    }
    let mut secrets = Secrets::new();
    for (text, reference) in references {
        let secret = find(&reference, sources).await.map_err(|error| failure(&text, &error))?;
        secrets.insert(text, secret);
    }
    Ok(secrets)
}

/// Puts the secrets in the places of their references.
pub(super) fn put_into(input: &mut Map<String, Value>, secrets: &Secrets) {
    input.values_mut().for_each(|value| put(value, secrets));
}

fn gather(value: &Value, references: &mut BTreeMap<String, SecretReference>) -> Result<(), Failure> {
    match value {
        Value::String(text) if text.starts_with(SecretReference::SCHEME) => {
            let reference = text.parse().map_err(|error| {
                let start: String = text.chars().take(64).collect();
                Failure::new(Failure::SECRET_INVALID, format!("'{start}' is {error}"))
            })?;
            references.insert(text.clone(), reference);
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| gather(item, references)),
        Value::Object(fields) => fields.values().try_for_each(|field| gather(field, references)),
        _ => Ok(()),
    }
}

fn put(value: &mut Value, secrets: &Secrets) {
    match value {
        Value::String(text) => {
            if let Some(secret) = secrets.get(text.as_str()) {
                secret.reveal().clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| put(item, secrets)),
        Value::Object(fields) => fields.values_mut().for_each(|field| put(field, secrets)),
        _ => {}
    }
}

fn failure(reference: &str, error: &SecretError) -> Failure {
    let kind = match error {
        SecretError::NotFound => Failure::SECRET_NOT_FOUND,
        SecretError::Invalid(_) => Failure::SECRET_INVALID,
        SecretError::Unavailable(_) => Failure::SECRET_UNAVAILABLE,
    };
    Failure::new(kind, format!("{reference}: {error}"))
}
