//! What an expression reads: `goal.input.city`, `tasks.fetch.output.days[0]`.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};
use serde_json::Value;

use super::TaskNames;
use super::types::closed_schema;
use crate::code;
use crate::names::shown;
use crate::report::Problem;

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// `goal.text`.
    GoalText,
    /// `goal.input`.
    GoalInput,
    /// `tasks.NAME.state`, by the task's ordinal.
    State(usize),
    /// `tasks.NAME.output`.
    Output(usize),
    /// `tasks.NAME.error`.
    Error(usize),
    /// What is seen besides.
    Variable(Variable),
}

/// What an expression sees besides the goal and the tasks: what a graph inside of a task sees of the task,
/// what a condition on a goal sees of its words, and what a policy sees of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    /// `input`: the task's, or the goal's with its captures.
    Input,
    /// `item`: of the list.
    Item,
    /// `index`: the item's place in the list, from 0.
    Index,
    /// `iteration`: of the loop, from 0.
    Iteration,
    /// `previous`: the output of the iteration before.
    Previous,
    /// `captures`: what was read out of the goal's words.
    Captures,
    /// `submission`: what else was said with the goal.
    Submission,
    /// `plan`: what a policy decides on.
    Plan,
}

impl Variable {
    /// As expressions write it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Item => "item",
            Self::Index => "index",
            Self::Iteration => "iteration",
            Self::Previous => "previous",
            Self::Captures => "captures",
            Self::Submission => "submission",
            Self::Plan => "plan",
        }
    }
}

/// One step of a path into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Of an object.
    Field(String),
    /// Of a list.
    Index(usize),
}

/// Something that an expression reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) root: Root,
    pub(crate) keys: Vec<Key>,
}

/// A variable and the constant steps after it, as the syntax tree has them.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    pub(crate) variable: &'a str,
    pub(crate) steps: Vec<Key>,
}

/// The chain that a node spells, if it spells one. `has(a.b)` spells what it asks for.
pub(crate) fn chain(node: &IdedExpr) -> Option<Chain<'_>> {
    let mut steps = Vec::new();
    let mut at = node;
    let mut outermost = true;
    loop {
        match &at.expr {
            Expr::Ident(name) => {
                steps.reverse();
                return Some(Chain { variable: name, steps });
            }
            Expr::Select(select) if !select.test || outermost => {
                steps.push(Key::Field(select.field.clone()));
                at = &select.operand;
            }
            Expr::Call(call) if call.func_name == operators::INDEX && call.args.len() == 2 => {
                steps.push(constant_key(&call.args[1])?);
                at = &call.args[0];
            }
            _ => return None,
        }
        outermost = false;
    }
}

fn constant_key(node: &IdedExpr) -> Option<Key> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(Key::Field(text.inner().to_owned())),
        Expr::Literal(LiteralValue::Int(place)) => usize::try_from(*place.inner()).ok().map(Key::Index),
        _ => None,
    }
}

impl Path {
    /// Resolves a chain that begins with a root.
    pub(super) fn resolve(chain: &Chain<'_>, tasks: &TaskNames<'_>) -> Result<Self, Problem> {
        match tasks.variable(chain.variable) {
            Some(variable) => of_variable(variable, &chain.steps),
            None if chain.variable == "goal" => of_goal(&chain.steps),
            None => of_task(&chain.steps, tasks),
        }
    }

    /// As an expression would write it.
    pub(crate) fn text(&self, name_of: impl Fn(usize) -> String) -> String {
        let mut text = match self.root {
            Root::GoalText => "goal.text".to_owned(),
            Root::GoalInput => "goal.input".to_owned(),
            Root::State(task) => format!("{}.state", task_path(&name_of(task))),
            Root::Output(task) => format!("{}.output", task_path(&name_of(task))),
            Root::Error(task) => format!("{}.error", task_path(&name_of(task))),
            Root::Variable(variable) => variable.name().to_owned(),
        };
        for key in &self.keys {
            match key {
                Key::Field(field) if is_identifier(field) => text.extend([".", field]),
                Key::Field(field) => text.push_str(&format!("[{field:?}]")),
                Key::Index(place) => text.push_str(&format!("[{place}]")),
            }
        }
        text
    }
}

/// How an expression names a task.
pub(crate) fn task_path(name: &str) -> String {
    if is_identifier(name) { format!("tasks.{name}") } else { format!("tasks[{name:?}]") }
}

/// Whether CEL takes it after a dot.
fn is_identifier(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.is_empty()
        && name != "in"
}

fn of_variable(variable: Variable, keys: &[Key]) -> Result<Path, Problem> {
    if matches!(variable, Variable::Index | Variable::Iteration) && !keys.is_empty() {
        let message = format!("'{}' is a number; it has no fields", variable.name());
        return Err(Problem::new(code::UNKNOWN_FIELD, message, "use it as it is"));
    }
    if let Some(schema) = closed_schema(variable) {
        check_fields(variable, schema, keys)?;
    }
    Ok(Path { root: Root::Variable(variable), keys: keys.to_vec() })
}

/// A field that an object of this schema does not have is none.
fn check_fields(variable: Variable, schema: &Value, keys: &[Key]) -> Result<(), Problem> {
    let (Some(fields), [Key::Field(field), rest @ ..]) = (schema["properties"].as_object(), keys) else {
        return Ok(());
    };
    if let Some(schema) = fields.get(field) {
        return check_fields(variable, schema, rest);
    }
    let known = fields.keys().map(String::as_str);
    let fix = match crate::names::nearest(field, known.clone()) {
        Some(nearest) => format!("did you mean '{nearest}'?"),
        None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
    };
    let message = format!("'{}' has no field '{}'", variable.name(), shown(field));
    Err(Problem::new(code::UNKNOWN_FIELD, message, fix))
}

fn of_goal(steps: &[Key]) -> Result<Path, Problem> {
    let fix = "write goal.text or goal.input";
    let unknown = |message: String| Problem::new(code::UNKNOWN_FIELD, message, fix);
    match steps {
        [] => Err(Problem::new(code::DYNAMIC_NAME, "the goal is used as a whole", fix)),
        [Key::Field(field)] if field == "text" => Ok(Path { root: Root::GoalText, keys: Vec::new() }),
        [Key::Field(field), ..] if field == "text" => {
            Err(unknown("goal.text is text; it has no fields".into()))
        }
        [Key::Field(field), keys @ ..] if field == "input" => {
            Ok(Path { root: Root::GoalInput, keys: keys.to_vec() })
        }
        [step, ..] => Err(unknown(format!("the goal has no field {}", spelled(step)))),
    }
}

fn of_task(steps: &[Key], tasks: &TaskNames<'_>) -> Result<Path, Problem> {
    let [name, rest @ ..] = steps else {
        return Err(Problem::new(
            code::DYNAMIC_NAME,
            "'tasks' is used as a whole, or with a computed name",
            "name one task: tasks.NAME.output, or tasks[\"NAME\"].output with the name as a constant",
        ));
    };
    let task = match name {
        Key::Field(name) => tasks.ordinal(name).ok_or_else(|| unknown_task(name, tasks))?,
        Key::Index(place) => return Err(unknown_task(&place.to_string(), tasks)),
    };
    let [Key::Field(field), keys @ ..] = rest else {
        return Err(Problem::new(
            code::DYNAMIC_NAME,
            format!("the task {} is used as a whole, or with a computed field", spelled(name)),
            "name one field: state, output or error",
        ));
    };
    let root = match field.as_str() {
        "state" => Root::State(task),
        "output" => Root::Output(task),
        "error" => Root::Error(task),
        _ => return Err(unknown_task_field(field)),
    };
    check_inner(root, keys)?;
    Ok(Path { root, keys: keys.to_vec() })
}

fn check_inner(root: Root, keys: &[Key]) -> Result<(), Problem> {
    let unknown = |message: &str, fix: &str| Err(Problem::new(code::UNKNOWN_FIELD, message, fix));
    match (root, keys) {
        (Root::State(_), [_, ..]) => {
            unknown("a state is one word; it has no fields", "compare it: tasks.NAME.state == \"SUCCEEDED\"")
        }
        (Root::Error(_), [Key::Field(field)]) if matches!(field.as_str(), "kind" | "message") => Ok(()),
        (Root::Error(_), [_, ..]) => {
            unknown("an error has the fields kind and message only", "write error.kind or error.message")
        }
        _ => Ok(()),
    }
}

fn unknown_task(name: &str, tasks: &TaskNames<'_>) -> Problem {
    let fix = match tasks.nearest(name) {
        Some(nearest) => format!("did you mean '{nearest}'?"),
        None => "name a task of this blueprint; a name with dashes is written tasks[\"a-b\"]".to_owned(),
    };
    let message = format!("the blueprint has no task '{}'", shown(name));
    Problem::new(code::UNKNOWN_TASK_IN_EXPRESSION, message, fix)
}

fn unknown_task_field(field: &str) -> Problem {
    let fix = match crate::names::nearest(field, ["state", "output", "error"]) {
        Some(nearest) => format!("did you mean '{nearest}'?"),
        None => format!("a value that the task made is at output.{}", shown(field)),
    };
    let message = format!("a task has the fields state, output and error, not '{}'", shown(field));
    Problem::new(code::UNKNOWN_FIELD, message, fix)
}

fn spelled(step: &Key) -> String {
    match step {
        Key::Field(field) => format!("'{}'", shown(field)),
        Key::Index(place) => format!("[{place}]"),
    }
}

/// The nodes right below a node.
pub(crate) fn children(node: &IdedExpr) -> Vec<&IdedExpr> {
    match &node.expr {
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) => Vec::new(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Struct(object) => object.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Comprehension(inner) => {
            vec![&inner.iter_range, &inner.accu_init, &inner.loop_cond, &inner.loop_step, &inner.result]
        }
    }
}

fn of_entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}
