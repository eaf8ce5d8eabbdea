//! All findings at once.

use goalpost_checker::check;
use goalpost_model::{Blueprint, Finding, Severity};
use serde_json::json;

use crate::sample::{blueprint, catalog};

fn findings(blueprint: &Blueprint) -> Vec<Finding> {
    check(blueprint, &catalog()).findings
}

#[test]
fn a_blueprint_with_many_mistakes_hears_of_all_of_them() {
    let tasks = json!([
        {"name": "fetch", "capability": "weather.fetch", "input": {"city": 7}, "retry": {"max_attempts": 0}},
        {"name": "fetch", "capability": "weather.fecth"},
        {"name": "bad name", "data_flow": {"a..b": "1 +", "c": "Seattle", "c.d": "tasks.fetch.otuput"}},
        {"name": "send", "capability": "email.send"},
        {"name": "again", "capability": "weather.fetch", "data_flow": {"town": "tasks"}}
    ]);
    let edges = json!([
        {"from": "fetch", "to": "sned"},
        {"from": "send", "to": "again", "condition": "size(goal.text)"},
        {"from": "send", "to": "again", "condition": "size(goal.text)"},
        {"from": "again", "to": "again", "on": "failure"}
    ]);
    let blueprint = Blueprint { name: String::new(), ..blueprint(tasks, edges) };
    let text: Vec<String> = findings(&blueprint).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    error[GP005], name: the name is missing (fix: give the blueprint a short name)
    error[GP006] task fetch, name: two tasks are called 'fetch' (fix: give each task a name of its own)
    error[GP005] task bad name, name: 'bad name' is not a letter or underscore, then letters, digits, '_' or '-' (fix: use letters, digits, '_' and '-')
    error[GP007] task fetch, retry.max_attempts: max_attempts is 0; 1 to 100 are allowed (fix: write how many attempts the task may have in all)
    error[GP009] edge fetch -> sned, to: the blueprint has no task 'sned' (fix: name a task of this blueprint)
    error[GP008] edge send -> again: the same edge is there twice (fix: remove one of them)
    error[GP021] edge again -> again, to: the edge leads from a task to itself (fix: remove it)
    error[GP010] task fetch, capability: the catalog has no capability 'weather.fecth' (fix: did you mean 'weather.fetch'?)
    error[GP010] task send, capability: the catalog has no capability 'email.send' (fix: add it to a catalog, or use one that is there (ListCapabilities))
    error[GP040] task bad name, data_flow.a..b: a step of the path is empty (fix: write names with dots between, like a.b)
    error[GP030] task bad name, data_flow.a..b: the expression does not parse: line 1, column 4: Syntax error: mismatched input '<EOF>' expecting expression (fix: correct the CEL syntax; text is written in quotes)
    error[GP032] task bad name, data_flow.c: there is no variable 'Seattle' (fix: an expression sees goal.text, goal.input and tasks.NAME; text is written in quotes)
    error[GP034] task bad name, data_flow.c.d: a task has the fields state, output and error, not 'otuput' (fix: did you mean 'output'?)
    error[GP035] task again, data_flow.town: 'tasks' is used as a whole, or with a computed name (fix: name one task: tasks.NAME.output, or tasks["NAME"].output with the name as a constant)
    error[GP037] edge send -> again, condition: the condition is a number, which is neither true nor false (fix: write a comparison)
    error[GP037] edge send -> again, condition: the condition is a number, which is neither true nor false (fix: write a comparison)
    error[GP050] task fetch, input: the input breaks the schema of weather.fetch: /city: 7 is not of type "string" (fix: correct the input)
    error[GP051] task again, data_flow.town: the input of weather.fetch has no field 'town' (fix: see the input schema of weather.fetch)
    "#);
}

#[test]
fn a_blueprint_of_a_sound_shape_hears_what_is_wrong_with_its_data() {
    let tasks = json!([
        "a",
        "b",
        {"name": "fetch", "capability": "weather.fetch", "join": "any", "data_flow": {"options.unit": "tasks.a.output"}},
        {"name": "report", "data_flow": {"days": "tasks.fetch.output.day", "why": "tasks.fetch.error.message"}},
        "never"
    ]);
    let edges = json!([
        {"from": "a", "to": "fetch", "data_flow": {"city": "tasks.b.output"}},
        {"from": "b", "to": "fetch"},
        {"from": "fetch", "to": "report", "data_flow": {"title": "goal.text"}},
        {"from": "a", "to": "report", "data_flow": {"title": "goal.text"}},
        {"from": "report", "to": "never", "condition": "false"}
    ]);
    let text: Vec<String> = findings(&blueprint(tasks, edges)).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    error[GP051] task fetch, data_flow.options.unit: the input of weather.fetch has no field 'options.unit' (fix: see the input schema of weather.fetch)
    error[GP022] task never: the task can never start: no edge to it can be taken (fix: change the conditions of its edges, or remove the task)
    error[GP060] task fetch, data_flow.options.unit: the output of a is read, but a may not have succeeded here (fix: guard it: has(tasks.a.output) ? tasks.a.output : ..., or let the edge come from a)
    error[GP062] task report, data_flow.days: the output of fetch has no field 'day' (fix: see the output schema of weather.fetch)
    error[GP061] task report, data_flow.why: the error of fetch is read, but fetch may not have failed here (fix: guard it: has(tasks.fetch.error) ? ..., or use an edge with on: failure from fetch)
    error[GP060] edge a -> fetch, data_flow.city: the output of b is read, but b may not have succeeded here (fix: guard it: has(tasks.b.output) ? tasks.b.output : ..., or let the edge come from b)
    warning[GP042] edge a -> report, data_flow.title: edge fetch -> report writes 'title' or a part of it too; the later edge wins (fix: write each value once)
    warning[GP053] task fetch, input: 'city' is required, and comes only over some of the edges (fix: add 'city' to input or to a data_flow)
    "#);
}

/// Each of these tasks has a warning.
fn warned(tasks: usize) -> Blueprint {
    let names: Vec<String> = (0..tasks).map(|place| format!("t{place}")).collect();
    let mut all = vec![json!("a"), json!("b")];
    all.extend(names.iter().map(|name| json!({"name": name})));
    let edge = |source: &str, target: &String| json!({"from": source, "to": target, "data_flow": {"x": "1"}});
    let edges: Vec<_> = names.iter().flat_map(|name| [edge("a", name), edge("b", name)]).collect();
    blueprint(json!(all), json!(edges))
}

#[test]
fn errors_come_first_and_no_warning_crowds_one_out() {
    let mut blueprint = warned(1_500);
    let unshown = findings(&blueprint);
    assert_eq!(unshown.len(), 1_001);
    assert!(unshown.iter().all(|finding| finding.severity == Severity::Warning));
    assert_eq!(unshown[1_000].message, "500 more findings are not shown");

    // It is found only after the warnings.
    blueprint.tasks[1_501].data_flow.insert("z".to_owned(), "tasks.t0.output".to_owned());
    let findings = findings(&blueprint);
    assert_eq!(findings.len(), 1_001);
    assert_eq!((findings[0].code.as_str(), findings[0].severity), ("GP060", Severity::Error));
    assert_eq!(findings[1_000].message, "501 more findings are not shown");
}

#[test]
fn a_warning_alone_refuses_nothing() {
    let checked = check(&warned(1), &catalog());
    assert_eq!(checked.findings.len(), 1);
    assert!(checked.blueprint.is_some());
}

#[test]
fn what_the_author_wrote_of_capabilities_is_replaced_by_the_catalog() {
    let mut blueprint = blueprint(json!(["a"]), json!([]));
    blueprint.capabilities =
        vec![serde_json::from_value(json!({"name": "any", "input_schema": false})).unwrap()];
    let complete = check(&blueprint, &catalog()).blueprint.unwrap();
    assert_eq!(complete.capabilities, [serde_json::from_value(json!({"name": "any"})).unwrap()]);
}
