//! Large and hostile blueprints: answered at once, with findings of a bounded size.

use std::collections::BTreeMap;

use goalpost_model::limits::{MAX_EDGES, MAX_TASKS};
use goalpost_model::{Blueprint, Branch, Edge, EdgeOn, Join};
use serde_json::json;

use crate::sample::{blueprint, codes, found};

fn edge(source: String, target: String) -> Edge {
    Edge {
        source,
        target,
        on: EdgeOn::Success,
        condition: String::new(),
        otherwise: false,
        data_flow: BTreeMap::new(),
    }
}

/// All tasks that there may be, with names as long as they may be.
fn full(prefix: &str) -> Blueprint {
    let names: Vec<String> = (0..MAX_TASKS).map(|place| format!("{prefix}{place:05}")).collect();
    blueprint(json!(names), json!([]))
}

#[test]
fn names_of_many_mistakes_are_compared_only_for_a_while() {
    let prefix = "n".repeat(123);
    let mut blueprint = full(&prefix);
    let wrong = |place: usize| format!("{prefix}x{:04}", place % 10_000);
    blueprint.edges = (0..MAX_EDGES).map(|place| edge(wrong(place), wrong(place + 1))).collect();
    assert_eq!(codes(&blueprint).iter().filter(|code| *code == "GP009").count(), 1_000);
}

#[test]
fn a_data_flow_may_have_many_paths() {
    let paths: BTreeMap<String, &str> = (0..50_000).map(|place| (format!("p{place}"), "1")).collect();
    assert_eq!(found(&blueprint(json!([{"name": "a", "data_flow": paths}]), json!([]))), [""; 0]);
}

#[test]
fn every_task_may_take_data_over_every_edge() {
    let mut blueprint = full("t");
    for task in &mut blueprint.tasks {
        task.capability = "weather.fetch".to_owned();
    }
    blueprint.tasks[0].input.insert("city".to_owned(), json!("Seattle"));
    blueprint.edges =
        (1..MAX_TASKS).map(|place| edge(format!("t{:05}", place - 1), format!("t{place:05}"))).collect();
    for edge in &mut blueprint.edges {
        edge.data_flow.insert("city".to_owned(), "goal.text".to_owned());
    }
    assert_eq!(found(&blueprint), [""; 0]);
}

/// Every task reads a ticket, and every edge compares a typed value of it.
#[test]
fn every_edge_may_be_one_of_an_exclusive_branch() {
    let mut blueprint = full("t");
    for task in &mut blueprint.tasks {
        (task.capability, task.branch, task.join) = ("ticket.read".to_owned(), Branch::Exclusive, Join::Any);
    }
    for source in 0..MAX_TASKS - 2 {
        let name = |place| format!("t{place:05}");
        for (step, condition) in [(1, "< 5"), (2, ">= 5")] {
            let condition = format!("tasks.{}.output.votes {condition}", name(source));
            blueprint.edges.push(Edge { condition, ..edge(name(source), name(source + step)) });
        }
    }
    assert_eq!(found(&blueprint), [""; 0]);
}

/// Layers of tasks, each of which waits for all five around its place in the layer before.
fn woven() -> Blueprint {
    const WIDTH: usize = 100;
    let mut blueprint = full("t");
    let name = |place: usize| format!("t{place:05}");
    let before = |place: usize| {
        let (layer, column) = (place / WIDTH - 1, place % WIDTH);
        (0..5).map(move |side| layer * WIDTH + (column + side) % WIDTH)
    };
    let edges = (WIDTH..MAX_TASKS).flat_map(|place| before(place).map(move |from| (from, place)));
    blueprint.edges = edges.map(|(from, to)| edge(name(from), name(to))).collect();
    let rest = (0..WIDTH)
        .flat_map(|from| (2..).take(5).map(move |layer| (from, layer * WIDTH + (from + 50) % WIDTH)));
    blueprint.edges.extend(rest.map(|(from, to)| edge(name(from), name(to))));
    blueprint
}

#[test]
fn every_task_may_read_from_afar_in_the_largest_graph() {
    let mut blueprint = woven();
    assert_eq!((blueprint.tasks.len(), blueprint.edges.len()), (MAX_TASKS, MAX_EDGES));
    // Each task reads one of the layer before the last, which is sure through any of its five.
    for place in 200..MAX_TASKS {
        let flow = format!("tasks.t{:05}.output", place / 100 * 100 - 200 + (place + 4) % 100);
        blueprint.tasks[place].data_flow.insert("x".to_owned(), flow);
    }
    assert_eq!(found(&blueprint), [""; 0]);
    // One that is beside it is not.
    let flow = format!("tasks.t{:05}.output", 9_798);
    blueprint.tasks[9_900].data_flow.insert("y".to_owned(), flow);
    assert_eq!(codes(&blueprint), ["GP060"]);
}

#[test]
fn a_giant_name_does_not_make_a_giant_finding() {
    let giant = "x".repeat(1 << 20);
    let blueprint = blueprint(
        json!([
            {"name": giant, "capability": giant, "data_flow": {giant.as_str(): giant, "y": giant}},
            {"name": giant, "input": {giant.as_str(): 1}}
        ]),
        json!([{"from": giant, "to": giant, "condition": format!("tasks.{giant}.output"), "data_flow": {giant.as_str(): "1 +"}}]),
    );
    let found = found(&blueprint);
    assert!(found.len() > 5);
    for finding in found {
        assert!(finding.len() < 2_000, "{} bytes: {}", finding.len(), &finding[..200]);
    }
}
