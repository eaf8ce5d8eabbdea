//! Why tasks do not run.

use goalpost_model::{TaskState, WaitsFor};
use serde_json::json;

use crate::run::Run;

#[test]
fn a_pending_task_says_which_edges_it_waits_for_and_a_skipped_one_what_their_conditions_read() {
    let mut run = Run::begin(
        json!(["a", "b", "c", {"name": "d", "join": "any"}]),
        json!([
            {"from": "a", "to": "c"}, {"from": "b", "to": "c"},
            {"from": "a", "to": "d", "condition": "tasks.a.output.n > 3 && goal.input.yes"},
        ]),
    );
    run.succeed("a", json!({"n": 1}));
    let explained = run.workflow.explain();
    let [b, c, d] = explained.as_slice() else { panic!("{explained:?}") };
    assert_eq!((b.name.as_str(), b.state, b.edges.len()), ("b", TaskState::Ready, 0));
    assert_eq!((c.name.as_str(), c.needed_edges), ("c", 2));
    let edges: Vec<_> = c.edges.iter().map(|edge| (edge.source.as_str(), edge.taken)).collect();
    assert_eq!(edges, [("a", Some(true)), ("b", None)]);
    assert_eq!((d.name.as_str(), d.state), ("d", TaskState::Skipped));
    assert_eq!(d.edges[0].condition, "tasks.a.output.n > 3 && goal.input.yes");
    let read = |text: &str, value| (text.to_owned(), Some(value));
    assert_eq!(d.edges[0].reads, [read("tasks.a.output.n", json!(1)), read("goal.input.yes", json!(true))]);
    assert_eq!(d.edges[0].taken, Some(false));
}

#[test]
fn a_waiting_task_says_what_it_waits_for() {
    let run = Run::begin(
        json!([
            {"name": "go", "capability": "goalpost.await_signal", "input": {"name": "paid"}},
            {"name": "each", "capability": "", "input": {"items": [1, 2, 3]}, "for_each": {"concurrency": 2, "body": {
                "tasks": [{"name": "x", "capability": "any"}]}}},
        ]),
        json!([]),
    );
    let explained = run.workflow.explain();
    let of = |name: &str| explained.iter().find(|task| task.name == name).unwrap();
    assert_eq!((of("go").waits_for, of("go").signal.as_deref()), (Some(WaitsFor::Signal), Some("paid")));
    assert_eq!((of("each").waits_for, of("each").open_inside), (Some(WaitsFor::Body), 2));
    assert_eq!(of("each[1].x").state, TaskState::Ready);
}
