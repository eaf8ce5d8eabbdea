//! Traces are read, refused with reasons, and turned into blueprints that the checker takes.
#![cfg(test)]

mod arbitrary;
mod mistakes;
mod replay;

use goalpost_wfformat::Trace;
use serde_json::{Value, json};

/// A trace in the form of a file: id, parents, recorded seconds. Children are named as the format asks.
fn document(tasks: &[(&str, &[&str], f64)]) -> Value {
    let children = |id: &str| -> Vec<&str> {
        tasks.iter().filter(|(_, parents, _)| parents.contains(&id)).map(|(child, _, _)| *child).collect()
    };
    let specified = tasks
        .iter()
        .map(|(id, parents, _)| json!({"name": id, "id": id, "parents": parents, "children": children(id)}));
    let executed = tasks.iter().map(|(id, _, seconds)| json!({"id": id, "runtimeInSeconds": seconds}));
    json!({
        "name": "sample",
        "schemaVersion": "1.5",
        "workflow": {
            "specification": {"tasks": specified.collect::<Vec<_>>(), "files": []},
            "execution": {"makespanInSeconds": 1, "tasks": executed.collect::<Vec<_>>()},
        },
    })
}

fn parse(document: &Value) -> Trace {
    Trace::parse(&document.to_string()).unwrap()
}
