//! The shape of the graph.

use serde_json::json;

use crate::example::Example;
use crate::sample::{blueprint, codes, found};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    a_cycle,
    an_edge_to_itself,
    a_task_whose_edges_are_never_taken,
    a_join_of_success_and_failure,
    a_join_with_an_edge_that_is_never_taken,
];

#[test]
fn every_mistake_of_shape_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn a_cycle() -> Example {
    let chain = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "c"}]);
    let cycle = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "c"}, {"from": "c", "to": "a"}]);
    Example {
        finding: "error[GP020] task b: the tasks wait for each other: b -> c -> a -> b (fix: remove one of these edges)",
        broken: blueprint(json!(["a", "b", "c"]), cycle),
        mended: blueprint(json!(["a", "b", "c"]), chain),
    }
}

fn an_edge_to_itself() -> Example {
    Example {
        finding: "error[GP021] edge a -> a, to: the edge leads from a task to itself (fix: remove it)",
        broken: blueprint(json!(["a"]), json!([{"from": "a", "to": "a"}])),
        mended: blueprint(json!(["a"]), json!([])),
    }
}

fn a_task_whose_edges_are_never_taken() -> Example {
    let on = |condition| {
        let edges = json!([{"from": "a", "to": "b", "condition": condition}, {"from": "b", "to": "c"}]);
        blueprint(json!(["a", "b", "c"]), edges)
    };
    Example {
        finding: "error[GP022] task b: the task can never start: no edge to it can be taken (fix: change the conditions of its edges, or remove the task)",
        broken: on("false"),
        mended: on("true"),
    }
}

fn either_way(join: &str) -> Example {
    let edges = json!([
        {"from": "a", "to": "good"},
        {"from": "a", "to": "bad", "on": "failure"},
        {"from": "good", "to": "end"},
        {"from": "bad", "to": "end"},
        {"from": "end", "to": "after"}
    ]);
    let tasks = |join| json!(["a", "good", "bad", {"name": "end", "join": join}, "after"]);
    Example {
        finding: "error[GP023] task end, join: the join can never be met: it wants a to succeed and to fail (fix: use join: any, or remove an edge)",
        broken: blueprint(tasks(join), edges.clone()),
        mended: blueprint(tasks("any"), edges),
    }
}

fn a_join_of_success_and_failure() -> Example {
    either_way("all")
}

fn a_join_with_an_edge_that_is_never_taken() -> Example {
    let join = |join| {
        let edges = json!([{"from": "a", "to": "c"}, {"from": "b", "to": "c", "condition": "false"}]);
        blueprint(json!(["a", "b", {"name": "c", "join": join}]), edges)
    };
    Example {
        finding: "error[GP023] task c, join: the join can never be met: edge b -> c is never taken (fix: use join: any, or remove an edge)",
        broken: join("all"),
        mended: join("any"),
    }
}

#[test]
fn what_is_behind_a_cycle_is_told_from_what_is_on_it() {
    let edges = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "a"}, {"from": "b", "to": "c"}, {"from": "c", "to": "d"}]);
    let behind = |task| {
        format!(
            "error[GP022] task {task}: the task can never start: it is behind a cycle (fix: break the cycle)"
        )
    };
    let found = found(&blueprint(json!(["a", "b", "c", "d"]), edges));
    assert_eq!(found.len(), 3);
    assert_eq!(found[1..], [behind("c"), behind("d")]);
}

#[test]
fn each_of_several_cycles_is_found() {
    let edges = json!([
        {"from": "a", "to": "b"}, {"from": "b", "to": "a"},
        {"from": "c", "to": "d"}, {"from": "d", "to": "e"}, {"from": "e", "to": "c"},
        {"from": "f", "to": "f"}
    ]);
    assert_eq!(codes(&blueprint(json!(["a", "b", "c", "d", "e", "f"]), edges)), ["GP021", "GP020", "GP020"]);
}

#[test]
fn a_cycle_of_thousands_is_told_in_one_short_line() {
    let names: Vec<String> = (0..5_000).map(|place| format!("t{place}")).collect();
    let edges: Vec<_> =
        (0..5_000).map(|place| json!({"from": names[place], "to": names[(place + 1) % 5_000]})).collect();
    let found = found(&blueprint(json!(names), json!(edges)));
    assert_eq!(found.len(), 1);
    assert!(found[0].len() < 500, "{}", found[0]);
}
