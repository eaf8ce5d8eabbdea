//! The type of an expression, and where it applies something to what it surely cannot take.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use goalpost_model::Severity;

use super::compare;
use super::kinds::Kinds;
use super::operators::{apply, spelled};
use super::sees::Sees;
use super::ty::Type;
use crate::code;
use crate::expression::functions::is_long_type;
use crate::expression::path::{Path, chain};
use crate::names::{Suggestions, shown};
use crate::report::Problem;

/// The type of an expression, and what is found on the way to it.
pub(crate) struct Inferred<'a> {
    pub(crate) value: Type<'a>,
    pub(crate) found: Vec<(Severity, Problem)>,
}

/// Infers the type of an expression in which every name is known. `path_of` reads paths.
pub(crate) fn infer<'a>(
    tree: &IdedExpr,
    sees: &Sees<'a>,
    path_of: &dyn Fn(&IdedExpr) -> Option<Path>,
    suggestions: &Suggestions,
) -> Inferred<'a> {
    let mut walk = Walk { sees, path_of, suggestions, variables: Vec::new(), found: Vec::new() };
    let value = walk.node(tree, true);
    Inferred { value, found: walk.found }
}

struct Walk<'w, 'a> {
    sees: &'w Sees<'a>,
    path_of: &'w dyn Fn(&IdedExpr) -> Option<Path>,
    suggestions: &'w Suggestions,
    /// Variables of the comprehensions around the node.
    variables: Vec<(&'w str, Type<'a>)>,
    found: Vec<(Severity, Problem)>,
}

impl<'w, 'a> Walk<'w, 'a> {
    /// `sure`: the whole has no value if the node has none. Then what cannot be is an error; elsewhere the
    /// expression may run without it, so it is a warning.
    fn node(&mut self, node: &'w IdedExpr, sure: bool) -> Type<'a> {
        let is_test = matches!(&node.expr, Expr::Select(select) if select.test);
        if let Some(path) = (self.path_of)(node) {
            return if is_test { Type::of(Kinds::BOOL) } else { self.sees.at(&path) };
        }
        match &node.expr {
            Expr::Literal(literal) => of_literal(literal),
            Expr::Ident(name) => self.variable(name),
            // `google.protobuf.Timestamp` stands for a type.
            Expr::Select(_) if chain(node).is_some_and(|chain| is_long_type(&chain)) => Type::of(Kinds::TYPE),
            Expr::Select(select) => {
                let of = self.node(&select.operand, sure);
                self.select(&of, &select.field, is_test, sure)
            }
            Expr::Call(call) => self.call(call, sure),
            Expr::List(list) => {
                let items = list.elements.iter().map(|item| self.node(item, sure));
                Type::list(items.fold(Type::of(Kinds::NONE), Type::or))
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.node(&entry.key, sure);
                        self.node(&entry.value, sure);
                    }
                }
                Type::of(Kinds::OBJECT)
            }
            Expr::Comprehension(inner) => self.comprehension(inner, sure),
            Expr::Struct(_) | Expr::Unspecified => Type::any(),
        }
    }

    fn variable(&self, name: &str) -> Type<'a> {
        match self.variables.iter().rev().find(|(variable, _)| *variable == name) {
            Some((_, of)) => of.clone(),
            None => Type::of(Kinds::TYPE),
        }
    }

    fn select(&mut self, of: &Type<'a>, field: &str, is_test: bool, sure: bool) -> Type<'a> {
        if !of.kinds.meets(Kinds::OBJECT) {
            self.cannot(&format!(".{}", shown(field)), &[of.kinds], sure);
        }
        if is_test {
            return Type::of(Kinds::BOOL);
        }
        // Of what is no object, that was said.
        let found = if of.kinds.meets(Kinds::OBJECT) { of.field(field) } else { Some(Type::any()) };
        found.unwrap_or_else(|| {
            let message = format!("there is no field '{}'", shown(field));
            let fix = match self.suggestions.nearest(field, of.field_names()) {
                Some(nearest) => format!("did you mean '{}'?", shown(nearest)),
                None => "see the output schema that the value comes from".to_owned(),
            };
            self.report(sure, Problem::new(code::UNKNOWN_OUTPUT_FIELD, message, fix));
            Type::any()
        })
    }

    fn call(&mut self, call: &'w CallExpr, sure: bool) -> Type<'a> {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::CONDITIONAL, [condition, yes, no]) => {
                let kinds = self.node(condition, sure).kinds;
                if !kinds.meets(Kinds::BOOL) {
                    self.wrong(sure, format!("the condition is {kinds}, which is neither true nor false"));
                }
                self.node(yes, false).or(self.node(no, false))
            }
            (name @ (operators::LOGICAL_AND | operators::LOGICAL_OR), [left, right]) => {
                let kinds = [left, right].map(|side| self.node(side, false).kinds);
                let wrong: Vec<Kinds> = kinds.into_iter().filter(|side| !side.meets(Kinds::BOOL)).collect();
                // One side alone may decide.
                if !wrong.is_empty() {
                    self.cannot(spelled(name), &wrong, sure && wrong.len() == 2);
                }
                Type::of(Kinds::BOOL)
            }
            (name @ (operators::EQUALS | operators::NOT_EQUALS), [left, right]) => {
                let types = [left, right].map(|side| self.node(side, sure));
                let found = compare::equal(name, [left, right], &types, self.suggestions);
                self.found.extend(found.map(|problem| (Severity::Warning, problem)));
                Type::of(Kinds::BOOL)
            }
            (operators::NOT_STRICTLY_FALSE, [inner]) => {
                self.node(inner, false);
                Type::of(Kinds::BOOL)
            }
            ("dyn", [inner]) => {
                self.node(inner, sure);
                Type::any()
            }
            (name, arguments) => {
                let parts = call.target.as_deref().into_iter().chain(arguments);
                let types: Vec<Type<'a>> = parts.map(|part| self.node(part, sure)).collect();
                self.applied(name, arguments, &types, sure)
            }
        }
    }

    fn applied(&mut self, name: &str, arguments: &[IdedExpr], types: &[Type<'a>], sure: bool) -> Type<'a> {
        let kinds: Vec<Kinds> = types.iter().map(|of| of.kinds).collect();
        let Some(given) = apply(name, &kinds) else {
            self.cannot(spelled(name), &kinds, sure);
            return Type::any();
        };
        match (name, types, arguments) {
            (operators::ADD, [left, right], _) if kinds == [Kinds::LIST; 2] => left.clone().or(right.clone()),
            (operators::INDEX, [list, _], _) if list.kinds == Kinds::LIST => list.items(),
            (operators::IN, [value, _], [_, list]) => {
                let found = compare::among(value, list, self.suggestions);
                self.found.extend(found.map(|problem| (Severity::Warning, problem)));
                Type::of(given)
            }
            _ => Type::of(given),
        }
    }

    fn comprehension(&mut self, inner: &'w ComprehensionExpr, sure: bool) -> Type<'a> {
        let range = self.node(&inner.iter_range, sure);
        let accumulator = self.node(&inner.accu_init, sure);
        let iterable = Kinds::LIST.or(Kinds::OBJECT);
        if !range.kinds.meets(iterable) {
            self.wrong(sure, format!("a loop runs over a list or an object, not over {}", range.kinds));
        }
        // A map is walked by its keys.
        let item = if range.kinds.meets(Kinds::OBJECT) { Type::any() } else { range.items() };
        let before = self.variables.len();
        self.variables.push((&inner.iter_var, item));
        self.variables.extend(inner.iter_var2.as_deref().map(|name| (name, Type::any())));
        self.variables.push((&inner.accu_var, accumulator.clone()));
        self.node(&inner.loop_cond, false);
        // What is in the list may be nothing, so what is done with each is not sure to be done.
        let step = self.node(&inner.loop_step, false);
        self.variables.pop();
        self.variables.push((&inner.accu_var, accumulator.or(step)));
        let result = self.node(&inner.result, false);
        self.variables.truncate(before);
        result
    }

    fn cannot(&mut self, what: &str, kinds: &[Kinds], sure: bool) {
        let to: Vec<String> = kinds.iter().map(Kinds::to_string).collect();
        self.wrong(sure, format!("'{what}' cannot be applied to {}", to.join(" and ")));
    }

    fn wrong(&mut self, sure: bool, message: String) {
        let fix = "use a value that it takes; string(), int() and double() convert";
        self.report(sure, Problem::new(code::WRONG_TYPE, message, fix));
    }

    fn report(&mut self, sure: bool, problem: Problem) {
        let severity = if sure { Severity::Error } else { Severity::Warning };
        self.found.push((severity, problem));
    }
}

fn of_literal<'a>(literal: &LiteralValue) -> Type<'a> {
    match literal {
        LiteralValue::Boolean(_) => Type::of(Kinds::BOOL),
        LiteralValue::String(text) => Type::word(text.inner()),
        LiteralValue::Null => Type::of(Kinds::NULL),
        LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_) => Type::of(Kinds::NUMBER),
        LiteralValue::Bytes(_) => Type::of(Kinds::BYTES),
    }
}
