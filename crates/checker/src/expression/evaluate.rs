//! Running an expression.

use std::borrow::Cow;
use std::sync::Arc;

use cel::common::ast::Expr;
use cel::{Context, IdedExpr};
use serde_json::{Map, Value, json};

use super::TaskNames;
use super::cel_value::{from_cel, to_cel};
use super::cost::Cost;
use super::matches;
use super::path::{Key, Path, Root, Variable};
use super::rewrite::{Slot, rewrite};
use crate::compiled::Scope;
use crate::stack;

thread_local! {
    /// CEL's functions; to declare them anew for every evaluation would cost more than most of
    /// these.
    static FUNCTIONS: Context<'static, 'static> = Context::with_env(Arc::new(matches::environment()));
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    text: String,
    rewritten: IdedExpr,
    slots: Vec<Slot>,
    cost: Cost,
}

impl Expression {
    /// Compiles an expression in which nothing is wrong.
    pub(crate) fn new(text: &str, tree: &IdedExpr, tasks: &TaskNames<'_>) -> Self {
        let mut rewritten = tree.clone();
        let slots = rewrite(&mut rewritten, tasks);
        let cost = Cost::of(&rewritten);
        Self { text: text.to_owned(), rewritten, slots, cost }
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// How many items it lists, if it is written as a list.
    pub(crate) fn listed(&self) -> Option<usize> {
        match &self.rewritten.expr {
            Expr::List(list) => Some(list.elements.len()),
            _ => None,
        }
    }

    /// Its value. The error says what went wrong; `name_of` names tasks in it.
    pub(crate) fn evaluate(
        &self,
        scope: &dyn Scope,
        name_of: &dyn Fn(usize) -> String,
    ) -> Result<Value, String> {
        if let (Expr::Ident(_), [Slot { path, is_test: false, .. }]) =
            (&self.rewritten.expr, self.slots.as_slice())
        {
            let found = lookup(path, scope).map(Cow::into_owned);
            return found.ok_or_else(|| absent(path, name_of));
        }
        stack::for_levels(super::limits::MAX_LEVELS, || self.run(scope, name_of))
    }

    /// What it reads, as it writes it, with the values that are there.
    pub(crate) fn reads(
        &self,
        scope: &dyn Scope,
        name_of: &dyn Fn(usize) -> String,
    ) -> Vec<(String, Option<Value>)> {
        let slots = self.slots.iter();
        slots.map(|slot| (slot.path.text(name_of), lookup(&slot.path, scope).map(Cow::into_owned))).collect()
    }

    fn run(&self, scope: &dyn Scope, name_of: &dyn Fn(usize) -> String) -> Result<Value, String> {
        FUNCTIONS.with(|functions| {
            let found: Vec<_> = self.slots.iter().map(|slot| (slot, lookup(&slot.path, scope))).collect();
            let values = found.iter().filter(|(slot, _)| !slot.is_test);
            self.cost.check(
                values.filter_map(|(slot, value)| Some((slot.variable.as_str(), value.as_deref()?))),
            )?;
            let mut context = functions.new_inner_scope();
            for (Slot { variable, is_test, .. }, found) in found {
                match (is_test, found) {
                    (true, found) => context.add_variable_from_value(variable, found.is_some()),
                    (false, Some(value)) => context.add_variable_from_value(variable, to_cel(&value)),
                    // Reading it is an error; not reading it, behind a guard, is none.
                    (false, None) => {}
                }
            }
            let value = cel::Value::resolve(&self.rewritten, &context)
                .map_err(|error| self.explain(&error, name_of))?;
            from_cel(&value)
        })
    }

    fn explain(&self, error: &cel::ExecutionError, name_of: &dyn Fn(usize) -> String) -> String {
        if let cel::ExecutionError::UndeclaredReference(variable) = error
            && let Some(slot) = self.slots.iter().find(|slot| slot.variable == **variable)
        {
            return absent(&slot.path, name_of);
        }
        crate::names::shown(&error.to_string().replace(matches::NAME, "matches"))
    }
}

fn absent(path: &Path, name_of: &dyn Fn(usize) -> String) -> String {
    format!("{} is absent", path.text(name_of))
}

/// What the path leads to, if it is there.
fn lookup<'a>(path: &Path, scope: &'a dyn Scope) -> Option<Cow<'a, Value>> {
    let keys = path.keys.as_slice();
    match path.root {
        Root::GoalText => Some(Cow::Owned(Value::from(scope.goal_text()))),
        Root::GoalInput => of_object(scope.goal_input(), keys),
        Root::Variable(Variable::Input) => of_object(scope.body()?.input, keys),
        Root::Variable(Variable::Index | Variable::Iteration) => {
            Some(Cow::Owned(Value::from(scope.body()?.index)))
        }
        Root::Variable(Variable::Item) => step(scope.body()?.item?, keys).map(Cow::Borrowed),
        Root::Variable(Variable::Previous) => step(scope.body()?.previous?, keys).map(Cow::Borrowed),
        Root::Variable(Variable::Captures) => of_object(scope.captures()?, keys),
        Root::Variable(Variable::Submission) => of_object(scope.policy()?.submission, keys),
        Root::Variable(Variable::Plan) => of_object(scope.policy()?.plan, keys),
        Root::State(task) => Some(Cow::Owned(Value::from(scope.task(task).state.as_str()))),
        Root::Output(task) => step(scope.task(task).output?, keys).map(Cow::Borrowed),
        Root::Error(task) => {
            let failure = scope.task(task).failure?;
            let error = json!({"kind": failure.kind, "message": failure.message});
            step(&error, keys).cloned().map(Cow::Owned)
        }
    }
}

fn of_object<'a>(object: &'a Map<String, Value>, keys: &[Key]) -> Option<Cow<'a, Value>> {
    match keys {
        [] => Some(Cow::Owned(Value::Object(object.clone()))),
        [Key::Field(field), rest @ ..] => step(object.get(field)?, rest).map(Cow::Borrowed),
        [Key::Index(_), ..] => None,
    }
}

fn step<'a>(value: &'a Value, keys: &[Key]) -> Option<&'a Value> {
    keys.iter().try_fold(value, |value, key| match key {
        Key::Field(field) => value.get(field),
        Key::Index(place) => value.get(place),
    })
}
