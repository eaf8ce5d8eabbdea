//! docs/schema/blueprint.schema.json, which editors use: it takes what is read as a blueprint, and nothing else.

use std::collections::BTreeSet;

use goalpost_model::Blueprint;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::arbitrary::wild;

const SCHEMA: &str = include_str!("../../../../docs/schema/blueprint.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

/// A blueprint in which nothing is as it is by default.
fn full() -> Value {
    let body = json!({
        "tasks": [{"name": "b", "capability": "any"}],
        "edges": [{"from": "b", "to": "b"}],
        "output": {"x": "1"},
    });
    json!({
        "name": "full",
        "deadline_ms": 1,
        "require_compensation": true,
        "max_replans": 3,
        "max_tasks": 5,
        "parent": "0".repeat(64),
        "budget": {"money_micros": 1, "tokens": 2, "attempts": 3},
        "output": {"x.y": "goal.text"},
        "tasks": [{
            "name": "a",
            "capability": "any",
            "input": {"x": [1, null, {"y": true}]},
            "data_flow": {"z": "goal.text"},
            "join": {"n_of": 2},
            "rest": "cancel",
            "branch": "exclusive",
            "retry": {
                "max_attempts": 2,
                "initial_backoff_ms": 1,
                "max_backoff_ms": 2,
                "backoff_coefficient": 1.5,
                "jitter": 0.5,
                "non_retryable": ["KIND"]
            },
            "timeouts": {"schedule_to_start_ms": 1, "start_to_close_ms": 2, "heartbeat_ms": 3},
            "extends": true,
            "withdrawn": true,
            "concurrency_key": {"key": "goal.text", "limit": 2},
            "priority": "low",
            "compensate_with": {
                "capability": "any",
                "input": {"x": 1},
                "data_flow": {"z": "1"},
                "retry": {"max_attempts": 2},
                "timeouts": {"heartbeat_ms": 1}
            },
            "for_each": {"concurrency": 2, "failures": {"tolerate": 1}, "body": body},
            "loop": {"while": "true", "max_iterations": 3, "body": body},
            "run": {"body": body, "digest": "00".repeat(32)}
        }],
        "edges": [{"from": "a", "to": "a", "on": "always", "condition": "true", "otherwise": true, "data_flow": {"z": "1"}}],
        "capabilities": [{
            "name": "any",
            "description": "Anything.",
            "input_schema": {"type": "object"},
            "output_schema": true,
            "effect": "read",
            "cost": {"money_micros": 0, "tokens": 1, "latency_ms": 2}
        }]
    })
}

/// Each object that the language defines, in turn.
fn objects(blueprint: &mut Value, visit: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    for (list, kind) in [("tasks", "task"), ("edges", "edge"), ("capabilities", "capability")] {
        for item in blueprint[list].as_array_mut().into_iter().flatten() {
            for part in ["retry", "timeouts", "concurrency_key", "compensate_with", "for_each", "loop", "run"]
            {
                let Some(part_of_task) = item.get_mut(part).and_then(Value::as_object_mut) else { continue };
                if let Some(body) = part_of_task.get_mut("body").and_then(Value::as_object_mut) {
                    visit("body", body);
                }
                visit(part, part_of_task);
            }
            if let Some(cost) = item.get_mut("cost").and_then(Value::as_object_mut) {
                visit("cost", cost);
            }
            visit(kind, item.as_object_mut().unwrap());
        }
    }
    if let Some(budget) = blueprint.get_mut("budget").and_then(Value::as_object_mut) {
        visit("budget", budget);
    }
    visit("", blueprint.as_object_mut().unwrap());
}

#[test]
fn the_schema_has_every_field_and_no_other() {
    let (schema, mut full) = (schema(), full());
    let read: Blueprint = serde_json::from_value(full.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), full, "nothing is as it is by default");
    objects(&mut full, &mut |kind, object| {
        let part = if kind.is_empty() { &schema } else { &schema["$defs"][kind] };
        let known: BTreeSet<&String> = part["properties"].as_object().unwrap().keys().collect();
        let is_alias = |name: &str| kind == "edge" && ["source", "target"].contains(&name);
        assert_eq!(
            known.into_iter().filter(|name| !is_alias(name)).collect::<BTreeSet<_>>(),
            object.keys().collect()
        );
        assert_eq!(part["additionalProperties"], false, "{kind}");
    });
}

#[test]
fn what_is_not_read_is_not_valid() {
    let validator = validator();
    assert!(validator.is_valid(&full()));
    let mut wrong: Vec<Value> = vec![json!([]), json!({}), json!({"name": "a"}), json!({"tasks": []})];
    for (pointer, value) in [
        ("/tasks/0/join", json!("some")),
        ("/tasks/0/join", json!({"n_of": -1})),
        ("/tasks/0/join", json!({"m_of": 1})),
        ("/tasks/0/rest", json!("kill")),
        ("/tasks/0/branch", json!("some")),
        ("/tasks/0/retry/max_attempts", json!(-1)),
        ("/tasks/0/retry/max_attempts", json!(1.5)),
        ("/tasks/0/timeouts/heartbeat_ms", json!("1s")),
        ("/tasks/0/input", json!(null)),
        ("/tasks/0/for_each/failures", json!("some")),
        ("/tasks/0/compensate_with", json!("any")),
        ("/tasks/0/extends", json!("yes")),
        ("/tasks/0/concurrency_key", json!("db")),
        ("/tasks/0/priority", json!("urgent")),
        ("/require_compensation", json!("yes")),
        ("/tasks/0/for_each/concurrency", json!(-1)),
        ("/tasks/0/loop/while", json!([])),
        ("/tasks/0/loop/max_iterations", json!("3")),
        ("/tasks/0/run/digest", json!("00")),
        ("/edges/0/on", json!("end")),
        ("/edges/0/otherwise", json!("yes")),
        ("/edges/0/data_flow/z", json!([])),
        ("/capabilities/0/effect", json!("none")),
        ("/capabilities/0/cost", json!(3)),
        ("/capabilities/0/cost/tokens", json!(-1)),
        ("/budget", json!(3)),
        ("/budget/attempts", json!(1.5)),
        ("/deadline_ms", json!(-1)),
        ("/name", json!(null)),
    ] {
        let mut blueprint = full();
        *blueprint.pointer_mut(pointer).unwrap() = value;
        wrong.push(blueprint);
    }
    for blueprint in wrong {
        assert!(!validator.is_valid(&blueprint), "{blueprint}");
        assert!(serde_json::from_value::<Blueprint>(blueprint).is_err());
    }
}

#[test]
fn an_edge_may_be_written_with_source_and_target_but_not_twice() {
    let validator = validator();
    let edge = |edge: Value| json!({"name": "a", "tasks": [], "edges": [edge]});
    for good in [json!({"source": "a", "target": "b"}), json!({"from": "a", "target": "b"})] {
        assert!(
            validator.is_valid(&edge(good.clone()))
                && serde_json::from_value::<Blueprint>(edge(good)).is_ok()
        );
    }
    for bad in [json!({"from": "a", "source": "a", "to": "b"}), json!({"from": "a"})] {
        assert!(
            !validator.is_valid(&edge(bad.clone()))
                && serde_json::from_value::<Blueprint>(edge(bad)).is_err()
        );
    }
}

proptest! {
    #[test]
    fn every_blueprint_is_valid_and_none_with_an_unknown_field(blueprint in wild(), place in 0..20_usize) {
        let validator = validator();
        let mut written = serde_json::to_value(&blueprint).unwrap();
        prop_assert!(validator.is_valid(&written), "{written}");
        let mut count = 0;
        objects(&mut written, &mut |_, _| count += 1);
        let mut at = 0;
        objects(&mut written, &mut |_, object| {
            if at == place % count {
                object.insert("colour".to_owned(), json!("red"));
            }
            at += 1;
        });
        prop_assert!(!validator.is_valid(&written), "{written}");
        prop_assert!(serde_json::from_value::<Blueprint>(written).is_err());
    }
}
