//! What a task of a replay asks of its worker.

use goalpost_model::{Capability, Effect};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The capability that every task of a replay uses. `catalogs/wfformat.yaml` has it for planners.
pub const CAPABILITY: &str = "wfformat.sleep";

/// The input: for how long, and in whose place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sleep {
    /// The task's id in the trace; the blueprint's names are made of it.
    pub id: String,
    /// How long, in milliseconds.
    pub duration_ms: u64,
}

/// The output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slept {
    /// How long it was in fact, in milliseconds.
    pub slept_ms: f64,
}

/// The definition, so that a blueprint can be checked without a catalog.
pub fn capability() -> Capability {
    Capability {
        name: CAPABILITY.to_owned(),
        description: "Sleeps as long as a recorded task took, in its place.".to_owned(),
        input_schema: Some(json!({
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "duration_ms": {"type": "integer", "minimum": 0},
            },
            "required": ["id", "duration_ms"],
            "additionalProperties": false,
        })),
        output_schema: Some(json!({
            "type": "object",
            "properties": {"slept_ms": {"type": "number"}},
            "required": ["slept_ms"],
            "additionalProperties": false,
        })),
        effect: Effect::Read,
        cost: None,
    }
}
