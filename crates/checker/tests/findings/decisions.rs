//! Exclusive branches: gaps, and edges that are never taken.

use goalpost_model::Blueprint;
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, codes, found};

pub(crate) const EXAMPLES: &[fn() -> Example] =
    &[a_gap_between_numbers, a_word_without_an_edge, an_edge_behind_a_wider_one, an_idle_otherwise];

#[test]
fn every_mistake_of_exclusive_branches_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

/// A branch of a ticket's reader, with an edge for each of these; `otherwise` is one, too.
fn branch(kind: &str, edges: &[&str]) -> Blueprint {
    let mut tasks = vec![json!({"name": "t", "capability": "ticket.read", "branch": kind})];
    tasks.extend((0..edges.len()).map(|place| json!(format!("to{place}"))));
    let edge = |(place, text): (usize, &&str)| {
        let target = format!("to{place}");
        match *text {
            "otherwise" => json!({"from": "t", "to": target, "otherwise": true}),
            condition => json!({"from": "t", "to": target, "condition": condition}),
        }
    };
    let edges: Vec<Value> = edges.iter().enumerate().map(edge).collect();
    blueprint(json!(tasks), json!(edges))
}

fn exclusive(edges: &[&str]) -> Blueprint {
    branch("exclusive", edges)
}

fn a_gap_between_numbers() -> Example {
    Example {
        finding: "warning[GP046] task t, branch: no edge is taken when tasks.t.output.hours is 20 (fix: add an edge that is taken otherwise, or widen a condition)",
        broken: exclusive(&["tasks.t.output.hours < 20", "tasks.t.output.hours > 20"]),
        mended: exclusive(&["tasks.t.output.hours < 20", "tasks.t.output.hours >= 20"]),
    }
}

fn a_word_without_an_edge() -> Example {
    Example {
        finding: "warning[GP046] task t, branch: no edge is taken when goal.input.kind is another text (fix: add an edge that is taken otherwise, or widen a condition)",
        broken: exclusive(&["goal.input.kind == 'a'", "goal.input.kind in ['b', 'c']"]),
        mended: exclusive(&["goal.input.kind == 'a'", "goal.input.kind in ['b', 'c']", "otherwise"]),
    }
}

fn an_edge_behind_a_wider_one() -> Example {
    Example {
        finding: "warning[GP047] edge t -> to1, condition: the edge is never taken: its condition holds for no value that the edges before it leave (fix: move it before them, change its condition, or remove it)",
        broken: exclusive(&["tasks.t.output.hours > 10", "tasks.t.output.hours > 20", "otherwise"]),
        mended: exclusive(&["tasks.t.output.hours > 20", "tasks.t.output.hours > 10", "otherwise"]),
    }
}

fn an_idle_otherwise() -> Example {
    Example {
        finding: "warning[GP047] edge t -> to2, otherwise: the edge is never taken: the conditions beside it leave no value to it (fix: remove it, or narrow one of them)",
        broken: exclusive(&["tasks.t.output.urgent", "!tasks.t.output.urgent", "otherwise"]),
        mended: exclusive(&["tasks.t.output.urgent", "!tasks.t.output.urgent"]),
    }
}

#[test]
fn a_branch_that_covers_every_value_has_no_gap() {
    for edges in [
        ["tasks.t.output.state == 'OPEN'", "tasks.t.output.state == 'DONE'"],
        ["tasks.t.output.votes <= 4", "tasks.t.output.votes >= 5"],
        ["tasks.t.output.votes in [0, 1, 2, 3, 4, 5]", "tasks.t.output.votes in [6, 7, 8, 9, 10]"],
        ["tasks.t.output.urgent == true", "false == tasks.t.output.urgent"],
        ["goal.input.n < 5", "!(goal.input.n < 5)"],
        ["5 > goal.input.n", "goal.input.n >= 5"],
        ["goal.input.n < -1.5 || goal.input.n > 2", "goal.input.n >= -1.5 && goal.input.n <= 2"],
        ["tasks.t.output.owner == null", "tasks.t.output.owner != null"],
        ["goal.input.yes", "!goal.input.yes"],
    ] {
        assert_eq!(found(&exclusive(&edges)), [""; 0], "{edges:?}");
    }
}

#[test]
fn a_value_without_an_edge_is_a_gap() {
    for edges in [
        ["tasks.t.output.votes < 4", "tasks.t.output.votes > 4"],
        ["tasks.t.output.votes < 4", "tasks.t.output.votes in [4, 5, 6, 7, 8, 9]"],
        ["tasks.t.output.title == 'a'", "tasks.t.output.title == 'b'"],
        ["tasks.t.output.owner == 'a'", "tasks.t.output.owner == null"],
        ["goal.input.n < 1", "goal.input.n > 1 && goal.input.n < 3"],
        ["tasks.t.output.hours < 4", "tasks.t.output.hours >= 5"],
    ] {
        assert_eq!(codes(&exclusive(&edges)), ["GP046"], "{edges:?}");
    }
}

#[test]
fn an_edge_that_nothing_is_left_for_is_never_taken() {
    for edges in [
        ["goal.input.n > 1", "goal.input.n > 2", "otherwise"],
        ["goal.input.n == 1", "goal.input.n in [1]", "otherwise"],
        ["goal.input.n != 1", "goal.input.n > 2", "otherwise"],
        ["goal.input.n > 1", "goal.input.n > 3 && goal.input.n < 2", "otherwise"],
        ["true", "goal.input.n > 2", ""],
        ["tasks.t.output.state == 'OPEN'", "tasks.t.output.state != 'OPEN'", "otherwise"],
        ["goal.input.m", "goal.input.m && true", "goal.input.n > 2"],
    ] {
        assert_eq!(codes(&exclusive(&edges)), ["GP047"], "{edges:?}");
    }
}

#[test]
fn nothing_is_said_of_what_cannot_be_known() {
    for edges in [
        // Two paths, a function, a guard, one condition alone, and a schema that allows less than its type.
        vec!["goal.input.n > 1", "goal.input.m > 2"],
        vec!["size(goal.text) > 1", "size(goal.text) > 2"],
        vec!["has(goal.input.n) && goal.input.n > 1", "goal.input.n > 2"],
        vec!["goal.input.n > 1"],
        vec!["tasks.t.output.code == 'A'", "tasks.t.output.code == 'B'"],
        vec!["goal.input.n > 1", ""],
        vec!["goal.input.n > goal.input.m", "goal.input.n > 1"],
    ] {
        assert_eq!(found(&exclusive(&edges)), [""; 0], "{edges:?}");
    }
}

#[test]
fn an_inclusive_branch_may_overlap_and_leave_gaps() {
    let edges = ["tasks.t.output.votes > 1", "tasks.t.output.votes > 2"];
    assert_eq!(found(&branch("inclusive", &edges)), [""; 0]);
}

/// Each end of a task has its own open edges, and its own state.
#[test]
fn an_edge_is_never_taken_only_if_it_is_at_no_end() {
    let to = |target: &str, on: &str, condition: &str| json!({"from": "t", "to": target, "on": on, "condition": condition});
    let with =
        |edges: Value| codes(&blueprint(json!([{"name": "t", "branch": "exclusive"}, "b", "c"]), edges));
    let by_state = |state: &str| format!("tasks.t.state == '{state}'");
    let both = [to("b", "always", &by_state("SUCCEEDED")), to("c", "always", &by_state("FAILED"))];
    assert_eq!(with(json!(both)), [""; 0]);
    let success_alone = [to("b", "success", &by_state("SUCCEEDED")), to("c", "success", &by_state("FAILED"))];
    assert_eq!(with(json!(success_alone)), ["GP047"]);
    let success_first = [to("b", "success", "goal.input.n > 1"), to("c", "always", "goal.input.n > 2")];
    assert_eq!(with(json!(success_first)), ["GP046"]);
}

#[test]
fn a_branch_of_very_many_comparisons_is_not_played_through() {
    let conditions: Vec<String> = (0..300).map(|place| format!("goal.input.n == {place}")).collect();
    let mut blueprint = exclusive(&["goal.input.n == 0", "goal.input.n == 1"]);
    let edge = blueprint.edges[0].clone();
    blueprint.edges =
        conditions.into_iter().map(|condition| goalpost_model::Edge { condition, ..edge.clone() }).collect();
    assert!(!codes(&blueprint).contains(&"GP046".to_owned()));
}
