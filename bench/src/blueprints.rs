//! The graphs of the workloads. Every task does nothing but hand on a payload of about 200 bytes.

use std::collections::HashMap;

use goalpost_proto::v1::{Blueprint, Edge, EdgeOn, Join, Task};

const CAPABILITY: &str = "bench.noop";

fn task(name: impl Into<String>) -> Task {
    Task { name: name.into(), capability: CAPABILITY.to_owned(), ..Task::default() }
}

fn edge(source: &str, target: &str) -> Edge {
    Edge { source: source.to_owned(), target: target.to_owned(), ..Edge::default() }
}

/// Hands the source's payload on.
fn flow(source: &str) -> HashMap<String, String> {
    HashMap::from([("payload".to_owned(), format!("tasks.{source}.output.payload"))])
}

/// `length` tasks, one after the other.
pub(crate) fn chain(length: usize) -> Blueprint {
    let name = |place: usize| format!("step{place}");
    let mut tasks: Vec<Task> = (0..length).map(|place| task(name(place))).collect();
    if let Some(first) = tasks.first_mut() {
        first.data_flow = HashMap::from([("payload".to_owned(), "goal.input.payload".to_owned())]);
    }
    let edges = (1..length)
        .map(|place| Edge { data_flow: flow(&name(place - 1)), ..edge(&name(place - 1), &name(place)) })
        .collect();
    Blueprint { name: format!("chain of {length}"), tasks, edges, ..Blueprint::default() }
}

/// One task, a choice of two, and one that takes whichever was chosen.
pub(crate) fn diamond() -> Blueprint {
    let mut tasks: Vec<Task> = ["start", "left", "right", "end"].map(task).into();
    tasks[0].data_flow = HashMap::from([
        ("payload".to_owned(), "goal.input.payload".to_owned()),
        ("left".to_owned(), "goal.input.left".to_owned()),
    ]);
    tasks[3].join = Join::Any.into();
    let choice = |target: &str, condition: &str| Edge {
        condition: condition.to_owned(),
        on: EdgeOn::Success.into(),
        data_flow: flow("start"),
        ..edge("start", target)
    };
    let edges = vec![
        choice("left", "tasks.start.output.left"),
        choice("right", "!tasks.start.output.left"),
        Edge { data_flow: flow("left"), ..edge("left", "end") },
        Edge { data_flow: flow("right"), ..edge("right", "end") },
    ];
    Blueprint { name: "diamond".to_owned(), tasks, edges, ..Blueprint::default() }
}

/// One task, `width` after it side by side, and one that waits for them all.
pub(crate) fn fan_out(width: usize) -> Blueprint {
    let name = |place: usize| format!("part{place}");
    let mut tasks = vec![task("start"), task("end")];
    tasks.extend((0..width).map(|place| task(name(place))));
    let edges =
        (0..width).flat_map(|place| [edge("start", &name(place)), edge(&name(place), "end")]).collect();
    Blueprint { name: format!("fan-out of {width}"), tasks, edges, ..Blueprint::default() }
}
