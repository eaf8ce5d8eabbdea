//! Names and sizes.

use goalpost_model::Blueprint;
use goalpost_model::limits::{MAX_EDGES, MAX_NAME_BYTES, MAX_PAYLOAD_DEPTH, MAX_TASKS};
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::blueprint;

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    no_task,
    too_many_tasks,
    too_many_edges,
    an_input_too_deep,
    an_input_too_big,
    a_whole_too_big,
    a_task_name_with_a_space,
    a_task_name_too_long,
    a_blueprint_without_a_name,
    a_capability_badly_named,
    two_tasks_of_one_name,
    two_edges_alike,
    an_edge_to_nowhere,
    an_edge_from_nowhere,
    more_than_is_shown,
];

#[test]
fn every_mistake_of_structure_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn just_a() -> Blueprint {
    blueprint(json!(["a"]), json!([]))
}

fn no_task() -> Example {
    Example {
        finding: "error[GP001], tasks: the graph has no task (fix: add at least one task)",
        broken: blueprint(json!([]), json!([])),
        mended: just_a(),
    }
}

fn row_of(tasks: usize) -> Blueprint {
    let names: Vec<String> = (0..tasks).map(|place| format!("t{place}")).collect();
    blueprint(json!(names), json!([]))
}

fn too_many_tasks() -> Example {
    Example {
        finding: "error[GP002], tasks: the blueprint has 10001 tasks; 10000 are allowed (fix: split it into several goals)",
        broken: row_of(MAX_TASKS + 1),
        mended: row_of(MAX_TASKS),
    }
}

/// Tasks in two rows, each of the first before each of the second.
fn with_edges(edges: usize) -> Blueprint {
    let mut blueprint = row_of(500);
    let all = (0..250).flat_map(|source| (250..500).map(move |target| (source, target)));
    let edge = |(source, target)| json!({"from": format!("t{source}"), "to": format!("t{target}")});
    blueprint.edges = all.take(edges).map(|pair| serde_json::from_value(edge(pair)).unwrap()).collect();
    blueprint
}

fn too_many_edges() -> Example {
    Example {
        finding: "error[GP003], edges: the blueprint has 50001 edges; 50000 are allowed (fix: split it into several goals)",
        broken: with_edges(MAX_EDGES + 1),
        mended: with_edges(MAX_EDGES),
    }
}

fn with_input(input: Value) -> Blueprint {
    blueprint(json!([{"name": "a", "input": {"x": input}}]), json!([]))
}

fn an_input_too_deep() -> Example {
    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    Example {
        finding: "error[GP004] task a, input: the input is nested deeper than 30 levels (fix: store it (goalpost payload put), and write its reference into the input)",
        broken: with_input(nested(MAX_PAYLOAD_DEPTH)),
        mended: with_input(nested(MAX_PAYLOAD_DEPTH - 1)),
    }
}

fn an_input_too_big() -> Example {
    Example {
        finding: "error[GP004] task a, input: the input has 1048584 bytes as JSON, and 1048576 are allowed (fix: store it (goalpost payload put), and write its reference into the input)",
        broken: with_input(json!("x".repeat(1 << 20))),
        mended: with_input(json!("s3://bucket/object")),
    }
}

fn a_whole_too_big() -> Example {
    let of = |tasks: usize| {
        let text = "x".repeat(1_000_000);
        let tasks: Vec<Value> =
            (0..tasks).map(|place| json!({"name": format!("t{place}"), "input": {"x": text}})).collect();
        blueprint(json!(tasks), json!([]))
    };
    Example {
        finding: "error[GP004]: the blueprint has 4000287 bytes; 3145728 are allowed (fix: pass large data by reference)",
        broken: of(4),
        mended: of(3),
    }
}

fn a_task_name_with_a_space() -> Example {
    Example {
        finding: "error[GP005] task a b, name: 'a b' is not a letter or underscore, then letters, digits, '_' or '-' (fix: use letters, digits, '_' and '-')",
        broken: blueprint(json!(["a b"]), json!([])),
        mended: blueprint(json!(["a-b"]), json!([])),
    }
}

fn a_task_name_too_long() -> Example {
    Example {
        finding: "error[GP005] task xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…, name: the name has 129 bytes; 128 are allowed (fix: use letters, digits, '_' and '-')",
        broken: blueprint(json!(["x".repeat(MAX_NAME_BYTES + 1)]), json!([])),
        mended: blueprint(json!(["x".repeat(MAX_NAME_BYTES)]), json!([])),
    }
}

fn a_blueprint_without_a_name() -> Example {
    Example {
        finding: "error[GP005], name: the name is missing (fix: give the blueprint a short name)",
        broken: Blueprint { name: " ".to_owned(), ..just_a() },
        mended: just_a(),
    }
}

fn a_capability_badly_named() -> Example {
    Example {
        finding: "error[GP005] task a, capability: 'badly named' has other characters than letters, digits, '.', '_', '-' and '/' (fix: rename the capability in its catalog)",
        broken: blueprint(json!([{"name": "a", "capability": "badly named"}]), json!([])),
        mended: just_a(),
    }
}

fn two_tasks_of_one_name() -> Example {
    Example {
        finding: "error[GP006] task a, name: two tasks are called 'a' (fix: give each task a name of its own)",
        broken: blueprint(json!(["a", "a"]), json!([])),
        mended: blueprint(json!(["a", "b"]), json!([])),
    }
}

fn two_edges_alike() -> Example {
    let to_b = |edges| blueprint(json!(["a", {"name": "b", "join": "any"}]), edges);
    Example {
        finding: "error[GP008] edge a -> b: the same edge is there twice (fix: remove one of them)",
        broken: to_b(json!([{"from": "a", "to": "b"}, {"from": "a", "to": "b"}])),
        mended: to_b(json!([{"from": "a", "to": "b"}, {"from": "a", "to": "b", "on": "failure"}])),
    }
}

fn an_edge_to_nowhere() -> Example {
    let to = |target| blueprint(json!(["start", "report"]), json!([{"from": "start", "to": target}]));
    Example {
        finding: "error[GP009] edge start -> reprot, to: the blueprint has no task 'reprot' (fix: did you mean 'report'?)",
        broken: to("reprot"),
        mended: to("report"),
    }
}

fn an_edge_from_nowhere() -> Example {
    let from = |source| blueprint(json!(["start", "report"]), json!([{"from": source, "to": "report"}]));
    Example {
        finding: "error[GP009] edge somewhere -> report, from: the blueprint has no task 'somewhere' (fix: name a task of this blueprint)",
        broken: from("somewhere"),
        mended: from("start"),
    }
}

fn more_than_is_shown() -> Example {
    let mut broken = row_of(1_002);
    broken.tasks.iter_mut().for_each(|task| task.retry.max_attempts = 0);
    Example {
        finding: "error[GP099]: 2 more findings are not shown (fix: fix these first)",
        broken,
        mended: row_of(1_002),
    }
}
