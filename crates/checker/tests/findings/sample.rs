//! Blueprints in short, and the catalog that they are checked against.

use goalpost_checker::check;
use goalpost_model::{Blueprint, Capability};
use serde_json::{Value, json};

/// The catalog of all these tests. `any` takes and gives anything.
pub(crate) fn catalog() -> Vec<Capability> {
    let catalog = json!([
        {"name": "any"},
        {
            "name": "weather.fetch",
            "input_schema": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "options": {
                        "type": "object",
                        "properties": {"units": {"enum": ["metric", "imperial"]}},
                        "additionalProperties": false
                    }
                },
                "required": ["city"],
                "additionalProperties": false
            },
            "output_schema": {
                "type": "object",
                "properties": {
                    "degrees": {"type": "number"},
                    "days": {"type": "array", "items": {"type": "object"}},
                    "station": {"type": "object", "properties": {"name": {}}, "additionalProperties": false}
                },
                "additionalProperties": false
            }
        },
        {
            "name": "ticket.read",
            "input_schema": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "limit": {"type": "integer"},
                    "state": {"enum": ["OPEN", "DONE"]},
                    "tags": {"type": ["array", "null"]}
                }
            },
            "output_schema": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "state": {"enum": ["OPEN", "DONE"]},
                    "hours": {"type": "number"},
                    "votes": {"type": "integer", "minimum": 0, "maximum": 10},
                    "urgent": {"type": "boolean"},
                    "code": {"type": "string", "pattern": "^[AB]$"},
                    "owner": {"type": ["string", "null"]},
                    "comments": {"type": "array", "items": {
                        "type": "object",
                        "properties": {"text": {"type": "string"}, "likes": {"type": "integer"}},
                        "additionalProperties": false
                    }}
                },
                "additionalProperties": false
            }
        },
        {"name": "llm.ask", "cost": {"money_micros": 20_000, "tokens": 1_000, "latency_ms": 900}},
        {
            "name": "orders.list",
            "effect": "read",
            "cost": {"money_micros": 0, "tokens": 0},
            "output_schema": {
                "type": "object",
                "properties": {"orders": {"type": "array", "maxItems": 20}, "many": {"type": "array"}},
                "additionalProperties": false
            }
        },
        {"name": "gold.buy", "cost": {"money_micros": 1_000_000_000_000_001_u64}},
        {"name": "schema.broken", "output_schema": {"type": "sometimes"}},
        {"name": "badly named"}
    ]);
    serde_json::from_value(catalog).unwrap()
}

/// A blueprint of tasks and edges; a task may be just its name. Tasks do `any` if they do not
/// say what else.
pub(crate) fn blueprint(tasks: Value, edges: Value) -> Blueprint {
    let tasks: Vec<Value> = tasks.as_array().unwrap().iter().map(task).collect();
    serde_json::from_value(json!({"name": "sample", "tasks": tasks, "edges": edges})).unwrap()
}

fn task(short: &Value) -> Value {
    let Some(fields) = short.as_object() else { return json!({"name": short, "capability": "any"}) };
    let mut task = json!({"capability": "any"});
    task.as_object_mut().unwrap().extend(fields.clone());
    task
}

/// A blueprint in which task `b` follows task `a` and computes its field `x`.
pub(crate) fn computing(expression: &str) -> Blueprint {
    blueprint(json!(["a", {"name": "b", "data_flow": {"x": expression}}]), json!([{"from": "a", "to": "b"}]))
}

/// A blueprint in which task `b` follows task `a` on a condition.
pub(crate) fn choosing(condition: &str) -> Blueprint {
    blueprint(json!(["a", "b"]), json!([{"from": "a", "to": "b", "condition": condition}]))
}

/// A blueprint in which task `b` follows task `t`, which reads a ticket, and computes its field `x`.
pub(crate) fn reading(expression: &str) -> Blueprint {
    let b = json!({"name": "b", "data_flow": {"x": expression}});
    blueprint(json!([{"name": "t", "capability": "ticket.read"}, b]), json!([{"from": "t", "to": "b"}]))
}

/// What is found, as people read it.
pub(crate) fn found(blueprint: &Blueprint) -> Vec<String> {
    check(blueprint, &catalog()).findings.iter().map(ToString::to_string).collect()
}

/// The codes of what is found.
pub(crate) fn codes(blueprint: &Blueprint) -> Vec<String> {
    check(blueprint, &catalog()).findings.into_iter().map(|finding| finding.code).collect()
}
