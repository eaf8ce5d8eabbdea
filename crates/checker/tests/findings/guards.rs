//! Outputs and errors that may not be there: what edges, joins and guards make sure of.

use goalpost_model::Blueprint;
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, codes, found};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    the_output_of_a_task_beside,
    the_output_of_a_task_with_dashes,
    the_error_of_a_task_that_succeeded,
    the_output_over_an_always_edge,
];

#[test]
fn every_unguarded_read_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

/// Tasks `a` and `b` side by side; `b` computes its field `x`.
fn beside(expression: &str) -> Blueprint {
    blueprint(json!(["a", {"name": "b", "data_flow": {"x": expression}}]), json!([]))
}

/// Task `b` after `a`, over an edge of this kind; the task computes `x`.
fn after(on: &str, expression: &str) -> Blueprint {
    let b = json!({"name": "b", "data_flow": {"x": expression}});
    blueprint(json!(["a", b]), json!([{"from": "a", "to": "b", "on": on}]))
}

/// Tasks `start`, then `a` and `b` over edges of these kinds, then a join `c` that computes `x`.
fn joined(join: &str, edges_to_c: [&str; 2], expression: &str) -> Blueprint {
    let c = json!({"name": "c", "join": join, "data_flow": {"x": expression}});
    let edges = json!([
        {"from": "start", "to": "a"},
        {"from": "start", "to": "b"},
        {"from": "a", "to": "c", "on": edges_to_c[0]},
        {"from": "b", "to": "c", "on": edges_to_c[1]}
    ]);
    blueprint(json!(["start", "a", "b", c]), edges)
}

fn the_output_of_a_task_beside() -> Example {
    Example {
        finding: "error[GP060] task b, data_flow.x: the output of a is read, but a may not have succeeded here (fix: guard it: has(tasks.a.output) ? tasks.a.output : ..., or let the edge come from a)",
        broken: beside("tasks.a.output"),
        mended: beside("has(tasks.a.output) ? tasks.a.output : 'nothing'"),
    }
}

fn the_output_of_a_task_with_dashes() -> Example {
    let of = |expression: &str| {
        blueprint(json!(["a-1", {"name": "b", "data_flow": {"x": expression}}]), json!([]))
    };
    Example {
        finding: "error[GP060] task b, data_flow.x: the output of a-1 is read, but a-1 may not have succeeded here (fix: guard it: has(tasks[\"a-1\"].output) ? tasks[\"a-1\"].output : ..., or let the edge come from a-1)",
        broken: of("tasks['a-1'].output"),
        mended: of("has(tasks[\"a-1\"].output) ? tasks[\"a-1\"].output : 0"),
    }
}

fn the_error_of_a_task_that_succeeded() -> Example {
    Example {
        finding: "error[GP061] task b, data_flow.x: the error of a is read, but a may not have failed here (fix: guard it: has(tasks.a.error) ? ..., or use an edge with on: failure from a)",
        broken: after("success", "tasks.a.error.message"),
        mended: after("failure", "tasks.a.error.message"),
    }
}

fn the_output_over_an_always_edge() -> Example {
    Example {
        finding: "error[GP060] task b, data_flow.x: the output of a is read, but a may not have succeeded here (fix: guard it: has(tasks.a.output) ? tasks.a.output : ..., or let the edge come from a)",
        broken: after("always", "tasks.a.output"),
        mended: after("success", "tasks.a.output"),
    }
}

#[test]
fn a_success_edge_makes_the_outputs_of_all_before_it_sure() {
    let b = json!({"name": "b", "data_flow": {"x": "tasks.a.output"}});
    let c = json!({"name": "c", "data_flow": {"x": "tasks.a.output", "y": "tasks.b.output"}});
    let edges = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "c"}]);
    assert_eq!(found(&blueprint(json!(["a", b, c]), edges)), [""; 0]);
}

#[test]
fn a_failure_edge_makes_the_error_sure_and_not_the_output() {
    assert_eq!(found(&after("failure", "tasks.a.error.kind")), [""; 0]);
    assert_eq!(codes(&after("failure", "tasks.a.output")), ["GP060"]);
}

#[test]
fn what_was_sure_before_a_failure_stays_sure_after_it() {
    let c = json!({"name": "c", "data_flow": {"x": "tasks.a.output", "y": "tasks.b.error.message"}});
    let edges = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "c", "on": "failure"}]);
    assert_eq!(found(&blueprint(json!(["a", "b", c]), edges)), [""; 0]);
}

#[test]
fn an_always_edge_makes_neither_sure_but_keeps_what_was_sure_before() {
    assert_eq!(codes(&after("always", "tasks.a.output")), ["GP060"]);
    assert_eq!(codes(&after("always", "tasks.a.error.kind")), ["GP061"]);
    assert_eq!(found(&after("always", "tasks.a.state")), [""; 0]);
    let c = json!({"name": "c", "data_flow": {"x": "tasks.a.output"}});
    let edges = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "c", "on": "always"}]);
    assert_eq!(found(&blueprint(json!(["a", "b", c]), edges)), [""; 0]);
}

#[test]
fn an_all_join_makes_sure_what_each_of_its_edges_does() {
    let both = "[tasks.start.output, tasks.a.output, tasks.b.output]";
    assert_eq!(found(&joined("all", ["success", "success"], both)), [""; 0]);
    assert_eq!(found(&joined("all", ["success", "failure"], "[tasks.a.output, tasks.b.error]")), [""; 0]);
    assert_eq!(codes(&joined("all", ["success", "always"], both)), ["GP060"]);
}

#[test]
fn an_any_join_makes_sure_only_what_all_of_its_edges_do() {
    let any = |expression: &str| joined("any", ["success", "success"], expression);
    assert_eq!(found(&any("tasks.start.output")), [""; 0]);
    assert_eq!(codes(&any("tasks.a.output")), ["GP060"]);
    assert_eq!(codes(&any("[tasks.a.output, tasks.b.output]")), ["GP060", "GP060"]);
    assert_eq!(found(&any("has(tasks.a.output) ? tasks.a.output : 'b'")), [""; 0]);
    assert_eq!(codes(&joined("any", ["failure", "failure"], "tasks.a.error.kind")), ["GP061"]);
}

#[test]
fn two_edges_of_an_any_join_from_one_task_make_its_output_sure_if_both_do() {
    let twice = |on: &str| {
        let b = json!({"name": "b", "join": "any", "data_flow": {"x": "tasks.a.output"}});
        let edges = json!([
            {"from": "a", "to": "b", "condition": "goal.input.fast"},
            {"from": "a", "to": "b", "on": on}
        ]);
        blueprint(json!(["a", b]), edges)
    };
    assert_eq!(found(&twice("success")), [""; 0]);
    assert_eq!(codes(&twice("always")), ["GP060"]);
    assert_eq!(codes(&twice("failure")), ["GP060"]);
}

#[test]
fn what_follows_an_any_join_knows_no_more_than_the_join() {
    let edges = json!([
        {"from": "a", "to": "c"}, {"from": "b", "to": "c"}, {"from": "c", "to": "d"}
    ]);
    let with = |expression: &str| {
        let d = json!({"name": "d", "data_flow": {"x": expression}});
        blueprint(json!(["a", "b", {"name": "c", "join": "any"}, d]), edges.clone())
    };
    assert_eq!(found(&with("tasks.c.output")), [""; 0]);
    assert_eq!(codes(&with("tasks.a.output")), ["GP060"]);
}

/// Two edges to a join, each carrying the output of `a`.
/// Task `a`, `b` if it fails, and `c` after either; what comes out of the workflow comes out of `c`.
fn taken_up(change: impl Fn(&mut Value)) -> Vec<String> {
    let mut edges = json!([
        {"from": "a", "to": "b", "on": "failure"},
        {"from": "a", "to": "c"},
        {"from": "b", "to": "c"}
    ]);
    change(&mut edges);
    let mut whole = blueprint(json!(["a", "b", {"name": "c", "join": "any"}, "d"]), edges);
    whole.output = [("x".to_owned(), "tasks.c.output".to_owned())].into();
    codes(&whole)
}

#[test]
fn what_comes_after_a_task_or_after_what_takes_up_its_failure_is_certain_in_the_end() {
    assert_eq!(taken_up(|_| {}), Vec::<String>::new());
    for change in [
        |edges: &mut Value| edges[0]["condition"] = json!("goal.input.x == 1"),
        |edges: &mut Value| edges[2]["condition"] = json!("goal.input.x == 1"),
        |edges: &mut Value| edges[1]["condition"] = json!("goal.input.x == 1"),
        |edges: &mut Value| edges[2]["to"] = json!("d"),
    ] {
        assert_eq!(taken_up(change), ["GP060"]);
    }
}

fn carrying(join: &str) -> Blueprint {
    let edges = json!([
        {"from": "a", "to": "c", "data_flow": {"x": "tasks.a.output"}},
        {"from": "b", "to": "c", "data_flow": {"y": "tasks.a.output"}}
    ]);
    blueprint(json!(["a", "b", {"name": "c", "join": join}]), edges)
}

#[test]
fn the_data_flow_of_an_edge_knows_its_own_source_and_in_an_all_join_the_others_too() {
    assert_eq!(found(&carrying("all")), [""; 0]);
    let any = found(&carrying("any"));
    assert_eq!(any.len(), 1);
    assert!(any[0].starts_with("error[GP060] edge b -> c, data_flow.y:"), "{any:?}");
}

/// An edge from `b` to `c`, with a condition and a data flow; nothing is sure of `a`.
fn conditional(condition: &str, on_the_edge: &str, in_the_task: &str) -> Blueprint {
    let c = json!({"name": "c", "data_flow": {"y": in_the_task}});
    let edges = json!([
        {"from": "b", "to": "c", "condition": condition, "data_flow": {"x": on_the_edge}}
    ]);
    blueprint(json!(["a", "b", c]), edges)
}

#[test]
fn a_condition_guards_the_data_flow_of_its_edge() {
    let clean = |condition: &str, flow: &str| {
        assert_eq!(found(&conditional(condition, flow, "1")), [""; 0], "{condition}");
    };
    clean("has(tasks.a.output)", "tasks.a.output");
    clean("has(tasks.a.output.city)", "tasks.a.output.city");
    clean("goal.input.yes && tasks.a.state == 'SUCCEEDED'", "tasks.a.output");
    clean("has(tasks.a.error)", "tasks.a.error.message");
    assert_eq!(codes(&conditional("!has(tasks.a.output)", "tasks.a.output", "1")), ["GP060"]);
    assert_eq!(codes(&conditional("has(tasks.a.output) || true", "tasks.a.output", "1")), ["GP060"]);
    assert_eq!(codes(&conditional("has(tasks.a.output)", "tasks.a.error.kind", "1")), ["GP061"]);
}

#[test]
fn a_condition_is_checked_where_it_stands() {
    let on = |on: &str, condition: &str| {
        let edges = json!([{"from": "a", "to": "b", "on": on, "condition": condition}]);
        codes(&blueprint(json!(["a", "b", "c"]), edges))
    };
    assert_eq!(on("success", "tasks.a.output.ok"), [""; 0]);
    assert_eq!(on("failure", "tasks.a.error.kind == 'TIMEOUT'"), [""; 0]);
    assert_eq!(on("failure", "tasks.a.output.ok"), ["GP060"]);
    assert_eq!(on("always", "tasks.a.output.ok"), ["GP060"]);
    assert_eq!(on("success", "tasks.c.output.ok"), ["GP060"]);
    assert_eq!(on("success", "tasks.b.output.ok"), ["GP060"]);
}

#[test]
fn a_guard_within_the_expression_guards_what_comes_after_it() {
    for guarded in [
        "has(tasks.a.output) ? tasks.a.output : 0",
        "has(tasks.a.output.x) ? tasks.a.output.x : 0",
        "has(tasks.a.output) && tasks.a.output.x > 1",
        "!has(tasks.a.output) || tasks.a.output.x > 1",
        "!has(tasks.a.output) ? 0 : tasks.a.output.x",
        "!(!has(tasks.a.output)) && tasks.a.output.x",
        "tasks.a.state == 'SUCCEEDED' && tasks.a.output.x",
        "'SUCCEEDED' == tasks.a.state ? tasks.a.output : 0",
        "tasks.a.state != 'SUCCEEDED' ? 0 : tasks.a.output",
        "tasks.a.state == 'FAILED' ? tasks.a.error.message : ''",
        "has(tasks.a.error) ? tasks.a.error.kind : has(tasks.a.output) ? tasks.a.output : 0",
        "goal.input.yes && has(tasks.a.output) && goal.input.no && tasks.a.output.x",
        "(goal.input.yes && has(tasks.a.output)) ? tasks.a.output : 0",
        "has(tasks.a.output) ? [1, 2].map(x, x + tasks.a.output.n) : []",
        "[1, 2].filter(x, has(tasks.a.output) && tasks.a.output.n == x)",
        "has(tasks.a.output) ? {'sum': [tasks.a.output, size(tasks.a.output)]} : {}",
        "has(tasks.a.output)",
        "tasks['a'].state == 'SUCCEEDED' ? tasks['a']['output'] : 0",
    ] {
        assert_eq!(found(&beside(guarded)), [""; 0], "{guarded}");
    }
}

#[test]
fn a_guard_that_does_not_hold_where_the_read_is_guards_nothing() {
    for unguarded in [
        "has(tasks.a.output) ? 0 : tasks.a.output",
        "!has(tasks.a.output) ? tasks.a.output : 0",
        "has(tasks.a.output) || tasks.a.output.x",
        "tasks.a.output.x && has(tasks.a.output)",
        "(has(tasks.a.output) || goal.input.yes) && tasks.a.output.x",
        "has(tasks.a.error) ? tasks.a.output : 0",
        "has(goal.input.a) ? tasks.a.output : 0",
        "tasks.a.state != 'SUCCEEDED' ? tasks.a.output : 0",
        "tasks.a.state == 'FAILED' ? tasks.a.output : 0",
        "tasks.a.state == 'SKIPPED' ? 0 : tasks.a.output",
        "tasks.a.state == goal.text ? tasks.a.output : 0",
        "(has(tasks.a.output) ? 1 : 2) + tasks.a.output.n",
        "[has(tasks.a.output), tasks.a.output.x]",
    ] {
        assert_eq!(codes(&beside(unguarded)), ["GP060"], "{unguarded}");
    }
    assert_eq!(codes(&beside("has(tasks.a.output) ? '' : tasks.a.error.kind")), ["GP061"]);
}

#[test]
fn a_task_cannot_read_its_own_output_nor_that_of_one_after_it() {
    let tasks = |expression: &str| -> Value { json!([{"name": "a", "data_flow": {"x": expression}}, "b"]) };
    let edges = json!([{"from": "a", "to": "b"}]);
    assert_eq!(codes(&blueprint(tasks("tasks.a.output"), edges.clone())), ["GP060"]);
    assert_eq!(codes(&blueprint(tasks("tasks.b.output"), edges)), ["GP060"]);
}

#[test]
fn every_unguarded_read_of_an_expression_is_told() {
    let found = codes(&beside("[tasks.a.output.x, tasks.a.error.kind, tasks.b.output]"));
    assert_eq!(found, ["GP060", "GP061", "GP060"]);
}

/// The codes for an output that reads what task `n` gave.
fn of_output(tasks: Value, edges: Value, task: &str) -> Vec<String> {
    let output = [("x".to_owned(), format!("tasks.{task}.output"))].into();
    codes(&Blueprint { output, ..blueprint(tasks, edges) })
}

#[test]
fn the_output_of_a_workflow_may_read_what_has_surely_succeeded() {
    let chain = || (json!(["a", "b"]), json!([{"from": "a", "to": "b"}]));
    let (tasks, edges) = chain();
    assert_eq!(of_output(tasks, edges, "b"), [""; 0]);
    let (tasks, mut edges) = chain();
    edges[0]["condition"] = json!("goal.text == 'x'");
    assert_eq!(of_output(tasks, edges, "b"), ["GP060"]);
    let (tasks, mut edges) = chain();
    edges[0]["on"] = json!("always");
    assert_eq!(of_output(tasks.clone(), edges.clone(), "a"), ["GP060"], "its failure would be handled");
    assert_eq!(of_output(tasks, edges, "b"), ["GP060"], "so nobody knows that it came so far");
}

#[test]
fn the_output_of_a_workflow_may_not_read_what_may_be_cancelled() {
    let race = |rest| json!(["a", "b", {"name": "c", "join": "any", "rest": rest}]);
    let edges = || json!([{"from": "a", "to": "c"}, {"from": "b", "to": "c"}]);
    assert_eq!(of_output(race("ignore"), edges(), "a"), [""; 0]);
    assert_eq!(of_output(race("cancel"), edges(), "a"), ["GP060"]);
    assert_eq!(of_output(race("cancel"), edges(), "c"), [""; 0], "whoever is cancelled, it has begun");
}

#[test]
fn the_output_of_a_workflow_is_named_in_findings() {
    let output = [("x.y".to_owned(), "tasks.nobody.output".to_owned())].into();
    let wrong = Blueprint { output, ..blueprint(json!(["a"]), json!([])) };
    let finding = found(&wrong).remove(0);
    assert!(finding.starts_with("error[GP033], output.x.y"), "{finding}");
}
