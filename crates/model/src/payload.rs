//! Values that are too large to be carried, and the references that stand for them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Blueprint, Digest, PayloadId, all_tasks};

/// What stands for a stored payload, as JSON `{"$payload": ID, "bytes": N, "sha256": HEX, "content_type": TYPE}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadReference {
    /// Which payload.
    #[serde(rename = "$payload")]
    pub id: PayloadId,
    /// How many bytes it has.
    pub bytes: u64,
    /// The SHA-256 digest of its bytes.
    pub sha256: Digest,
    /// What kind of bytes, for those who read them.
    pub content_type: String,
}

impl PayloadReference {
    /// The field that makes an object a reference.
    pub const FIELD: &str = "$payload";
    /// What the bytes are, if nobody says.
    pub const CONTENT_TYPE: &str = "application/octet-stream";

    /// Every payload that a value refers to.
    pub fn ids_in<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<PayloadId> {
        let mut found = BTreeSet::new();
        values.into_iter().for_each(|value| gather(value, &mut found));
        found
    }

    /// Every payload that the constants of a blueprint refer to.
    pub fn ids_in_blueprint(blueprint: &Blueprint) -> BTreeSet<PayloadId> {
        let constants = all_tasks(&blueprint.tasks).flat_map(|task| {
            let undo = task.compensate_with.iter().flat_map(|undo| undo.input.values());
            task.input.values().chain(undo)
        });
        Self::ids_in(constants)
    }
}

fn gather(value: &Value, found: &mut BTreeSet<PayloadId>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(fields) => {
            let id = fields.get(PayloadReference::FIELD).and_then(Value::as_str);
            found.extend(id.and_then(|id| id.parse::<PayloadId>().ok()));
            fields.values().for_each(|field| gather(field, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "018f4d3a-0000-7000-8000-000000000001";

    #[test]
    fn a_reference_survives_its_form_as_json() {
        let digest = Digest::of(b"hello");
        let json =
            json!({"$payload": ID, "bytes": 5, "sha256": digest.to_string(), "content_type": "text/plain"});
        let reference: PayloadReference = serde_json::from_value(json.clone()).unwrap();
        assert_eq!((reference.id.to_string().as_str(), reference.sha256), (ID, digest));
        assert_eq!(serde_json::to_value(reference).unwrap(), json);
    }

    #[test]
    fn references_are_found_wherever_they_are() {
        let value =
            json!({"a": [{"b": {"$payload": ID}}, {"$payload": "x"}, {"$payload": 1}], "$payload": {}});
        let found: Vec<String> = PayloadReference::ids_in([&value]).iter().map(ToString::to_string).collect();
        assert_eq!(found, [ID]);
    }
}
