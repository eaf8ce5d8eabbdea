//! What the planner of a run knows: the capabilities of the workers, a method for goals in words, and two ways to goals of a
//! type, of which the first one always fails.

use goalpost_model::Capability;
use serde_json::{Value, json};

use crate::behaviour::{CAPABILITIES, MAKES_GRAPHS};

/// What the engine itself does: it waits.
pub(crate) const WAIT: &str = "goalpost.wait";

/// A goal in words that the catalog has a method for.
pub(crate) const REHEARSAL: &str = "Rehearse the disaster";

/// The type of goals that are planned anew while they run, and the tasks of their first plan.
pub(crate) const ERRAND: (&str, [&str; 2]) = ("chaos.errand", ["begin", "stumble"]);

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
    let (errand, [begin, stumble]) = ERRAND;
    let stumbles = json!({"name": stumble, "capability": CAPABILITIES[1], "retry": {"max_attempts": 2, "initial_backoff_ms": 50},
                          "input": {"ms": 20, "fail_first": 1_000, "value": 5}});
    let way = |name: &str, priority: u32, second: Value| {
        json!({"name": format!("{errand}.{name}"), "type": errand, "priority": priority, "max_replans": 2,
               "edges": [{"from": begin, "to": second["name"]}], "tasks": [step(begin, 20), second]})
    };
    let ways = [way("first", 2, stumbles), way("second", 1, step("finish", 50))];
    let methods: Vec<Value> = [method].into_iter().chain(ways).collect();
    let capabilities: Vec<Value> = all().collect();
    json!({"capabilities": capabilities, "methods": methods}).to_string()
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
