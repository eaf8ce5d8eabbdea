//! Counts of joins, and edges that are taken otherwise.

use serde_json::json;

use crate::example::Example;
use crate::sample::{blueprint, codes};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    more_than_there_are,
    none_at_all,
    otherwise_with_a_condition,
    otherwise_without_a_condition_beside_it,
    a_rest_of_all,
    a_rest_that_is_needed_elsewhere,
];

#[test]
fn every_mistake_of_branching_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn n_of(count: u32) -> goalpost_model::Blueprint {
    let tasks = json!(["a", "b", {"name": "c", "join": {"n_of": count}}]);
    blueprint(tasks, json!([{"from": "a", "to": "c"}, {"from": "b", "to": "c"}]))
}

fn more_than_there_are() -> Example {
    Example {
        finding: "error[GP024] task c, join.n_of: n_of is 3, and 2 edges lead to the task (fix: write a number from 1 to the number of edges that lead to the task)",
        broken: n_of(3),
        mended: n_of(2),
    }
}

fn none_at_all() -> Example {
    Example {
        finding: "error[GP024] task c, join.n_of: n_of is 0, and 2 edges lead to the task (fix: write a number from 1 to the number of edges that lead to the task)",
        broken: n_of(0),
        mended: n_of(1),
    }
}

fn otherwise_with_a_condition() -> Example {
    let edges = |condition| {
        let conditional = json!({"from": "a", "to": "b", "condition": "goal.text == 'x'"});
        let otherwise = json!({"from": "a", "to": "c", "otherwise": true, "condition": condition});
        blueprint(json!(["a", "b", "c"]), json!([conditional, otherwise]))
    };
    Example {
        finding: "error[GP025] edge a -> c, otherwise: the edge is taken otherwise, and has a condition of its own (fix: remove one of the two)",
        broken: edges("goal.text == 'y'"),
        mended: edges(""),
    }
}

fn otherwise_without_a_condition_beside_it() -> Example {
    let edges = |condition| {
        let beside = json!({"from": "a", "to": "b", "condition": condition});
        blueprint(json!(["a", "b", "c"]), json!([beside, {"from": "a", "to": "c", "otherwise": true}]))
    };
    Example {
        finding: "error[GP025] edge a -> c, otherwise: the edge is taken otherwise, but no edge from the same task has a condition (fix: remove `otherwise`: without a condition the edge is always taken)",
        broken: edges(""),
        mended: edges("goal.text == 'x'"),
    }
}

fn a_rest_of_all() -> Example {
    let join = |join| {
        let tasks = json!(["a", "b", {"name": "c", "join": join, "rest": "cancel"}]);
        blueprint(tasks, json!([{"from": "a", "to": "c"}, {"from": "b", "to": "c"}]))
    };
    Example {
        finding: "error[GP026] task c, rest: its join needs every edge, so nothing is left to be cancelled (fix: use join: any or n_of, or remove `rest`)",
        broken: join("all"),
        mended: join("any"),
    }
}

fn a_rest_that_is_needed_elsewhere() -> Example {
    let edges = |more| {
        let mut edges = vec![json!({"from": "a", "to": "c"}), json!({"from": "b", "to": "c"})];
        edges.extend(more);
        blueprint(json!(["a", "b", {"name": "c", "join": "any", "rest": "cancel"}, "d"]), json!(edges))
    };
    Example {
        finding: "warning[GP026] task c, rest: every task before it leads to another one, too, so none of them is cancelled (fix: remove `rest`, or the other edges)",
        broken: edges(vec![json!({"from": "a", "to": "d"}), json!({"from": "b", "to": "d"})]),
        mended: edges(vec![json!({"from": "a", "to": "d"})]),
    }
}

/// What some of its edges say is not sure for a join that needs only some of them.
#[test]
fn only_what_every_edge_says_is_sure_behind_n_of() {
    let with = |join| {
        let c = json!({"name": "c", "join": join, "data_flow": {"x": "tasks.a.output"}});
        codes(&blueprint(json!(["a", "b", c]), json!([{"from": "a", "to": "c"}, {"from": "b", "to": "c"}])))
    };
    assert_eq!(with(json!("all")), [""; 0]);
    assert_eq!(with(json!({"n_of": 1})), ["GP060"]);
}

#[test]
fn n_of_can_be_met_while_enough_edges_can_be_taken() {
    let with = |count: u32| {
        let tasks = json!(["a", "b", "d", {"name": "c", "join": {"n_of": count}}]);
        let dead = json!({"from": "d", "to": "c", "condition": "false"});
        codes(&blueprint(tasks, json!([{"from": "a", "to": "c"}, {"from": "b", "to": "c"}, dead])))
    };
    assert_eq!(with(2), [""; 0]);
    assert_eq!(with(3), ["GP023"]);
}
