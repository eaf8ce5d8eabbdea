//! What a workflow comes to at most.

use goalpost_checker::check;
use goalpost_model::{Amount, Blueprint, WorstCase};
use serde_json::{Value, json};

use crate::sample::{blueprint, catalog};

fn worst_case(blueprint: &Blueprint) -> WorstCase {
    let checked = check(blueprint, &catalog());
    checked.worst_case.unwrap_or_else(|| panic!("{:#?}", checked.findings))
}

/// Attempts of the tasks, which are joined by edges.
fn attempts(tasks: Value, edges: Value) -> u64 {
    worst_case(&blueprint(tasks, edges)).total.attempts
}

fn trying(name: &str, max_attempts: u32) -> Value {
    json!({"name": name, "capability": "any", "retry": {"max_attempts": max_attempts}})
}

fn each(items: Value, tasks: Value) -> Value {
    let mut task = json!({"name": "each", "capability": "", "for_each": {"body": {"tasks": tasks}}});
    task.as_object_mut().unwrap().extend(items.as_object().unwrap().clone());
    task
}

fn repeated(max_iterations: u32, tasks: Value) -> Value {
    let body = json!({"tasks": tasks});
    json!({"name": "again", "capability": "", "loop": {"while": "true", "max_iterations": max_iterations, "body": body}})
}

#[test]
fn every_attempt_of_every_item_and_iteration_counts() {
    let list = each(json!({"input": {"items": [1, 2, 3]}}), json!([trying("a", 2), trying("b", 1)]));
    assert_eq!(attempts(json!([list.clone()]), json!([])), 9);
    assert_eq!(attempts(json!([repeated(5, json!([list, trying("c", 4)]))]), json!([])), 65);
}

#[test]
fn a_compensation_counts_with_its_attempts() {
    let undo = json!({"capability": "ticket.read", "retry": {"max_attempts": 10}});
    let book = json!({"name": "book", "capability": "any", "compensate_with": undo});
    let found = worst_case(&blueprint(json!([book]), json!([])));
    let of: Vec<(&str, u64)> =
        found.capabilities.iter().map(|of| (of.capability.as_str(), of.amount.attempts)).collect();
    assert_eq!((found.tasks, of), (1, vec![("any", 1), ("ticket.read", 10)]));
}

#[test]
fn money_and_tokens_are_those_of_the_attempts() {
    let ask = json!({"name": "ask", "capability": "llm.ask", "retry": {"max_attempts": 3}});
    let found = worst_case(&blueprint(json!([ask, trying("a", 1)]), json!([])));
    assert_eq!(found.total, Amount { attempts: 4, money_micros: 60_000, tokens: 3_000 });
    assert_eq!((found.without_money, found.without_tokens), (vec!["any".to_owned()], vec!["any".to_owned()]));
}

#[test]
fn a_list_is_as_long_as_what_writes_it_allows() {
    let asks = json!([{"name": "ask", "capability": "any"}]);
    let list = json!({"name": "list", "capability": "orders.list"});
    let of = |items: Value, edges: Value| attempts(json!([list, each(items, asks.clone())]), edges) - 1;
    let own = |expression: &str| {
        of(json!({"data_flow": {"items": expression}}), json!([{"from": "list", "to": "each"}]))
    };
    assert_eq!(own("has(tasks.list.output.orders) ? tasks.list.output.orders : []"), 10_000);
    assert_eq!(own("tasks.list.output.many"), 10_000);
    assert_eq!(own("tasks.list.output.orders"), 20);
    assert_eq!(own("goal.input.orders"), 10_000);
    assert_eq!(own("[goal.text, 'b', 'c']"), 3);
    let over_edge = |expression: &str, items: Value| {
        let edges = json!([{"from": "list", "to": "each", "data_flow": {"items": expression}}]);
        of(json!({"input": {"items": items}}), edges)
    };
    assert_eq!(over_edge("tasks.list.output.orders", json!([1])), 20);
    assert_eq!(over_edge("['a']", json!([1, 2, 3])), 3, "the constant stays if the edge is not taken");
}

#[test]
fn no_more_tasks_count_than_there_may_be() {
    let inner = each(json!({"data_flow": {"items": "item"}}), json!([trying("a", 2)]));
    let outer = each(json!({"data_flow": {"items": "goal.input.list"}}), json!([inner]));
    let whole = blueprint(json!([outer, trying("b", 7)]), json!([]));
    let found = worst_case(&whole);
    assert_eq!((found.tasks, found.total.attempts), (100_000, 99_998 * 2 + 7));
    let small = worst_case(&Blueprint { max_tasks: 100, ..whole });
    assert_eq!((small.tasks, small.total.attempts), (100, 98 * 2 + 7));
}

#[test]
fn the_dearest_edge_of_an_exclusive_branch_counts() {
    let choose = json!({"name": "choose", "branch": "exclusive"});
    let edges = json!([
        {"from": "choose", "to": "a", "condition": "goal.text == 'a'"},
        {"from": "choose", "to": "b", "condition": "goal.text == 'b'"},
        {"from": "choose", "to": "c", "otherwise": true},
        {"from": "a", "to": "after"},
        {"from": "b", "to": "end"},
        {"from": "after", "to": "end"},
    ]);
    let end = json!({"name": "end", "join": "any"});
    let tasks = |branch: &Value| {
        json!([branch, trying("a", 5), trying("b", 7), trying("c", 6), trying("after", 4), end])
    };
    assert_eq!(attempts(tasks(&choose), edges.clone()), 1 + (5 + 4) + 1);
    assert_eq!(attempts(tasks(&json!("choose")), edges), 1 + 5 + 4 + 7 + 6 + 1);
}

#[test]
fn a_task_either_succeeds_or_fails() {
    let tasks = json!(["start", trying("good", 5), trying("bad", 7), trying("both", 2)]);
    let edges = json!([
        {"from": "start", "to": "good"},
        {"from": "start", "to": "bad", "on": "failure"},
        {"from": "start", "to": "both", "on": "always"},
    ]);
    assert_eq!(attempts(tasks, edges), 1 + 7 + 2);
}

#[test]
fn branches_of_several_tasks_add_up() {
    let choose = |name: &str| json!({"name": name, "branch": "exclusive"});
    let on = |from: &str, to: &str, word: &str| json!({"from": from, "to": to, "condition": format!("goal.text == '{word}'")});
    let tasks = json!([
        choose("x"),
        choose("y"),
        trying("a", 5),
        trying("b", 2),
        trying("c", 9),
        trying("d", 3),
        "both"
    ]);
    let edges = json!([
        on("x", "a", "a"), on("x", "b", "b"), on("y", "c", "c"), on("y", "d", "d"),
        {"from": "a", "to": "both"}, {"from": "c", "to": "both"},
    ]);
    assert_eq!(attempts(tasks, edges), 2 + 5 + 9 + 1);
}

#[test]
fn what_comes_up_at_run_time_is_said_and_not_counted() {
    let goal = json!({"name": "goal", "capability": "goalpost.sub_goal", "input": {"goal": "more"}});
    let grows = json!({"name": "grows", "capability": "any", "extends": true});
    let found = worst_case(&blueprint(json!([repeated(3, json!([goal, grows]))]), json!([])));
    assert_eq!((found.later, found.total.attempts), (6, 3));
}

#[test]
fn the_worst_case_of_a_large_graph_is_there_at_once() {
    // Each chooses, and a chain of choices is a tree as deep as there are tasks.
    let tasks: Vec<Value> = (0..3_000)
        .map(|task| json!({"name": format!("t{task}"), "branch": "exclusive", "join": "any"}))
        .collect();
    let edge = |task: usize, to: usize| json!({"from": format!("t{task}"), "to": format!("t{to}"), "condition": format!("goal.text == '{to}'")});
    let edges: Vec<Value> =
        (0..2_998).flat_map(|task| [edge(task, task + 1), edge(task, task + 2)]).collect();
    assert_eq!(attempts(json!(tasks), json!(edges)), 3_000);
}
