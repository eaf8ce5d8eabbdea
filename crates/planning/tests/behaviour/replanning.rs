//! Other plans for goals that run.

use goalpost_model::{Blueprint, Past};
use goalpost_planning::{GoalRequest, NoPlan, Replan, plan, replan};
use serde_json::json;

use crate::{arrows, catalog, names};

const TRIP: &str = r#"
methods:
  - name: by.plane
    patterns: ["go to {city}"]
    priority: 2
    tasks:
      - { name: look, capability: a, input: { at: "{city}" } }
      - { name: book, capability: c, input: { by: plane }, data_flow: { seat: tasks.look.output.seat } }
      - { name: tell, capability: b, data_flow: { about: tasks.book.output } }
    edges: [{ from: look, to: book }, { from: book, to: tell }]
  - name: by.train
    patterns: ["go to {city}"]
    priority: 1
    tasks:
      - { name: search, capability: a, input: { at: "{city}" } }
      - { name: ride, capability: c, input: { by: train }, data_flow: { seat: tasks.search.output.seat } }
      - { name: tell, capability: b, data_flow: { about: tasks.ride.output } }
    edges: [{ from: search, to: ride }, { from: ride, to: tell }]
    result: tell
"#;

fn goal() -> GoalRequest {
    GoalRequest::text("go to Rome")
}

fn present() -> Blueprint {
    plan(&catalog(TRIP), &goal()).unwrap().blueprint
}

fn failed(names: &[&str]) -> Past {
    Past { failed: names.iter().map(|name| (*name).to_owned()).collect(), ..Past::default() }
}

fn again(present: &Blueprint, past: &Past) -> Result<Replan, NoPlan> {
    replan(&catalog(TRIP), &goal(), present, past)
}

#[test]
fn what_does_the_same_is_the_task_that_is_there_and_the_rest_has_names_of_its_own() {
    let Replan { blueprint, planned_by, .. } = again(&present(), &failed(&["book"])).unwrap();
    assert_eq!(planned_by, "method by.train");
    // The search is the look that is done; `tell` would tell of something else.
    assert_eq!(names(&blueprint), ["look", "ride", "tell_2"]);
    assert_eq!(arrows(&blueprint), ["look -> ride", "ride -> tell_2"]);
    assert_eq!(blueprint.tasks[1].data_flow["seat"], "tasks.look.output.seat");
    let revised = present().revised_by(&blueprint, |task| task == "look" || task == "book").unwrap().unwrap();
    let withdrawn: Vec<_> =
        revised.tasks.iter().filter(|task| task.withdrawn).map(|task| &task.name).collect();
    assert_eq!(withdrawn, ["book", "tell"]);
    assert_eq!(again(&present(), &failed(&["book"])).unwrap().blueprint.digest(), blueprint.digest());
}

#[test]
fn what_failed_before_is_not_tried_again_either() {
    let other = again(&present(), &failed(&["book"])).unwrap().blueprint;
    let revised = present().revised_by(&other, |task| task == "look" || task == "book").unwrap().unwrap();
    let no_plan = again(&revised, &failed(&["book", "ride"])).unwrap_err().to_string();
    assert!(no_plan.contains("what failed as task 'book'") && no_plan.contains("what failed as task 'ride'"));
    let same = again(&revised, &failed(&["book"])).unwrap().blueprint;
    assert_eq!(revised.revised_by(&same, |_| true), Ok(None));
}

#[test]
fn what_was_cancelled_is_done_anew() {
    let past = Past { cancelled: ["look".to_owned()].into(), ..Past::default() };
    let blueprint = again(&present(), &past).unwrap().blueprint;
    assert_eq!(names(&blueprint), ["look_2", "book_2", "tell_2"]);
    assert_eq!(blueprint.tasks[1].data_flow["seat"], "tasks.look_2.output.seat");
}

#[test]
fn without_a_failure_the_plan_is_the_same() {
    let blueprint = again(&present(), &Past::default()).unwrap().blueprint;
    assert_eq!(present().revised_by(&blueprint, |_| false), Ok(None));
}

#[test]
fn there_is_no_other_plan_where_all_of_them_do_what_failed() {
    let no_plan = again(&present(), &failed(&["look"])).unwrap_err().to_string();
    for method in ["by.plane", "by.train"] {
        let why = format!("not by method {method}: it does once more what failed as task 'look'");
        assert!(no_plan.contains(&why), "{no_plan}");
    }
}

#[test]
fn facts_are_found_out_by_others() {
    let catalog = crate::catalog(
        r#"
capabilities:
  - { name: cheap, effect: read, produces: { weather: output.w }, cost: { money_micros: 1 } }
  - { name: dear, effect: write, produces: { weather: output.w }, cost: { money_micros: 9 } }
methods:
  - { name: know, type: weather, wants: [weather] }
"#,
    );
    let goal = GoalRequest::of_type("weather", json!({}).as_object().cloned().unwrap());
    let present = plan(&catalog, &goal).unwrap().blueprint;
    let failing = present.tasks.iter().find(|task| task.capability == "cheap").unwrap();
    let other = replan(&catalog, &goal, &present, &failed(&[&failing.name])).unwrap().blueprint;
    assert!(other.tasks.iter().any(|task| task.capability == "dear"), "{:?}", names(&other));
    let both = Past {
        failed: present.tasks.iter().chain(&other.tasks).map(|task| task.name.clone()).collect(),
        ..Past::default()
    };
    let revised = present.revised_by(&other, |_| true).unwrap().unwrap();
    assert!(replan(&catalog, &goal, &revised, &both).is_err());
}
