//! What undoes tasks.

use goalpost_checker::check;
use goalpost_model::Blueprint;
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, catalog, codes};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[nothing_undoes_it, it_undoes_nothing];

#[test]
fn every_mistake_of_undoing_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn undone_by(undo: Value) -> Blueprint {
    blueprint(json!([{"name": "book", "capability": "any", "compensate_with": undo}]), json!([]))
}

fn nothing_undoes_it() -> Example {
    let requiring = |task: Value| Blueprint {
        require_compensation: true,
        ..blueprint(
            json!([{"name": "wait", "capability": "goalpost.wait", "input": {"duration_ms": 1}}, task]),
            json!([]),
        )
    };
    Example {
        finding: "error[GP070] task book, compensate_with: any changes something outside, and nothing undoes it (fix: write compensate_with, or leave require_compensation out)",
        broken: requiring(json!("book")),
        mended: requiring(
            json!({"name": "book", "capability": "any", "compensate_with": {"capability": "any"}}),
        ),
    }
}

fn it_undoes_nothing() -> Example {
    Example {
        finding: "error[GP070] task book/undo, capability: goalpost.transform undoes nothing (fix: name a capability that workers offer)",
        broken: undone_by(json!({"capability": "goalpost.transform"})),
        mended: undone_by(json!({"capability": "any"})),
    }
}

#[test]
fn what_undoes_a_task_is_checked_like_a_task_and_sees_its_output() {
    let places = |undo: Value| -> Vec<String> {
        let found = check(&undone_by(undo), &catalog()).findings;
        found.iter().map(|finding| format!("{} {} {}", finding.code, finding.node, finding.field)).collect()
    };
    assert_eq!(places(json!({"capability": "strange"})), ["GP010 task book/undo capability"]);
    assert_eq!(
        places(json!({"capability": "weather.fetch", "input": {"city": 5}})),
        ["GP050 task book/undo input"]
    );
    assert_eq!(
        places(json!({"capability": "weather.fetch", "data_flow": {"town": "goal.text"}})),
        ["GP051 task book/undo data_flow.town", "GP052 task book/undo input"]
    );
    assert_eq!(
        places(json!({"capability": "any", "retry": {"max_attempts": 0}})),
        ["GP007 task book/undo retry.max_attempts"]
    );
    let seen = json!({"capability": "weather.fetch", "data_flow": {"city": "tasks.book.output.city"}});
    assert_eq!(codes(&undone_by(seen)), [""; 0]);
    let undo = json!({"capability": "any", "data_flow": {"x": "tasks.after.output"}});
    let later = json!([{"name": "book", "capability": "any", "compensate_with": undo}, "after"]);
    assert_eq!(codes(&blueprint(later, json!([{"from": "book", "to": "after"}]))), ["GP060"]);
}
