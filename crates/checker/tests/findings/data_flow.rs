//! Where the values of an input go.

use goalpost_model::Blueprint;
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, codes, found};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    a_path_with_a_bracket,
    a_path_with_an_empty_step,
    a_path_of_many_steps,
    a_path_through_a_constant,
    an_edge_whose_path_leads_through_a_constant,
    paths_of_which_one_leads_to_the_other,
    two_edges_to_one_path,
];

#[test]
fn every_mistake_of_a_data_flow_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn flowing(input: Value, data_flow: Value) -> Blueprint {
    blueprint(json!([{"name": "a", "input": input, "data_flow": data_flow}]), json!([]))
}

fn a_path_with_a_bracket() -> Example {
    Example {
        finding: "error[GP040] task a, data_flow.days[0]: the path has the character '[' (fix: write names with dots between, like a.b)",
        broken: flowing(json!({}), json!({"days[0]": "1"})),
        mended: flowing(json!({}), json!({"days.first": "1"})),
    }
}

fn a_path_with_an_empty_step() -> Example {
    Example {
        finding: "error[GP040] task a, data_flow.report..city: a step of the path is empty (fix: write names with dots between, like a.b)",
        broken: flowing(json!({}), json!({"report..city": "1"})),
        mended: flowing(json!({}), json!({"report.city": "1"})),
    }
}

fn a_path_of_many_steps() -> Example {
    let of = |steps: usize| flowing(json!({}), json!({vec!["s"; steps].join("."): "1"}));
    Example {
        finding: "error[GP040] task a, data_flow.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s.s: the path has 31 steps; 30 are allowed (fix: write names with dots between, like a.b)",
        broken: of(31),
        mended: of(30),
    }
}

fn a_path_through_a_constant() -> Example {
    let flow = json!({"report.city.name": "goal.text"});
    Example {
        finding: "error[GP040] task a, data_flow.report.city.name: the path leads through 'report.city' of the constant input, which is no object (fix: write to another path, or leave that out of the input)",
        broken: flowing(json!({"report": {"city": "Seattle"}}), flow.clone()),
        mended: flowing(json!({"report": {"city": {}}}), flow),
    }
}

fn an_edge_whose_path_leads_through_a_constant() -> Example {
    let writing = |path: &str| {
        let edges = json!([{"from": "a", "to": "b", "data_flow": {path: "goal.text"}}]);
        blueprint(json!(["a", {"name": "b", "input": {"city": null}}]), edges)
    };
    Example {
        finding: "error[GP040] edge a -> b, data_flow.city.name: the path leads through 'city' of the constant input, which is no object (fix: write to another path, or leave that out of the input)",
        broken: writing("city.name"),
        mended: writing("city"),
    }
}

fn paths_of_which_one_leads_to_the_other() -> Example {
    Example {
        finding: "error[GP041] task a, data_flow.report.city: the path overlaps 'report' (fix: write each value once)",
        broken: flowing(json!({}), json!({"report": "goal.input", "report.city": "'Seattle'"})),
        mended: flowing(json!({}), json!({"report.input": "goal.input", "report.city": "'Seattle'"})),
    }
}

/// Two edges to `c`, each with a path.
fn gathering(join: &str, from_a: &str, from_b: &str) -> Blueprint {
    let edges = json!([
        {"from": "a", "to": "c", "data_flow": {from_a: "tasks.a.output"}},
        {"from": "b", "to": "c", "data_flow": {from_b: "tasks.b.output"}}
    ]);
    blueprint(json!(["a", "b", {"name": "c", "join": join}]), edges)
}

fn two_edges_to_one_path() -> Example {
    Example {
        finding: "warning[GP042] edge b -> c, data_flow.city: edge a -> c writes 'city' or a part of it too; the later edge wins (fix: write each value once)",
        broken: gathering("all", "city", "city"),
        mended: gathering("all", "city", "town"),
    }
}

#[test]
fn edges_of_an_any_join_may_write_to_one_path() {
    assert_eq!(found(&gathering("any", "city", "city")), [""; 0]);
}

#[test]
fn edges_of_an_all_join_get_in_each_others_way_when_one_path_leads_to_the_other() {
    assert_eq!(codes(&gathering("all", "report", "report.city")), ["GP042"]);
    assert_eq!(codes(&gathering("all", "report.city", "report")), ["GP042"]);
    assert_eq!(codes(&gathering("all", "report.city", "report.town")), [""; 0]);
}

#[test]
fn an_edge_may_lead_through_what_the_data_flow_of_the_task_makes_an_object() {
    let b = json!({"name": "b", "input": {"city": null}, "data_flow": {"city": "{}"}});
    let edges = json!([{"from": "a", "to": "b", "data_flow": {"city.name": "goal.text"}}]);
    assert_eq!(found(&blueprint(json!(["a", b]), edges)), [""; 0]);
}
