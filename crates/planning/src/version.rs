//! What a catalog is, in one number.

use goalpost_model::{Digest, canonical_json};
use serde_json::{Value, json};

use crate::yaml::Item;

/// The digest of what the files say, whatever their layout, comments and names are: capabilities by name, templates
/// and methods in the order in which they are tried.
pub(crate) fn of(capabilities: &[Item], methods: &[&Item]) -> Digest {
    let mut capabilities: Vec<&Value> = capabilities.iter().map(|item| &item.value).collect();
    capabilities.sort_by_key(|value| value.get("name").and_then(Value::as_str));
    let methods: Vec<Value> =
        methods.iter().map(|item| json!({"kind": item.kind, "value": item.value})).collect();
    Digest::of(canonical_json(&json!({"capabilities": capabilities, "methods": methods})).as_bytes())
}
