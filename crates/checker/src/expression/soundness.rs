//! What is said of an expression before it runs holds whatever it runs on.

use goalpost_model::{Severity, TaskState};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::{Analysis, Cell, Expression, Kinds, Outcome, Sees, TaskNames, Type, analyse, cells, tree};
use crate::names::Suggestions;
use crate::{Scope, TaskView};

/// A schema, not much nested.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = select(vec![
        json!({}),
        json!(true),
        json!({"type": "string"}),
        json!({"type": "number"}),
        json!({"type": "integer", "minimum": -1, "exclusiveMaximum": 3}),
        json!({"type": "boolean"}),
        json!({"type": "null"}),
        json!({"type": ["string", "null"]}),
        json!({"type": ["integer", "boolean"]}),
        json!({"enum": ["a", "b", 1]}),
        json!({"const": "a"}),
        json!({"type": "string", "enum": ["a", "b"]}),
        json!({"anyOf": [{"type": "string"}, {"type": "array"}]}),
        json!({"type": "number", "maximum": 2.5}),
    ]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            // As long as those are that are drawn.
            inner.clone().prop_map(|items| json!({"type": "array", "items": items, "maxItems": 2})),
            (inner.clone(), inner.clone()).prop_map(|(first, items)| {
                json!({"type": "array", "prefixItems": [first], "items": items})
            }),
            (inner.clone(), inner.clone(), option::of(inner)).prop_map(|(a, b, others)| {
                let others = others.unwrap_or(json!(false));
                json!({"type": "object", "properties": {"a": a, "b": b}, "additionalProperties": others})
            }),
        ]
    })
}

/// Any value, likely to be one that a schema or an expression here names.
fn value() -> impl Strategy<Value = Value> {
    select(some_values()).prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::Array),
            (option::of(inner.clone()), option::of(inner.clone()), option::of(inner)).prop_map(
                |(a, b, c)| {
                    let fields = [("a", a), ("b", b), ("c", c)].into_iter();
                    Value::Object(
                        fields.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
                    )
                }
            ),
        ]
    })
}

/// A value that fits the schema, as far as values are drawn that do.
fn fitting(schema: &Value) -> BoxedStrategy<Value> {
    let part = |part: Option<&Value>| part.map_or_else(|| value().boxed(), fitting);
    if let Some(properties) = schema.get("properties") {
        let fields = (option::of(part(properties.get("a"))), option::of(part(properties.get("b"))));
        let object = |(a, b): (Option<Value>, Option<Value>)| {
            let fields = [("a", a), ("b", b)].into_iter();
            Value::Object(fields.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
        };
        return fields.prop_map(object).boxed();
    }
    if let Some(items) = schema.get("items") {
        let first = part(schema.get("prefixItems").and_then(|prefix| prefix.get(0)).or(Some(items)));
        let list = |(first, mut rest): (Value, Vec<Value>)| {
            rest.insert(0, first);
            Value::Array(rest)
        };
        return prop_oneof![
            1 => Just(json!([])),
            4 => (first, vec(part(Some(items)), 0..2)).prop_map(list),
        ]
        .boxed();
    }
    let validator = crate::schema::compile(schema).unwrap();
    let fits = move |value: &Value| validator.is_valid(value);
    select(some_values().into_iter().filter(fits).collect::<Vec<_>>()).boxed()
}

/// Values of which some fit each schema here.
fn some_values() -> Vec<Value> {
    let simple = [json!(null), json!(true), json!(false), json!("a"), json!("b"), json!("c"), json!("1")];
    let numbers = [-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.25, 2.5, 3.0, 1e300].map(|number| json!(number));
    let whole = [-1, 0, 1, 2, 7].map(|number| json!(number));
    let nested =
        [json!([]), json!([1]), json!(["a", true]), json!({}), json!({"a": {"b": 1}}), json!({"c": "a"})];
    simple.into_iter().chain(numbers).chain(whole).chain(nested).collect()
}

/// A schema, and values that fit it.
fn schema_and_values() -> impl Strategy<Value = (Value, Vec<Value>)> {
    schema().prop_flat_map(|schema| {
        let values = vec(fitting(&schema), 6);
        (Just(schema), values)
    })
}

/// An expression over the output of one task; `loops`: it may have macros.
fn expression(loops: bool) -> BoxedStrategy<String> {
    let leaf = select(vec![
        "tasks.t.output",
        "tasks.t.output.a",
        "tasks.t.output.b",
        "tasks.t.output.a.b",
        "tasks.t.output[0]",
        "tasks.t.output.a[1]",
        "tasks.t.state",
        "goal.text",
        "1",
        "2.5",
        "'a'",
        "'b'",
        "true",
        "null",
        "[]",
        "timestamp('2026-01-31T12:00:00Z')",
        "b'a'",
    ]);
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(3, 10, 3, move |inner| {
        let binary = select(vec!["+", "-", "*", "/", "%", "<", ">=", "==", "!=", "&&", "||", "in"]);
        let two = (inner.clone(), binary, inner.clone());
        let call = select(vec!["size", "string", "int", "type", "dyn", "-", "!"]);
        let member = select(vec!["size()", "startsWith('a')", "a", "b", "c"]);
        let loop_of = select(vec!["map", "filter", "all", "exists", "exists_one"]);
        let body = select(vec!["v", "v + 1", "v + 'a'", "v.a", "v == 'a'", "v > 0", "has(v.b)", "true", "v[0]"]);
        prop_oneof![
            4 => two.prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            2 => (call, inner.clone()).prop_map(|(name, of)| format!("{name}({of})")),
            2 => (inner.clone(), member).prop_map(|(of, member)| format!("({of}).{member}")),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            1 => vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
            1 => inner.clone().prop_map(|value| format!("{{'a': {value}}}")),
            u32::from(loops) * 2 => (inner.clone(), loop_of, body)
                .prop_map(|(of, name, body)| format!("({of}).{name}(v, {body})")),
        ]
    })
    .boxed()
}

/// A condition on the output of one task.
fn condition() -> impl Strategy<Value = String> {
    let constant = select(vec!["1", "2", "-1", "2.5", "'a'", "'c'", "true", "null"]);
    let operator = select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        4 => (operator.clone(), constant.clone()).prop_map(|(with, value)| format!("tasks.t.output {with} {value}")),
        2 => (operator, constant.clone()).prop_map(|(with, value)| format!("{value} {with} tasks.t.output")),
        1 => vec(constant, 0..3).prop_map(|values| format!("tasks.t.output in [{}]", values.join(", "))),
        1 => select(vec!["tasks.t.output", "true", "false"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|of| format!("!({of})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} && {right})")),
            (inner.clone(), inner).prop_map(|(left, right)| format!("({left} || {right})")),
        ]
    })
}

/// A workflow in which one task has succeeded with this output.
struct After(Value, Map<String, Value>);

impl Scope for After {
    fn goal_text(&self) -> &str {
        "a goal"
    }

    fn goal_input(&self) -> &Map<String, Value> {
        &self.1
    }

    fn task(&self, _: usize) -> TaskView<'_> {
        TaskView { state: TaskState::Succeeded, output: Some(&self.0), failure: None }
    }
}

/// What is said of the expression, and the expression, if names and shape of it are fine.
fn analysed<'a>(text: &str, sees: &Sees<'a>) -> Option<(Analysis<'a>, Expression)> {
    let names = TaskNames::new(["t"], &[]);
    let tree = tree(text).ok()?;
    let analysis = analyse(&tree, &names, sees, &Suggestions::default());
    let expression = Expression::new(text, &tree, &names);
    analysis.problems.is_empty().then_some((analysis, expression))
}

fn evaluate(expression: &Expression, output: &Value) -> Result<Value, String> {
    expression.evaluate(&After(output.clone(), Map::new()), &|_| "t".to_owned())
}

fn kind_of(value: &Value) -> Kinds {
    Type::of_schema(&json!({ "const": value })).kinds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn what_the_types_refuse_fails_for_every_value_that_fits(
        (schema, values) in schema_and_values(),
        text in expression(true),
    ) {
        let sees = Sees::new([Some(&schema)], Type::any());
        let Some((analysis, expression)) = analysed(&text, &sees) else { return Ok(()) };
        let refused: Vec<_> = analysis.of_types.iter().filter(|(severity, _)| *severity == Severity::Error).collect();
        for value in values {
            let Ok(result) = evaluate(&expression, &value) else { continue };
            prop_assert!(refused.is_empty(), "{text} of {value} is {result}: {refused:?}");
            let said = analysis.value.in_json();
            prop_assert!(said.kinds.meets(kind_of(&result)), "{text} of {value} is {result}, not {}", said.kinds);
            if let (Some(most), Some(list)) = (expression.listed().or(said.most_items()), result.as_array()) {
                prop_assert!(list.len() <= most, "{text} of {value} is {result}, longer than {most}");
            }
            if let (Some(words), Some(word)) = (said.words(), result.as_str()) {
                prop_assert!(words.contains(&word), "{text} of {value} is {result}, not one of {words:?}");
            }
        }
    }

    #[test]
    fn a_decision_says_what_the_condition_gives(text in condition(), value in value()) {
        let sees = Sees::new([None], Type::any());
        let Some((analysis, expression)) = analysed(&text, &sees) else { return Ok(()) };
        let Some(decision) = analysis.decision else { return Ok(()) };
        let gives = match evaluate(&expression, &value) {
            Ok(Value::Bool(true)) => Outcome::True,
            Ok(Value::Bool(false)) => Outcome::False,
            _ => Outcome::Fails,
        };
        prop_assert_eq!(decision.outcome(&cell(&value)), gives, "{} of {}", text, value);
    }

    /// No value is forgotten: some sort gives what it gives, for all conditions at once.
    #[test]
    fn every_value_is_of_a_sort_that_gives_the_same(
        (schema, values) in schema_and_values(),
        texts in vec(condition(), 1..4),
    ) {
        let of = Type::of_schema(&schema);
        let sees = Sees::new([Some(&schema)], Type::any());
        let analyses: Vec<_> = texts.iter().filter_map(|text| analysed(text, &sees)).collect();
        let decisions: Vec<_> = analyses.iter().filter_map(|(analysis, _)| analysis.decision.as_ref()).collect();
        let constants: Vec<Cell> = decisions.iter().flat_map(|decision| decision.constants()).collect();
        let outcomes = |cell: &Cell| decisions.iter().map(|of| of.outcome(cell)).collect::<Vec<_>>();
        let (sorts, _) = cells(&of, &constants);
        for value in values {
            let gives = outcomes(&cell(&value));
            prop_assert!(sorts.iter().any(|sort| outcomes(sort) == gives), "{texts:?}: {value} of {sorts:?}");
        }
    }
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Bool(*flag),
        Value::Number(number) => Cell::Number(number.as_f64().unwrap()),
        Value::String(text) => Cell::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => Cell::Other,
    }
}
