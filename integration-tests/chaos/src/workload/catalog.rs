//! What the planner of a run knows: the capabilities of the workers, and one method for goals in words.

use goalpost_model::Capability;
use serde_json::{Value, json};

use crate::behaviour::{CAPABILITIES, MAKES_GRAPHS};

/// What the engine itself does: it waits.
pub(crate) const WAIT: &str = "goalpost.wait";

/// A goal in words that the catalog has a method for.
pub(crate) const REHEARSAL: &str = "Rehearse the disaster";

/// The condition of the method, and that it holds.
pub(crate) const CONDITION: (&str, bool) = ("tasks.prepare.output.value >= 5", true);

/// The capabilities as the catalog has them.
pub(crate) fn capabilities() -> Vec<Capability> {
    all().filter_map(|capability| serde_json::from_value(capability).ok()).collect()
}

/// The catalog as a file: JSON, which is YAML.
pub(crate) fn catalog() -> String {
    let step = |name, ms| {
        json!({"name": name, "capability": CAPABILITIES[0], "retry": {"max_attempts": 4, "initial_backoff_ms": 100},
               "input": {"ms": ms, "fail_first": 0, "value": 5}})
    };
    let method = json!({
        "name": "chaos.rehearsal",
        "patterns": [REHEARSAL],
        "tasks": [step("prepare", 20), step("perform", 300), step("leave", 5)],
        "edges": [
            {"from": "prepare", "to": "perform", "condition": CONDITION.0},
            {"from": "perform", "to": "leave"},
        ],
    });
    let capabilities: Vec<Value> = all().collect();
    json!({"capabilities": capabilities, "methods": [method]}).to_string()
}

fn all() -> impl Iterator<Item = Value> {
    let makes_graphs = json!({"name": MAKES_GRAPHS, "effect": "read", "output_schema": {"type": "object"}});
    CAPABILITIES.iter().map(|name| capability(name)).chain([makes_graphs])
}

fn capability(name: &str) -> Value {
    json!({
        "name": name,
        "effect": "write",
        "output_schema": {
            "type": "object", "properties": {"value": {"type": "integer"}}, "required": ["value"],
        },
    })
}
