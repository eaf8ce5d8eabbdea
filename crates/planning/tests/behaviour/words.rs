//! Methods say everything that blueprints say.

use goalpost_model::Priority;
use goalpost_model::{Blueprint, Body, Budget, Failures, Task};
use goalpost_planning::{Catalog, GoalRequest, Source, plan};
use serde_json::json;

use crate::{CAPABILITIES, catalog, names, object, with_input};

const EVERYTHING: &str = r#"
methods:
  - name: everything
    patterns: ["do all in {city}"]
    deadline_ms: 1000
    require_compensation: true
    max_tasks: 50
    budget: { attempts: 30 }
    tasks:
      - { name: ask, capability: goalpost.approve, input: { about: "{city}" } }
      - { name: go, capability: goalpost.await_signal, input: { name: "{city}" } }
      - name: book
        capability: c
        input: { to: "{city}" }
        compensate_with: { capability: c, input: { back: "{input.n}" }, data_flow: { id: tasks.book.output.id }, retry: { max_attempts: 2 } }
      - name: each
        input: { items: "{input.hosts}" }
        for_each:
          concurrency: 2
          failures: { tolerate: 1 }
          body:
            tasks:
              - { name: probe, capability: a, input: { city: "{city}" }, data_flow: { host: item } }
              - { name: look, capability: b, data_flow: { x: tasks.probe.output } }
            edges: [{ from: probe, to: look }]
            output: { x: tasks.look.output }
      - name: again
        loop: { while: tasks.poll.output.open, max_iterations: 3, body: { tasks: [{ name: poll, capability: a }] } }
      - name: inner
        data_flow: { x: tasks.again.output.iterations }
        run: { body: { tasks: [{ name: same, capability: a, data_flow: { x: goal.input.x } }] } }
      - { name: grows, capability: a, extends: true }
      - { name: later, capability: goalpost.sub_goal, input: { goal: "Go to {city}" } }
    edges: [{ from: again, to: inner }]
"#;

fn goal() -> GoalRequest {
    with_input("do all in Rome", json!({"n": 7, "hosts": ["x", "y", "z"]}))
}

fn task<'a>(blueprint: &'a Blueprint, name: &str) -> &'a Task {
    blueprint.tasks.iter().find(|task| task.name == name).unwrap()
}

fn inside<'a>(blueprint: &'a Blueprint, name: &str) -> &'a Body {
    task(blueprint, name).body().unwrap()
}

fn body_names(body: &Body) -> Vec<&str> {
    body.tasks.iter().map(|task| task.name.as_str()).collect()
}

#[test]
fn what_a_method_says_is_in_its_blueprint_with_its_templates_filled() {
    let plan = plan(&catalog(EVERYTHING), &goal()).unwrap();
    let blueprint = &plan.blueprint;
    assert!(blueprint.require_compensation);
    assert_eq!((blueprint.deadline_ms, blueprint.max_tasks), (1_000, 50));
    assert_eq!(blueprint.budget, Budget { attempts: 30, ..Budget::default() });
    let undo = task(blueprint, "book").compensate_with.as_ref().unwrap();
    assert_eq!((undo.capability.as_str(), undo.retry.max_attempts), ("c", 2));
    assert_eq!(
        (&undo.input, undo.data_flow["id"].as_str()),
        (&object(json!({"back": 7})), "tasks.book.output.id")
    );
    let each = task(blueprint, "each");
    let list = each.for_each.as_ref().unwrap();
    assert_eq!((list.concurrency, list.failures), (2, Failures::Tolerate(1)));
    assert_eq!(each.input, object(json!({"items": ["x", "y", "z"]})));
    assert_eq!(
        (list.body.tasks[0].input["city"].clone(), list.body.output["x"].as_str()),
        (json!("Rome"), "tasks.look.output")
    );
    let again = task(blueprint, "again").repeat.as_ref().unwrap();
    assert_eq!((again.condition.as_str(), again.max_iterations), ("tasks.poll.output.open", 3));
    assert_eq!(body_names(inside(blueprint, "inner")), ["same"]);
    assert!(task(blueprint, "grows").extends);
    assert_eq!(task(blueprint, "later").input["goal"], "Go to Rome");
    assert_eq!((plan.worst_case.total.attempts, plan.worst_case.later), (3 + 6 + 3 + 1 + 1, 2));
}

#[test]
fn the_same_catalog_and_goal_give_the_same_digest() {
    let digest = || plan(&catalog(EVERYTHING), &goal()).unwrap().blueprint.digest();
    assert_eq!(digest(), digest());
    let read: Blueprint =
        serde_json::from_str(&plan(&catalog(EVERYTHING), &goal()).unwrap().blueprint.canonical()).unwrap();
    assert_eq!(read.digest(), digest());
}

#[test]
fn a_plan_over_the_budget_of_its_method_is_no_plan() {
    let goal = with_input("do all in Rome", json!({"n": 7, "hosts": vec!["x"; 15]}));
    let refused = plan(&catalog(EVERYTHING), &goal).unwrap_err();
    assert_eq!(refused.findings[0].code, "GP080");
    assert!(refused.to_string().contains("its budget is 30 attempts"), "{refused}");
}

const NESTED: &str = r#"
methods:
  - name: outer
    patterns: ["brief {who}"]
    tasks:
      - name: each
        input: { items: [1, 2] }
        for_each:
          body:
            tasks:
              - { name: one, goal: "look at {who}", data_flow: { item: item } }
              - { name: after, capability: b, data_flow: { x: tasks.one.output } }
            edges: [{ from: one, to: after }]
      - name: again
        loop:
          while: tasks.two.output.more
          max_iterations: 4
          body: { tasks: [{ name: two, goal_type: look, input: { place: "{who}" } }], output: { x: tasks.two.output.x } }
  - name: look
    type: look
    patterns: ["look at {place}"]
    tasks:
      - name: first
        capability: c
        compensate_with: { capability: c, data_flow: { id: tasks.first.output.id, place: goal.text } }
      - name: last
        data_flow: { own: goal.text }
        run:
          body:
            tasks:
              - { name: first, capability: a, data_flow: { own: goal.input.own, text: goal.text } }
              - { name: second, capability: a, data_flow: { x: tasks.first.output } }
            edges: [{ from: first, to: second }]
            output: { x: tasks.second.output.x, more: tasks.second.output.more }
      - name: late
        capability: a
        concurrency_key: { key: "goal.text + tasks.first.state", limit: 3 }
        priority: high
    edges: [{ from: first, to: late }, { from: late, to: last }]
"#;

#[test]
fn a_nested_goal_is_planned_inside_of_a_graph_too() {
    let plan = plan(&catalog(NESTED), &GoalRequest::text("brief Ann")).unwrap();
    assert_eq!(plan.planned_by, "method outer with look");
    assert_eq!(names(&plan.blueprint), ["each", "again"]);
    let each = inside(&plan.blueprint, "each");
    assert_eq!(body_names(each), ["one_first", "one_last", "one_late", "after"]);
    assert_eq!(
        each.tasks[0].data_flow["item"], "item",
        "what flows into the goal flows into its first tasks"
    );
    assert_eq!(each.tasks[3].data_flow["x"], "tasks.one_last.output");
    let again = inside(&plan.blueprint, "again");
    assert_eq!(body_names(again), ["two_first", "two_last", "two_late"]);
    assert_eq!(again.output["x"], "tasks.two_last.output.x");
    assert_eq!(
        task(&plan.blueprint, "again").repeat.as_ref().unwrap().condition,
        "tasks.two_last.output.more"
    );
}

#[test]
fn what_a_nested_method_has_inside_of_its_tasks_keeps_its_meaning() {
    let plan = plan(&catalog(NESTED), &GoalRequest::text("brief Ann")).unwrap();
    let each = inside(&plan.blueprint, "each");
    let undo = each.tasks[0].compensate_with.as_ref().unwrap();
    assert_eq!(undo.data_flow["id"], "tasks.one_first.output.id");
    assert_eq!(undo.data_flow["place"], r#"{"text": "look at Ann"}.text"#);
    let late = &each.tasks[2];
    let key = late.concurrency_key.as_ref().unwrap();
    let expected = r#"{"text": "look at Ann"}.text + tasks.one_first.state"#;
    assert_eq!((key.key.as_str(), key.limit, late.priority), (expected, 3, Some(Priority::High)));
    let run = each.tasks[1].body().unwrap();
    assert_eq!(body_names(run), ["first", "second"]);
    assert_eq!(run.tasks[0].data_flow["own"], "goal.input.own", "in a run that is the input of its task");
    assert_eq!(run.tasks[0].data_flow["text"], r#"{"text": "look at Ann"}.text"#);
    assert_eq!(run.tasks[1].data_flow["x"], "tasks.first.output");
}

fn mistakes(task: &str) -> Vec<String> {
    let text = format!("methods:\n  - name: m\n    patterns: [\"do {{x}}\"]\n    tasks:\n      - {task}\n");
    let sources = [Source { name: "c.yaml", text: CAPABILITIES }, Source { name: "m.yaml", text: &text }];
    let found = Catalog::parse(&sources).unwrap_err();
    found.0.iter().map(ToString::to_string).collect()
}

#[test]
fn mistakes_inside_of_tasks_are_told_with_the_way_to_them() {
    let body = |task: &str| {
        format!("{{ name: each, input: {{ items: [1] }}, for_each: {{ body: {{ tasks: [{task}] }} }} }}")
    };
    for (task, said) in [
        (
            body("{ name: in, capability: a, goal: b }"),
            "m.yaml:2: method m: task each: task in: has to have exactly one of",
        ),
        (
            body("{ name: in, capabilty: a }"),
            "m.yaml:2: method m: task each: task in: unknown field `capabilty`",
        ),
        (
            body("{ name: in, capability: a, input: { y: \"{y}\" } }"),
            "method m: task in: uses {y}, which the pattern",
        ),
        (
            body("{ name: in, capability: a, input: { x: {x} } }"),
            "task each: task in: input.x is the YAML map {x: null}",
        ),
        (
            body("{ name: in, capability: nobody }"),
            "error[GP010] task each/in, capability: the catalog has no capability 'nobody'",
        ),
        (body("{ name: in, goal_type: nothing }"), "task in: no method has the type 'nothing'"),
        (
            body("{ name: in, goal: b, extends: true }"),
            "task in: has a nested goal, so it cannot have extends",
        ),
        (
            "{ name: t, goal: b, compensate_with: { capability: a } }".to_owned(),
            "so it cannot have compensate_with: its own tasks can",
        ),
        (
            "{ name: t, run: { digest: \"00\" } }".to_owned(),
            "task t: run.digest names a stored blueprint, and the planner knows none",
        ),
        ("{ name: t, run: {} }".to_owned(), "task t: run has no body"),
        (
            "{ name: t, capability: a, compensate_with: { capability: a, input: { x: \"{z}\" } } }"
                .to_owned(),
            "task t: uses {z}",
        ),
        (
            "{ name: t, loop: { while: \"1\", body: { tasks: [{ name: a, capability: a }] } } }".to_owned(),
            "error[GP028] task t, loop.max_iterations",
        ),
    ] {
        let found = mistakes(&task);
        assert!(found.iter().any(|mistake| mistake.contains(said)), "{task}: {found:#?}");
    }
}

#[test]
fn graphs_are_inside_of_tasks_only_so_deep() {
    let deep = |levels: usize| {
        let inner = "{ name: a, capability: a }".to_owned();
        (0..levels).fold(inner, |inner, _| format!("{{ name: a, run: {{ body: {{ tasks: [{inner}] }} }} }}"))
    };
    assert!(mistakes(&deep(9))[0].contains("has a graph that is inside of tasks deeper than 8"));
    let text = format!("methods: [{{ name: m, type: m, tasks: [{}] }}]", deep(8));
    assert!(plan(&catalog(&text), &GoalRequest::of_type("m", object(json!({})))).is_ok());
}
