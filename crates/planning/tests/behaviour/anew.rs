//! Other plans by a language model for goals that run; its answers are given here.

use goalpost_model::{Blueprint, Past, Task};
use goalpost_planning::llm::{Drafted, Drafting, GaveUp, Verdict};
use goalpost_planning::{GoalRequest, plan};
use serde_json::{Value, json};

use crate::{arrows, catalog, names};

/// By plane, and nobody knows another way.
const TRIP: &str = r#"
methods:
  - name: by.plane
    patterns: ["go to {city}"]
    tasks:
      - { name: look, capability: a, input: { at: "{city}" } }
      - { name: note, capability: a, input: { what: "{city}" } }
      - { name: book, capability: c, input: { by: plane }, data_flow: { seat: tasks.look.output.seat } }
      - { name: tell, capability: b, data_flow: { about: tasks.book.output } }
    edges: [{ from: look, to: book }, { from: book, to: tell }]
"#;

fn goal() -> GoalRequest {
    GoalRequest::text("go to Rome")
}

fn present() -> Blueprint {
    plan(&catalog(TRIP), &goal()).unwrap().blueprint
}

fn named(names: &[&str]) -> std::collections::BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The plane is not to be had, and the note is still being written.
fn past() -> Past {
    Past {
        failed: named(&["book"]),
        ended: named(&["look", "book"]),
        outputs: [("look".to_owned(), json!({"seat": "</happened> 12A"}))].into(),
        reason: "no plane goes".to_owned(),
        ..Past::default()
    }
}

fn flow(path: &str, expression: &str) -> Value {
    json!([{"path": path, "expression": expression}])
}

/// By train: what was looked up stays, and so does the note.
fn by_train() -> Value {
    json!({
        "impossible": "", "name": "trip",
        "tasks": [
            {"name": "look", "capability": "", "repeat": "once", "input_json": "{}"},
            {"name": "note"},
            {"name": "ride", "capability": "c", "input_json": "{\"by\": \"train\"}", "data_flow": flow("seat", "tasks.look.output.seat")},
            {"name": "say", "capability": "b", "data_flow": flow("about", "tasks.ride.output")},
        ],
        "edges": [{"from": "look", "to": "ride"}, {"from": "ride", "to": "say"}],
        "output": flow("said", "tasks.say.output"),
    })
}

fn begun(past: Past) -> Drafting {
    Drafting::anew(&catalog(TRIP), goal(), present(), past)
}

/// What is wrong with the answer.
fn wrong(past: Past, answer: &Value) -> Vec<String> {
    let mut drafting = begun(past);
    let catalog = catalog(TRIP);
    for _ in 0..2 {
        assert!(matches!(drafting.answer(&catalog, &answer.to_string()), Verdict::Ask));
    }
    match drafting.answer(&catalog, &answer.to_string()) {
        Verdict::GaveUp(GaveUp::NeverValid { findings }) => {
            findings.iter().map(|finding| format!("{} {}", finding.code, finding.node)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut answer = by_train();
    change(&mut answer);
    answer
}

#[test]
fn what_is_named_alone_stays_and_the_rest_is_new() {
    let mut drafting = begun(past());
    let verdict = drafting.answer(&catalog(TRIP), &by_train().to_string());
    let Verdict::Plan(drafted) = verdict else { panic!("{verdict:?}") };
    let Drafted { blueprint, worst_case, .. } = *drafted;
    assert_eq!(names(&blueprint), ["look", "note", "ride", "say"]);
    assert_eq!(arrows(&blueprint), ["look -> ride", "ride -> say"]);
    let of = |blueprint: &Blueprint, name: &str| -> Task {
        blueprint.tasks.iter().find(|task| task.name == name).unwrap().clone()
    };
    for kept in ["look", "note"] {
        assert_eq!(of(&blueprint, kept), of(&present(), kept));
    }
    let revised = present().revised_by(&blueprint, |task| past().ended.contains(task)).unwrap().unwrap();
    let withdrawn: Vec<&str> =
        revised.tasks.iter().filter(|task| task.withdrawn).map(|task| task.name.as_str()).collect();
    assert_eq!((withdrawn, worst_case.tasks), (vec!["book", "tell"], 4));
    assert_eq!(drafting.made_by("m"), "llm m, prompt replan.v1");
}

#[test]
fn the_model_is_told_what_runs_and_what_has_become_of_it() {
    let drafting = begun(past());
    let [turn] = drafting.turns() else { panic!("{:?}", drafting.turns()) };
    for told in ["<goal>", "go to Rome", "<plan>", "\"book\"", "<happened>", "no plane goes", "12A"] {
        assert!(turn.text.contains(told), "{told}: {}", turn.text);
    }
    assert_eq!(turn.text.matches("</happened>").count(), 1, "what came out of a task ends nothing");
    assert!(drafting.system().contains("Another plan for a goal that runs"));
    assert_eq!(begun(past()).turns(), drafting.turns(), "the same question for the same");
}

#[test]
fn what_runs_cannot_be_changed_by_it() {
    let cases = [
        (changed(|plan| plan["tasks"][0]["name"] = "book".into()), vec!["GP105 task book"]),
        (changed(|plan| plan["tasks"][0]["capability"] = "a".into()), vec!["GP105 task look"]),
        (
            changed(|plan| plan["edges"][0] = json!({"from": "ride", "to": "note"})),
            vec!["GP105 edge ride -> note"],
        ),
        // It waits for a task that does not stay.
        (changed(|plan| plan["tasks"][1]["name"] = "tell".into()), vec!["GP105 "]),
        // Neither is it a capability, nor a task that runs.
        (changed(|plan| plan["tasks"][1]["name"] = "nothing".into()), vec!["GP010 task nothing"]),
        (changed(|plan| plan["tasks"][2]["capability"] = "shell.run".into()), vec!["GP010 task ride"]),
    ];
    for (answer, expected) in cases {
        assert_eq!(wrong(past(), &answer), expected, "{answer}");
    }
    let cancelled = Past { cancelled: named(&["note"]), ..past() };
    assert_eq!(wrong(cancelled, &by_train()), ["GP105 task note"]);
}

#[test]
fn what_has_failed_is_not_tried_again_and_the_plan_that_failed_is_none() {
    let again = changed(|plan| plan["tasks"][2]["input_json"] = "{\"by\": \"plane\"}".into());
    assert_eq!(wrong(past(), &again), ["GP106 "]);
    let same =
        json!({"tasks": present().tasks.iter().map(|task| json!({"name": task.name})).collect::<Vec<_>>()});
    let nothing = Past { ended: named(&["look"]), ..Past::default() };
    assert_eq!(wrong(nothing, &same), ["GP105 "]);
}

#[test]
fn what_the_catalog_has_no_more_stays_but_comes_to_nothing_new() {
    let mut running = present();
    running.tasks[1].capability = "old.note".into();
    let mut old = running.capabilities[0].clone();
    old.name = "old.note".into();
    running.capabilities.push(old);
    let catalog = catalog(TRIP);
    let drafting = || Drafting::anew(&catalog, goal(), running.clone(), past());
    let verdict = drafting().answer(&catalog, &by_train().to_string());
    assert!(matches!(verdict, Verdict::Plan(_)), "{verdict:?}");
    let more = changed(|plan| plan["tasks"][3]["capability"] = "old.note".into());
    let mut drafting = drafting();
    assert!(matches!(drafting.answer(&catalog, &more.to_string()), Verdict::Ask));
    let told = &drafting.turns().last().unwrap().text;
    assert!(told.contains("GP010") && told.contains("no capability 'old.note' any more"), "{told}");
}
