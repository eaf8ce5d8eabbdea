//! Keys that tasks share.

use goalpost_model::Blueprint;
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, codes};

pub(crate) const EXAMPLES: &[fn() -> Example] =
    &[a_name_that_is_no_text, a_limit_of_none, a_key_of_what_the_engine_does, a_name_that_is_not_there];

#[test]
fn every_mistake_of_keys_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn keyed(key: Value) -> Blueprint {
    blueprint(json!([{"name": "a", "capability": "any", "concurrency_key": key}]), json!([]))
}

fn a_name_that_is_no_text() -> Example {
    Example {
        finding: "error[GP039] task a, concurrency_key.key: the name of a key is text, and this is a number (fix: make text of it: string(...))",
        broken: keyed(json!({"key": "size(goal.text)"})),
        mended: keyed(json!({"key": "string(size(goal.text))"})),
    }
}

fn a_limit_of_none() -> Example {
    Example {
        finding: "error[GP028] task a, concurrency_key.limit: limit is 0; 1 to 10000 are allowed (fix: write how many tasks may hold the key at once)",
        broken: keyed(json!({"key": "'db'", "limit": 0})),
        mended: keyed(json!({"key": "'db'", "limit": 1})),
    }
}

fn a_key_of_what_the_engine_does() -> Example {
    let of = |capability: &str| {
        let task = json!({"name": "a", "capability": capability, "input": {"duration_ms": 5}, "concurrency_key": {"key": "'db'"}});
        blueprint(json!([task]), json!([]))
    };
    Example {
        finding: "error[GP012] task a, concurrency_key: goalpost.wait is done by the engine, which needs no concurrency_key (fix: remove it)",
        broken: of("goalpost.wait"),
        mended: of("any"),
    }
}

fn a_name_that_is_not_there() -> Example {
    let of = |key: &str| {
        let tasks = json!([{"name": "a", "capability": "any"}, {"name": "b", "capability": "any", "concurrency_key": {"key": key}}]);
        blueprint(tasks, json!([{"from": "a", "to": "b", "on": "always"}]))
    };
    Example {
        finding: "error[GP060] task b, concurrency_key.key: the output of a is read, but a may not have succeeded here (fix: guard it: has(tasks.a.output) ? tasks.a.output : ..., or let the edge come from a)",
        broken: of("string(tasks.a.output.db)"),
        mended: of("has(tasks.a.output) ? string(tasks.a.output.db) : 'none'"),
    }
}

#[test]
fn a_key_inside_of_a_list_sees_its_item() {
    let body = json!({"tasks": [{"name": "b", "capability": "any", "concurrency_key": {"key": "'host ' + string(item)"}}]});
    let each = json!({"name": "a", "capability": "", "input": {"items": ["x"]}, "for_each": {"body": body}});
    assert_eq!(codes(&blueprint(json!([each]), json!([]))), [""; 0]);
}
