//! Tasks that the workflow does without, since another plan took the place of the one that had them.

use goalpost_checker::check;
use goalpost_model::Blueprint;
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, catalog, codes};

pub(crate) const EXAMPLES: &[fn() -> Example] =
    &[withdrawn_from_nothing, withdrawn_inside, read_by_what_is_kept];

#[test]
fn every_mistake_of_withdrawing_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

/// A plan that takes the place of another one.
fn revision(tasks: Value, edges: Value) -> Blueprint {
    Blueprint { parent: Some("5".repeat(64).parse().unwrap()), ..blueprint(tasks, edges) }
}

fn gone(name: &str) -> Value {
    json!({"name": name, "capability": "any", "withdrawn": true})
}

fn withdrawn_from_nothing() -> Example {
    Example {
        finding: "error[GP071] task b, withdrawn: the task is withdrawn, and the blueprint takes the place of no other one (fix: remove the task, or remove `withdrawn`)",
        broken: blueprint(json!(["a", gone("b")]), json!([])),
        mended: revision(json!(["a", gone("b")]), json!([])),
    }
}

fn withdrawn_inside() -> Example {
    let around = |inner: Value| json!({"name": "a", "capability": "", "run": {"body": {"tasks": [inner]}}});
    Example {
        finding: "error[GP071] task a/b, withdrawn: a task inside of another one is withdrawn (fix: withdraw the task around it, or remove `withdrawn`)",
        broken: revision(json!([around(gone("b"))]), json!([])),
        mended: revision(json!([around(json!({"name": "b", "capability": "any"}))]), json!([])),
    }
}

fn read_by_what_is_kept() -> Example {
    let reader = |of: &str| {
        let flow = json!({"x": format!("has(tasks.{of}.output) ? tasks.{of}.output : 2")});
        json!({"name": "c", "capability": "any", "data_flow": flow})
    };
    let edges = json!([{"from": "a", "to": "c"}]);
    Example {
        finding: "error[GP071] task c, data_flow.x: b is read, which is withdrawn: what it did is undone (fix: read a task that is kept, or keep this one)",
        broken: revision(json!(["a", gone("b"), reader("b")]), edges.clone()),
        mended: revision(json!(["a", gone("b"), reader("a")]), edges),
    }
}

#[test]
fn what_is_withdrawn_is_out_of_joins_reach_and_reads() {
    // `b` needed the withdrawn one, and waits for `a` alone now; what `gone` and `old` read of one another is past.
    let edges = json!([
        {"from": "a", "to": "b"}, {"from": "gone", "to": "b", "data_flow": {"x": "tasks.gone.output"}},
        {"from": "a", "to": "gone", "on": "failure"}, {"from": "gone", "to": "old", "data_flow": {"x": "tasks.gone.output"}},
    ]);
    let b = json!({"name": "b", "capability": "any", "join": {"n_of": 2}});
    assert_eq!(codes(&revision(json!(["a", b, gone("gone"), gone("old")]), edges)), [] as [&str; 0]);
}

#[test]
fn the_output_does_not_read_what_is_withdrawn_nor_trust_what_began_before() {
    let with_output = |of: &str, edges: Value| {
        let mut revised =
            revision(json!(["a", {"name": "b", "capability": "any", "join": "any"}, gone("c")]), edges);
        revised.output.insert("x".to_owned(), format!("tasks.{of}.output"));
        codes(&revised)
    };
    let edges = json!([{"from": "a", "to": "b"}]);
    assert_eq!(with_output("c", edges.clone()), ["GP071"]);
    assert_eq!(with_output("b", edges), [] as [&str; 0]);
    // Whether `b` has begun was decided when `c` was still there.
    let edges = json!([{"from": "a", "to": "b"}, {"from": "c", "to": "b"}]);
    assert_eq!(with_output("b", edges), ["GP060"]);
}

#[test]
fn what_follows_something_that_began_before_knows_nothing_of_how() {
    // `b` may have begun by `c`, so `a` need not have succeeded when `d` begins.
    let b = json!({"name": "b", "capability": "any", "join": "any"});
    let d = json!({"name": "d", "capability": "any", "data_flow": {"x": "tasks.a.output"}});
    let edges = json!([{"from": "a", "to": "b"}, {"from": "c", "to": "b"}, {"from": "b", "to": "d"}]);
    assert_eq!(codes(&revision(json!(["a", b, gone("c"), d]), edges)), ["GP060"]);
}

#[test]
fn the_worst_case_is_of_what_is_left() {
    let task = |name: &str, withdrawn: bool| json!({"name": name, "capability": "any", "retry": {"max_attempts": 3}, "withdrawn": withdrawn});
    let attempts = |withdrawn| {
        let tasks = json!([task("a", false), task("b", withdrawn)]);
        check(&revision(tasks, json!([])), &catalog()).worst_case.unwrap().total.attempts
    };
    assert_eq!((attempts(false), attempts(true)), (6, 3));
}

#[test]
fn a_workflow_is_planned_anew_only_so_often() {
    let often = |max_replans| codes(&Blueprint { max_replans, ..blueprint(json!(["a"]), json!([])) });
    assert_eq!((often(10), often(11)), (Vec::new(), vec!["GP028".to_owned()]));
}
