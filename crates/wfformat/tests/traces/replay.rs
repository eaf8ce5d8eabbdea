//! What a trace becomes.

use goalpost_checker::check;
use goalpost_model::Blueprint;
use goalpost_planning::{Catalog, Source};
use goalpost_wfformat::{CAPABILITY, TimeScale, Trace, capability};
use serde_json::json;

use crate::{document, parse};

const MOSAIC: &str = include_str!("../../../../examples/wfformat/data/mosaic.json");
const CATALOG: &str = include_str!("../../../../catalogs/wfformat.yaml");

fn blueprint(trace: &Trace, scale: f64) -> Blueprint {
    trace.blueprint(TimeScale::new(scale).unwrap()).unwrap()
}

#[test]
fn a_task_becomes_a_node_and_a_pair_an_edge() {
    let trace = Trace::parse(MOSAIC).unwrap();
    let blueprint = blueprint(&trace, 10.0);
    assert_eq!(blueprint.name, "mosaic");
    let names: Vec<&str> = blueprint.tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "_1_list",
            "project_a",
            "project_b",
            "project_c",
            "overlap_a_b",
            "overlap_b_c",
            "fit",
            "place_a",
            "place_b",
            "place_c",
            "add"
        ]
    );
    assert_eq!(blueprint.edges.len(), 18);
    assert!(blueprint.edges.iter().any(|edge| edge.source == "project_c" && edge.target == "place_c"));
    assert!(blueprint.tasks.iter().all(|task| task.capability == CAPABILITY));
    assert_eq!(
        serde_json::Value::from(blueprint.tasks[3].input.clone()),
        json!({"id": "project:c", "duration_ms": 1425})
    );
}

#[test]
fn the_longest_path_is_the_one_that_nothing_can_shorten() {
    let trace = Trace::parse(MOSAIC).unwrap();
    // 1.list, project:c, overlap/b#c, fit, place:c, add.
    assert_eq!(trace.longest_path_seconds(), 0.0 + 14.25 + 2.75 + 8.0 + 2.0 + 13.0);
    let scale = trace.scale_to(5.0).unwrap();
    assert_eq!(scale, TimeScale::new(8.0).unwrap());
    assert_eq!(scale.replayed_seconds(trace.longest_path_seconds()), 5.0);
    assert!(parse(&document(&[("a", &[], 0.0)])).scale_to(5.0).is_err());
}

#[test]
fn the_checker_takes_it_with_and_without_the_catalog() {
    let blueprint = blueprint(&Trace::parse(MOSAIC).unwrap(), 10.0);
    let catalog = Catalog::parse(&[Source { name: "wfformat.yaml", text: CATALOG }]).unwrap();
    for checked in [check(&blueprint, &blueprint.capabilities), check(&blueprint, &catalog)] {
        assert_eq!(checked.findings, []);
        assert_eq!(checked.blueprint.as_ref(), Some(&blueprint));
    }
    assert_eq!(catalog.capabilities().collect::<Vec<_>>(), [&capability()]);
}

#[test]
fn an_edge_that_one_side_names_counts_and_one_that_both_name_counts_once() {
    let mut document = document(&[("a", &[], 1.0), ("b", &["a"], 1.0), ("c", &["b"], 1.0), ("d", &[], 1.0)]);
    let tasks = &mut document["workflow"]["specification"]["tasks"];
    tasks[0]["children"] = json!([]);
    tasks[2]["parents"] = json!([]);
    tasks[3]["parents"] = json!(["c", "c"]);
    assert_eq!(parse(&document).edges().collect::<Vec<_>>(), [(0, 1), (1, 2), (2, 3)]);
}

#[test]
fn children_before_their_parents_are_put_in_order() {
    let trace = parse(&document(&[("c", &["b"], 3.0), ("b", &["a"], 2.0), ("a", &[], 1.0)]));
    let ids: Vec<&str> = trace.tasks().iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(trace.longest_path_seconds(), 6.0);
}
