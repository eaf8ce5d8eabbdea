//! Which fields of a part differ.

use std::collections::BTreeSet;

use goalpost_model::canonical_json;
use serde_json::Value;

use super::FieldChange;

/// The fields that differ, objects inside one another as dotted names. 1 and 1.0 are the same, as in
/// the canonical form.
pub(super) fn changed_fields(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare(String::new(), Some(before), Some(after), &mut found);
    found
}

fn compare(field: String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<FieldChange>) {
    // An object that is absent has no fields.
    let names = |value: Option<&Value>| match value {
        None => Some(BTreeSet::new()),
        Some(Value::Object(fields)) => Some(fields.keys().cloned().collect::<BTreeSet<String>>()),
        Some(_) => None,
    };
    if let (Some(old), Some(new)) = (names(before), names(after))
        && !(old.is_empty() && new.is_empty())
    {
        for name in old.union(&new) {
            let path = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
            compare(path, within(before, name), within(after, name), found);
        }
        return;
    }
    if before.map(canonical_json) != after.map(canonical_json) {
        found.push(FieldChange { field, before: before.cloned(), after: after.cloned() });
    }
}

fn within<'a>(value: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    value.and_then(|value| value.get(name))
}
