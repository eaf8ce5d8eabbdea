//! Moves an expression from a method's own scope into the blueprint it is spliced into:
//! tasks get their new names, and `goal` becomes what the nested goal was.

use std::collections::{BTreeMap, BTreeSet};

use goalpost_model::limits::MAX_EXPRESSION_BYTES;
use serde_json::{Map, Value, json};

use crate::GoalRequest;
use crate::placeholder::is_identifier;
use crate::tokens::{Kind, Token, tokens};

/// Old task name -> what stands for the task.
pub(crate) type Renames = BTreeMap<String, End>;

/// What stands for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// A task; an identifier.
    pub(crate) name: String,
    /// Whether what the old task gave is the `value` in the output of this one.
    pub(crate) is_boxed: bool,
}

impl End {
    /// The task itself.
    pub(crate) fn task(name: impl Into<String>) -> Self {
        Self { name: name.into(), is_boxed: false }
    }

    /// One that hands the output of the one or the other on.
    pub(crate) fn boxed(name: impl Into<String>) -> Self {
        Self { name: name.into(), is_boxed: true }
    }

    /// The expression of the output.
    pub(crate) fn output(&self) -> String {
        let value = if self.is_boxed { ".value" } else { "" };
        format!("tasks.{}.output{value}", self.name)
    }
}

/// The variable of what is known when it is reached.
const FACTS: &str = "facts";

/// The expression of a task's output.
pub(crate) fn output_of(task: &str) -> String {
    format!("{}.output", path_of(task))
}

/// The expression of a task.
fn path_of(task: &str) -> String {
    if is_identifier(task) { format!("tasks.{task}") } else { format!("tasks[\"{task}\"]") }
}

/// The expression with its tasks renamed. A task that is not in `renames` keeps its name.
///
/// The error is a sentence's end: `uses 'tasks' ...`.
pub(crate) fn rename_tasks(source: &str, renames: &Renames) -> Result<String, String> {
    rewrite(source, "tasks", |rest| {
        let (old, length) = selected(source, rest)
            .ok_or("uses 'tasks' other than as tasks.NAME, so it cannot be part of a nested plan")?;
        let Some(new) = renames.get(old) else { return Ok(None) };
        Ok(Some(match selected(source, &rest[length..]) {
            Some(("output", more)) if new.is_boxed => (new.output(), length + more),
            _ => (path_of(&new.name), length),
        }))
    })
}

/// The facts that an expression uses. The error is a sentence's end.
pub(crate) fn facts_of(source: &str) -> Result<BTreeSet<String>, String> {
    let mut facts = BTreeSet::new();
    rewrite(source, FACTS, |rest| {
        facts.insert(fact(source, rest)?.0.to_owned());
        Ok(None)
    })?;
    Ok(facts)
}

/// The expression with `facts.NAME` replaced by what the closure gives for it; `None` leaves it.
pub(crate) fn fill_facts(
    source: &str,
    mut fill: impl FnMut(&str) -> Result<Option<String>, String>,
) -> Result<String, String> {
    rewrite(source, FACTS, |rest| {
        let (name, length) = fact(source, rest)?;
        let is_path = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        let grouped = |text: String| if is_path(&text) { text } else { format!("({text})") };
        Ok(fill(name)?.map(|text| (grouped(text), length)))
    })
}

fn fact<'a>(source: &'a str, rest: &[Token]) -> Result<(&'a str, usize), String> {
    selected(source, rest).ok_or_else(|| "uses 'facts' other than as facts.NAME".to_owned())
}

/// The expression with a variable replaced by a literal of what it uses of these fields.
pub(crate) fn fix_fields(
    source: &str,
    variable: &str,
    fields: &Map<String, Value>,
) -> Result<String, String> {
    rewrite(source, variable, |rest| {
        Ok(Some((literal(&Value::Object(used_fields(source, rest, fields))), 0)))
    })
}

/// A literal of one field, selected: `{"city": "Oslo"}.city`.
pub(crate) fn field_literal(name: &str, value: &Value) -> String {
    let fields: Map<String, Value> = [(name.to_owned(), value.clone())].into_iter().collect();
    format!("{}.{name}", literal(&Value::Object(fields)))
}

/// The expression with `goal` replaced by a literal of what it uses of this goal: in a nested
/// plan `goal` means the nested goal, but a workflow only knows the one it was made for.
pub(crate) fn fix_goal(source: &str, goal: &GoalRequest) -> Result<String, String> {
    rewrite(source, "goal", |rest| Ok(Some((literal(&used_of(source, rest, goal)), 0))))
}

/// The same where `goal.input` is another one, that of the task around: only `goal.text` is replaced.
pub(crate) fn fix_goal_text(source: &str, goal: &GoalRequest) -> Result<String, String> {
    rewrite(source, "goal", |rest| {
        let is_input = selected(source, rest).is_some_and(|(field, _)| field == "input");
        Ok((!is_input).then(|| (literal(&used_of(source, rest, goal)), 0)))
    })
}

/// Replaces the variable `name`. The closure sees the tokens behind it; it gives the text that
/// takes the place of the variable and of so many tokens behind it, or `None` to leave it.
fn rewrite(
    source: &str,
    name: &str,
    mut replace: impl FnMut(&[Token]) -> Result<Option<(String, usize)>, String>,
) -> Result<String, String> {
    let all = tokens(source);
    let mut out = String::with_capacity(source.len());
    let mut copied = 0;
    for (place, token) in all.iter().enumerate() {
        let is_field =
            place > 0 && all[place - 1].kind == Kind::Sign('.') && !starts_a_name(&all[..place - 1]);
        if token.kind != Kind::Name || token.text(source) != name || is_field {
            continue;
        }
        let rest = &all[place + 1..];
        if let Some((text, taken)) = replace(rest)? {
            out.push_str(&source[copied..token.start]);
            out.push_str(&text);
            copied = rest[..taken].last().map_or(token.end, |last| last.end);
        }
    }
    out.push_str(&source[copied..]);
    if out.len() > MAX_EXPRESSION_BYTES {
        return Err(format!("has an expression that nesting makes longer than {MAX_EXPRESSION_BYTES} bytes"));
    }
    Ok(out)
}

/// Whether a dot after these tokens begins an absolute name (`.tasks`) instead of selecting a field.
fn starts_a_name(before: &[Token]) -> bool {
    match before.last().map(|token| token.kind) {
        None => true,
        Some(Kind::Sign(sign)) => !matches!(sign, ')' | ']' | '}'),
        Some(Kind::Name | Kind::Text | Kind::Number) => false,
    }
}

/// The field that `.NAME` or `["NAME"]` selects, and how many tokens that takes.
fn selected<'a>(source: &'a str, rest: &[Token]) -> Option<(&'a str, usize)> {
    match rest {
        [dot, name, ..] if dot.kind == Kind::Sign('.') && name.kind == Kind::Name => {
            Some((name.text(source), 2))
        }
        [open, name, close, ..] if open.kind == Kind::Sign('[') && close.kind == Kind::Sign(']') => {
            Some((name.quoted_name(source)?, 3))
        }
        _ => None,
    }
}

/// The part of `{text, input}` that the selections behind `goal` can reach.
fn used_of(source: &str, rest: &[Token], goal: &GoalRequest) -> Value {
    match selected(source, rest) {
        Some(("text", _)) => json!({"text": goal.text}),
        Some(("input", taken)) => json!({"input": used_fields(source, &rest[taken..], &goal.input)}),
        _ => json!({"text": goal.text, "input": goal.input}),
    }
}

/// The part of the fields that the selections behind them can reach.
fn used_fields(source: &str, rest: &[Token], fields: &Map<String, Value>) -> Map<String, Value> {
    match selected(source, rest) {
        Some((field, _)) => {
            fields.get(field).map(|value| (field.to_owned(), value.clone())).into_iter().collect()
        }
        None => fields.clone(),
    }
}

/// JSON as CEL: the same, but for whole numbers beyond 64 bits signed.
fn literal(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_u64() && !number.is_i64() => format!("{number}u"),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                format!("{}: {}", Value::from(name.as_str()), literal(value))
            };
            let mut fields: Vec<String> = fields.iter().map(field).collect();
            fields.sort_unstable();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(source: &str) -> Result<String, String> {
        let renames = [("a", "outer_a"), ("b-c", "outer_b_c")];
        rename_tasks(source, &renames.map(|(old, new)| (old.to_owned(), End::task(new))).into())
    }

    #[test]
    fn tasks_are_renamed_where_they_are_tasks() {
        for (before, after) in [
            ("tasks.a.output.a", "tasks.outer_a.output.a"),
            ("size(tasks . a .output) > 0", "size(tasks.outer_a .output) > 0"),
            ("tasks[\"b-c\"].state + tasks['a'].state", "tasks.outer_b_c.state + tasks.outer_a.state"),
            (
                "has(tasks.a.output) ? tasks.a.output : 'tasks.a'",
                "has(tasks.outer_a.output) ? tasks.outer_a.output : 'tasks.a'",
            ),
            ("x.tasks.a + tasks.other.output", "x.tasks.a + tasks.other.output"),
            ("1 + .tasks.a.output // tasks.a", "1 + .tasks.outer_a.output // tasks.a"),
            ("f(tasks.a)[tasks.a.output].tasks.a", "f(tasks.outer_a)[tasks.outer_a.output].tasks.a"),
        ] {
            assert_eq!(renamed(before).unwrap(), after);
        }
    }

    #[test]
    fn what_cannot_be_renamed_safely_is_refused() {
        for wrong in ["tasks", "tasks[goal.text]", "[1].all(tasks, tasks.a > 0)", "has(tasks) && tasks.a"] {
            assert!(renamed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_goal_becomes_a_literal_of_what_is_used() {
        let input = json!({"city": "Bergen \"N\"", "n": 1, "x": {"y": [1.5, null, u64::MAX]}});
        let goal = GoalRequest {
            text: "hi".into(),
            input: input.as_object().unwrap().clone(),
            ..Default::default()
        };
        for (before, after) in [
            ("goal.input.city == 'a'", r#"{"input": {"city": "Bergen \"N\""}}.input.city == 'a'"#),
            ("has(goal.input.none)", r#"has({"input": {}}.input.none)"#),
            ("goal.input[\"n\"] > 0", r#"{"input": {"n": 1}}.input["n"] > 0"#),
            ("goal.text + x.goal.text", r#"{"text": "hi"}.text + x.goal.text"#),
            ("goal.input.x", r#"{"input": {"x": {"y": [1.5, null, 18446744073709551615u]}}}.input.x"#),
        ] {
            assert_eq!(fix_goal(before, &goal).unwrap(), after);
        }
    }

    #[test]
    fn a_literal_that_is_too_long_is_refused() {
        let input = json!({"x": "y".repeat(MAX_EXPRESSION_BYTES)});
        let goal = GoalRequest { input: input.as_object().unwrap().clone(), ..Default::default() };
        assert!(fix_goal("goal.input.x == ''", &goal).is_err());
        assert!(fix_goal("goal.input.z == ''", &goal).is_ok());
    }
}
