//! `when`: a CEL condition under which a method may be used.

use std::collections::{BTreeSet, HashMap};

use cel::common::ast::{EntryExpr, Expr};
use cel::{Context, IdedExpr, Program, Value as Cel};
use serde_json::{Map, Value};

use crate::goal::Bound;
use crate::tokens::tokens;

/// Tokens of one condition. It also bounds the depth of its syntax tree, which the CEL
/// library walks recursively.
const MAX_TOKENS: usize = 250;
/// Stack for what walks a syntax tree: far more than `MAX_TOKENS` levels need, even unoptimised.
const STACK_BYTES: usize = 32 << 20;
/// Comprehensions inside one another: their cost is the product of their lists' lengths,
/// and those come from the caller.
const MAX_COMPREHENSIONS: usize = 1;
/// What a condition may name.
const VARIABLES: [&str; 3] = ["goal", "captures", "input"];

/// A condition over `goal.text`, `goal.input`, `captures` and `input` (captures overlaid by
/// `goal.input`).
#[derive(Debug)]
pub(crate) struct Precondition {
    source: String,
    program: Program,
}

impl Precondition {
    /// Compiles a condition. The error says what is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        if tokens(source).len() > MAX_TOKENS {
            return Err(format!("has more than {MAX_TOKENS} tokens"));
        }
        stacker::grow(STACK_BYTES, || Self::compile(source))
    }

    fn compile(source: &str) -> Result<Self, String> {
        let program = Program::compile(source).map_err(|error| format!("does not parse: {error}"))?;
        let mut survey = Survey::default();
        survey.visit(program.expression(), &mut Vec::new());
        if survey.comprehensions > MAX_COMPREHENSIONS {
            return Err("has a comprehension inside another one".into());
        }
        match survey.unknown.first() {
            Some(name) => Err(format!("names '{name}'; it can name {}", VARIABLES.join(", "))),
            None => Ok(Self { source: source.to_owned(), program }),
        }
    }

    /// Whether the condition holds. `Err` says why it does not.
    pub(crate) fn holds(&self, bound: &Bound<'_>) -> Result<(), String> {
        let mut context = Context::default();
        let goal = Map::from_iter([
            ("text".to_owned(), Value::from(bound.goal.text.as_str())),
            ("input".to_owned(), Value::Object(bound.goal.input.clone())),
        ]);
        let captures = bound.captures.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        context.add_variable_from_value("goal", cel_object(&goal));
        context.add_variable_from_value("captures", cel_object(&captures.collect()));
        context.add_variable_from_value("input", cel_object(&bound.input));
        match stacker::grow(STACK_BYTES, || self.program.execute(&context)) {
            Ok(Cel::Bool(true)) => Ok(()),
            Ok(Cel::Bool(false)) => Err(format!("its condition '{}' is false", self.source)),
            Ok(other) => {
                Err(format!("its condition '{}' is a {}, not a boolean", self.source, other.type_of()))
            }
            Err(error) => Err(format!("its condition '{}' cannot be decided: {error}", self.source)),
        }
    }
}

fn cel_object(fields: &Map<String, Value>) -> Cel {
    let fields: HashMap<String, Cel> =
        fields.iter().map(|(name, value)| (name.clone(), cel_value(value))).collect();
    Cel::Map(fields.into())
}

/// Whole numbers become integers, as everywhere: `google.protobuf.Struct` has only doubles.
fn cel_value(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(bool) => Cel::Bool(*bool),
        Value::Number(number) => cel_number(number),
        Value::String(text) => Cel::String(text.clone().into()),
        Value::Array(items) => Cel::List(items.iter().map(cel_value).collect::<Vec<_>>().into()),
        Value::Object(fields) => cel_object(fields),
    }
}

fn cel_number(number: &serde_json::Number) -> Cel {
    if let Some(whole) = number.as_i64() {
        return Cel::Int(whole);
    }
    let double = number.as_f64().unwrap_or_default();
    // A whole double in this range is printed without exponent, so this is exact.
    match format!("{double:.0}").parse() {
        Ok(whole) if double.fract() == 0.0 => Cel::Int(whole),
        _ => Cel::Float(double),
    }
}

/// What a condition names, and how deep its comprehensions are nested.
#[derive(Default)]
struct Survey<'a> {
    unknown: BTreeSet<&'a str>,
    comprehensions: usize,
}

impl<'a> Survey<'a> {
    /// `bound` has the variables of the comprehensions around the expression, a list for each.
    fn visit(&mut self, expression: &'a IdedExpr, bound: &mut Vec<[&'a str; 3]>) {
        self.comprehensions = self.comprehensions.max(bound.len());
        let mut visit_all =
            |children: Vec<&'a IdedExpr>| children.into_iter().for_each(|child| self.visit(child, bound));
        match &expression.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => {
                if !VARIABLES.contains(&name.as_str()) && !bound.as_flattened().contains(&name.as_str()) {
                    self.unknown.insert(name);
                }
            }
            Expr::Select(select) => self.visit(&select.operand, bound),
            Expr::Call(call) => visit_all(call.target.as_deref().into_iter().chain(&call.args).collect()),
            Expr::List(list) => visit_all(list.elements.iter().collect()),
            Expr::Map(map) => visit_all(map.entries.iter().flat_map(|entry| children(&entry.expr)).collect()),
            Expr::Struct(object) => {
                visit_all(object.entries.iter().flat_map(|entry| children(&entry.expr)).collect())
            }
            Expr::Comprehension(inner) => {
                visit_all(vec![&inner.iter_range, &inner.accu_init]);
                bound.push([
                    &inner.iter_var,
                    inner.iter_var2.as_deref().unwrap_or(&inner.iter_var),
                    &inner.accu_var,
                ]);
                for child in [&inner.loop_cond, &inner.loop_step, &inner.result] {
                    self.visit(child, bound);
                }
                bound.pop();
            }
        }
    }
}

fn children(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::GoalRequest;

    fn decided(source: &str) -> Result<(), String> {
        let input = json!({"days": 7.0, "cities": ["a", "b"], "deep": {"x": null}});
        let goal = GoalRequest {
            text: "the goal".into(),
            input: input.as_object().unwrap().clone(),
            ..Default::default()
        };
        Precondition::parse(source)?
            .holds(&Bound::new(&goal, [("city".to_owned(), "Seattle".to_owned())].into()))
    }

    #[test]
    fn conditions_see_the_goal_the_captures_and_the_input() {
        for holds in [
            "goal.text == 'the goal' && goal.input.days == 7 && goal.input.days > 6.5",
            "captures.city == 'Seattle' && input.city.startsWith('Sea') && !has(goal.input.city)",
            "'b' in input.cities && input.cities.exists(c, c.matches('^a$')) && has(input.deep.x)",
        ] {
            assert_eq!(decided(holds), Ok(()), "{holds}");
        }
    }

    #[test]
    fn a_condition_that_does_not_hold_says_why() {
        for (source, word) in [
            ("input.city == 'Oslo'", "is false"),
            ("input.city", "is a string"),
            ("input.none == 1", "cannot be decided"),
        ] {
            let message = decided(source).unwrap_err();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn what_the_bounds_let_pass_does_not_exhaust_the_stack() {
        let chain = format!("{} > 0", vec!["1"; 120].join(" + "));
        assert_eq!(decided(&chain), Ok(()));
        let fields = format!("has(input{}.x) || true", ".a".repeat(100));
        assert_eq!(decided(&fields), Ok(()));
        let deep = format!("{}true{}", "(".repeat(110), ")".repeat(110));
        let nots = format!("{}true", "!(".repeat(80));
        for source in [deep, format!("{nots}{}", ")".repeat(80)), "[".repeat(249), "-".repeat(249) + "1"] {
            let _ = decided(&source);
        }
    }

    #[test]
    fn wrong_and_costly_conditions_are_refused() {
        let chain = vec!["1"; 200].join(" + ");
        let deep = format!("{}1{}", "(".repeat(300), ")".repeat(300));
        for wrong in ["1 +", "tasks.a.state == 'x'", "input.a.all(x, input.b.all(y, x == y))", &chain, &deep]
        {
            assert!(Precondition::parse(wrong).is_err(), "{wrong}");
        }
    }
}
