//! Whatever the blueprint, the checker answers; and what it accepts compiles and runs.

use std::collections::BTreeMap;

use goalpost_checker::{BodyView, CompiledGraph, Scope, TaskView, check, compile};
use goalpost_model::{Blueprint, Branch, Edge, EdgeOn, Join, Rest, RetryPolicy, Severity, Task, TaskState};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::sample::catalog;

const NAMES: &[&str] = &["a", "b", "c", "d-1", "in", "", "é", "goal"];
const GOOD_NAMES: &[&str] = &["a", "b", "c", "d-1", "in"];
const CAPABILITIES: &[&str] =
    &["any", "any", "any", "weather.fetch", "nobody", "schema.broken", "badly named", "goalpost.wait"];
const PATHS: &[&str] = &["city", "city.name", "options.units", "x", "x.y", "", "a..b"];
const PIECES: &[&str] = &[
    "tasks",
    "goal",
    ".a",
    ".b",
    "['d-1']",
    "[0]",
    ".output",
    ".error",
    ".state",
    ".input",
    ".text",
    ".kind",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    "?",
    ",",
    "&&",
    "||",
    "!",
    "==",
    "!=",
    "+",
    "-",
    "<",
    " in ",
    "has(",
    "size(",
    ".map(x,",
    ".all(x,",
    "x",
    "1",
    "'s'",
    "\"SUCCEEDED\"",
    "true",
    "null",
    "'",
    "\\",
    "//",
    "\n",
    "é",
];
const WHOLE: &[&str] = &[
    "",
    "true",
    "false",
    "1",
    "goal.text",
    "goal.input.x",
    "tasks.a.output",
    "tasks.b.output.degrees",
    "tasks.a.error.kind",
    "has(tasks.a.output) ? tasks.a.output : 0",
    "tasks.a.state == 'SUCCEEDED'",
    "has(tasks.b.output) && tasks.b.output",
    "[1, 2].all(x, x > 1)",
    "tasks['d-1'].output",
    "has(tasks.c.error) ? tasks.c.error.message : ''",
];

fn expression() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(WHOLE).prop_map(str::to_owned),
        2 => vec(select(PIECES), 0..14).prop_map(|pieces| pieces.concat()),
        1 => "\\PC{0,20}",
    ]
}

fn data_flow() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(select(PATHS).prop_map(str::to_owned), expression(), 0..3)
}

fn input() -> impl Strategy<Value = Map<String, Value>> {
    let values = [json!({"city": "Seattle"}), json!({"city": 5}), json!({"x": {"y": 1}}), json!({})];
    select(values.to_vec()).prop_map(|value| value.as_object().cloned().unwrap())
}

prop_compose! {
    fn task(names: &'static [&'static str])(
        name in select(names),
        capability in select(CAPABILITIES),
        input in input(),
        data_flow in data_flow(),
        join in select(vec![Join::All, Join::Any, Join::NOf(0), Join::NOf(1), Join::NOf(2)]),
        exclusive: bool,
        cancels: bool,
        max_attempts in 0..4_u32,
    ) -> Task {
        let rest = if cancels { Rest::Cancel } else { Rest::Ignore };
        let branch = if exclusive { Branch::Exclusive } else { Branch::Inclusive };
        let (name, capability) = (name.to_owned(), capability.to_owned());
        Task { name, capability, input, data_flow, join, rest, branch, retry: RetryPolicy { max_attempts, ..RetryPolicy::default() }, ..Task::default() }
    }
}

prop_compose! {
    fn edge(names: &'static [&'static str])(
        source in select(names),
        target in select(names),
        on in select(vec![EdgeOn::Success, EdgeOn::Failure, EdgeOn::Always]),
        condition in prop_oneof![Just(String::new()), expression()],
        otherwise: bool,
        data_flow in data_flow(),
    ) -> Edge {
        Edge { source: source.to_owned(), target: target.to_owned(), on, condition, otherwise, data_flow }
    }
}

fn blueprint(name: &str, tasks: Vec<Task>, edges: Vec<Edge>) -> Blueprint {
    Blueprint { name: name.to_owned(), tasks, edges, ..Blueprint::default() }
}

/// Anything, most of it wrong.
pub(crate) fn wild() -> impl Strategy<Value = Blueprint> {
    (select(NAMES), vec(task(NAMES), 0..5), vec(edge(NAMES), 0..6))
        .prop_map(|(name, tasks, edges)| blueprint(name, tasks, edges))
}

/// Of a sound shape: names are distinct, edges lead forward; expressions are as they come.
pub(crate) fn shapely() -> impl Strategy<Value = Blueprint> {
    (vec(task(GOOD_NAMES), 5), vec(edge(GOOD_NAMES), 0..5)).prop_map(|(mut tasks, mut edges)| {
        for (task, name) in tasks.iter_mut().zip(GOOD_NAMES) {
            (task.name, task.capability) = ((*name).to_owned(), "any".to_owned());
            task.retry.max_attempts += 1;
        }
        let place = |name: &str| GOOD_NAMES.iter().position(|known| *known == name);
        edges.retain(|edge| place(&edge.source) < place(&edge.target));
        blueprint("shapely", tasks, edges)
    })
}

/// A workflow in which every task has come to the same end.
struct Ended(TaskState, Value, Map<String, Value>, Option<goalpost_model::Failure>);

impl Scope for Ended {
    fn goal_text(&self) -> &str {
        "a goal"
    }

    fn goal_input(&self) -> &Map<String, Value> {
        &self.2
    }

    fn task(&self, _: usize) -> TaskView<'_> {
        let output = (self.0 == TaskState::Succeeded).then_some(&self.1);
        TaskView { state: self.0, output, failure: self.3.as_ref() }
    }

    fn body(&self) -> Option<BodyView<'_>> {
        Some(BodyView { input: &self.2, item: Some(&self.1), index: 1, previous: Some(&self.1) })
    }
}

/// Everything that the engine evaluates. What comes out does not matter here.
pub(crate) fn run(graph: &CompiledGraph) {
    let failure = goalpost_model::Failure::new("KIND", "message");
    let output = json!({"degrees": 1.5});
    let input = json!({"x": [1, {"y": "z"}], "list": [{"n": 2, "name": "b"}], "content-type": "text"});
    let input = input.as_object().unwrap();
    for (state, failure) in
        [(TaskState::Succeeded, None), (TaskState::Failed, Some(failure)), (TaskState::Skipped, None)]
    {
        let scope = Ended(state, output.clone(), input.clone(), failure);
        for edge in &graph.edges {
            drop(edge.condition_holds(graph, &scope));
        }
        for task in &graph.tasks {
            drop(task.input(graph, &scope, &task.incoming));
            task.body.iter().for_each(|body| run(&body.graph));
        }
    }
}

/// What is accepted compiles, to the same digest, and can be evaluated.
pub(crate) fn answers(blueprint: &Blueprint) -> Result<(), TestCaseError> {
    let checked = check(blueprint, &catalog());
    let has_error = checked.findings.iter().any(|finding| finding.severity == Severity::Error);
    prop_assert_eq!(checked.blueprint.is_none(), has_error);
    for finding in &checked.findings {
        prop_assert!(goalpost_checker::code::ALL.contains(&finding.code.as_str()));
        prop_assert!(!finding.message.is_empty() && !finding.fix.is_empty());
    }
    let again = check(blueprint, &catalog());
    prop_assert_eq!(&again.findings, &checked.findings, "the same every time");
    if let Some(complete) = checked.blueprint {
        let compiled = compile(&complete).map_err(|findings| TestCaseError::fail(format!("{findings:?}")))?;
        prop_assert_eq!(&compiled.digest, &complete.digest());
        run(&compiled.graph);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn wild_blueprints_are_answered(blueprint in wild()) {
        answers(&blueprint)?;
    }

    #[test]
    fn blueprints_of_a_sound_shape_are_answered_and_compile_if_accepted(blueprint in shapely()) {
        answers(&blueprint)?;
    }
}
