//! Graphs inside of tasks.

use goalpost_checker::check;
use goalpost_model::Blueprint;
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, catalog, codes};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    two_things,
    a_capability_that_wants_a_graph,
    nothing_to_run,
    an_unknown_digest,
    nothing_that_could_extend,
    no_bound,
    too_many_tasks,
    nested_too_deep,
    a_field_that_does_not_come_out,
];

#[test]
fn every_mistake_of_bodies_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn one(task: Value) -> Blueprint {
    blueprint(json!([task]), json!([]))
}

fn body(task: Value) -> Value {
    json!({"tasks": [task]})
}

fn inner() -> Value {
    json!({"name": "inner", "capability": "any"})
}

fn repeat(max_iterations: u32, task: Value) -> Value {
    json!({"name": "poll", "capability": "", "loop": {
        "while": "iteration < 3", "max_iterations": max_iterations, "body": body(task)}})
}

fn a_field_that_does_not_come_out() -> Example {
    let reading = |field: &str| {
        let output = json!({"found.place": "tasks.inner.output.place"});
        let run = json!({"body": {"tasks": [inner()], "output": output}});
        let reads = json!({"x": format!("tasks.a.output.{field}")});
        let tasks = json!([{"name": "a", "capability": "", "run": run}, {"name": "b", "capability": "any"}]);
        blueprint(tasks, json!([{"from": "a", "to": "b", "data_flow": reads}]))
    };
    Example {
        finding: "warning[GP062] edge a -> b, data_flow.x: the output of a has no field 'place' (fix: see the output of the blueprint that it runs, and its tasks)",
        broken: reading("place"),
        mended: reading("found.place"),
    }
}

#[test]
fn without_an_output_of_its_own_a_blueprint_gives_what_its_tasks_give() {
    let reading = |field: &str| {
        let tasks = json!([{"name": "a", "capability": "", "run": {"body": body(inner())}}, {"name": "b", "capability": "any"}]);
        let reads = json!({"x": format!("tasks.a.output.{field}")});
        codes(&blueprint(tasks, json!([{"from": "a", "to": "b", "data_flow": reads}])))
    };
    assert_eq!((reading("inner.place"), reading("place")), (vec![], vec!["GP062".to_owned()]));
}

fn two_things() -> Example {
    let with = |capability| {
        let for_each = json!({"body": body(inner())});
        one(json!({"name": "each", "capability": capability, "input": {"items": []}, "for_each": for_each}))
    };
    Example {
        finding: "error[GP027] task each: the task says two things that it does (fix: write one of capability, for_each, loop and run)",
        broken: with("any"),
        mended: with(""),
    }
}

fn a_capability_that_wants_a_graph() -> Example {
    Example {
        finding: "error[GP027] task a, capability: goalpost.loop needs a graph to run (fix: write for_each, loop or run with a body, and no capability)",
        broken: one(json!({"name": "a", "capability": "goalpost.loop"})),
        mended: one(json!({"name": "a", "capability": "any"})),
    }
}

fn nothing_to_run() -> Example {
    Example {
        finding: "error[GP027] task a, run: the task runs nothing (fix: write the body itself, or the digest of a blueprint that is stored)",
        broken: one(json!({"name": "a", "capability": "", "run": {}})),
        mended: one(json!({"name": "a", "capability": "", "run": {"body": body(inner())}})),
    }
}

fn an_unknown_digest() -> Example {
    let run = |run: Value| one(json!({"name": "a", "capability": "", "run": run}));
    Example {
        finding: "error[GP027] task a, run: no blueprint with the digest 1111111111111111111111111111111111111111111111111111111111111111 is known here (fix: write the body itself, or the digest of a blueprint that is stored)",
        broken: run(json!({"digest": "11".repeat(32)})),
        mended: run(json!({"digest": "11".repeat(32), "body": body(inner())})),
    }
}

fn nothing_that_could_extend() -> Example {
    let with = |capability| one(json!({"name": "a", "capability": capability, "extends": true}));
    Example {
        finding: "error[GP027] task a, extends: only what a worker makes can extend the graph (fix: remove `extends`, or name a capability that workers offer)",
        broken: with("goalpost.transform"),
        mended: with("any"),
    }
}

fn no_bound() -> Example {
    Example {
        finding: "error[GP028] task poll, loop.max_iterations: max_iterations is 0; 1 to 10000 are allowed (fix: write how many iterations there may be)",
        broken: one(repeat(0, inner())),
        mended: one(repeat(1, inner())),
    }
}

fn too_many_tasks() -> Example {
    Example {
        finding: "error[GP028] task poll: the task may come to 100101 tasks, those of every item and iteration included; 100000 are allowed (fix: lower a bound, or shorten the list)",
        broken: one(repeat(100, repeat(1_000, inner()))),
        mended: one(repeat(100, repeat(900, inner()))),
    }
}

fn nested_too_deep() -> Example {
    let nested = |depth| {
        let wrap = |task, _| json!({"name": "sub", "capability": "", "run": {"body": body(task)}});
        one((0..depth).fold(inner(), wrap))
    };
    Example {
        finding: "error[GP028] task sub: graphs are inside of tasks deeper than 8 (fix: take the inner graph out, and submit it as a goal of its own)",
        broken: nested(9),
        mended: nested(8),
    }
}

#[test]
fn what_is_wrong_inside_is_named_by_the_way_to_it() {
    let task = json!({"name": "each", "capability": "", "input": {"items": [1]}, "for_each": {"body": {
        "tasks": [{"name": "a", "capability": "strange"}, {"name": "poll", "capability": "", "loop": {
            "while": "size(item) > 'x'.size() ? 1 : 2", "max_iterations": 2, "body": {
                "tasks": [{"name": "b", "capability": "any"}, {"name": "c", "capability": "any"}],
                "edges": [{"from": "b", "to": "c", "condition": "index"}],
                "output": {"x": "tasks.nobody.output"}}}}]}}});
    let found = check(&one(task), &catalog()).findings;
    let places: Vec<String> =
        found.iter().map(|finding| format!("{} {} {}", finding.code, finding.node, finding.field)).collect();
    for place in [
        "GP010 task each/a capability",
        "GP032 edge each/poll/b -> c condition",
        "GP032 task each/poll loop.while",
        "GP033 task each/poll loop.body.output.x",
    ] {
        assert!(places.contains(&place.to_owned()), "{place} is not in {places:?}");
    }
}

/// A body sees what its own task brings, and nothing of the graph around it.
#[test]
fn each_body_sees_its_own_variables_alone() {
    let for_each = |expression: &str| {
        let task = json!({"name": "inner", "capability": "any", "data_flow": {"x": expression}});
        codes(&blueprint(
            json!(["before", {"name": "each", "capability": "", "input": {"items": []}, "for_each": {"body": body(task)}}]),
            json!([{"from": "before", "to": "each"}]),
        ))
    };
    for seen in ["item", "index + 1", "input.items", "goal.text", "[1].map(i, i + index)"] {
        assert_eq!(for_each(seen), [""; 0], "{seen}");
    }
    assert_eq!(for_each("iteration"), ["GP032"]);
    assert_eq!(for_each("previous.x"), ["GP032"]);
    assert_eq!(for_each("tasks.before.output"), ["GP033"]);
    assert_eq!(for_each("index.x"), ["GP034"]);
    assert_eq!(for_each("[1].map(item, item)"), ["GP038"]);
    let outside = json!({"name": "a", "capability": "any", "data_flow": {"x": "item"}});
    assert_eq!(codes(&one(outside)), ["GP032"]);
}

#[test]
fn the_list_has_to_come_from_somewhere_and_the_output_has_its_own_fields() {
    let with = |input: Value, read: &str| {
        let each =
            json!({"name": "each", "capability": "", "input": input, "for_each": {"body": body(inner())}});
        let after = json!({"name": "after", "capability": "any", "data_flow": {"x": read}});
        codes(&blueprint(json!([each, after]), json!([{"from": "each", "to": "after"}])))
    };
    assert_eq!(with(json!({"items": [1]}), "tasks.each.output.outputs[0]"), [""; 0]);
    assert_eq!(with(json!({}), "tasks.each.output.failed"), ["GP050"]);
    assert_eq!(with(json!({"items": 5}), "1"), ["GP050"]);
    assert_eq!(with(json!({"items": []}), "tasks.each.output.items"), ["GP062"]);
}

#[test]
fn a_task_with_a_graph_takes_no_retry_and_no_timeouts() {
    let task =
        json!({"name": "a", "capability": "", "retry": {"max_attempts": 2}, "run": {"body": body(inner())}});
    assert_eq!(codes(&one(task)), ["GP012"]);
}
