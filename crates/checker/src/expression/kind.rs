//! What the value of an expression surely is.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use super::path::{Path, Root, Variable};

/// What the value surely is, if that is surely no boolean. `path_of` reads paths.
pub(super) fn kind(node: &IdedExpr, path_of: &dyn Fn(&IdedExpr) -> Option<Path>) -> Option<&'static str> {
    if matches!(&node.expr, Expr::Select(select) if select.test) {
        return None;
    }
    if let Some(path) = path_of(node) {
        return of_path(&path);
    }
    match &node.expr {
        Expr::Literal(literal) => of_literal(literal),
        Expr::List(_) => Some("a list"),
        Expr::Map(_) => Some("an object"),
        // Of the macros, `map` and `filter` gather a list.
        Expr::Comprehension(inner) if matches!(inner.accu_init.expr, Expr::List(_)) => Some("a list"),
        Expr::Call(call) => of_call(call, path_of),
        _ => None,
    }
}

fn of_path(path: &Path) -> Option<&'static str> {
    match (path.root, path.keys.as_slice()) {
        (Root::GoalText | Root::State(_), _) | (Root::Error(_), [_, ..]) => Some("text"),
        (Root::GoalInput | Root::Error(_), []) => Some("an object"),
        (Root::Variable(Variable::Index | Variable::Iteration), _) => Some("a number"),
        (Root::Variable(Variable::Input), []) => Some("an object"),
        (Root::GoalInput | Root::Output(_) | Root::Variable(_), _) => None,
    }
}

fn of_literal(literal: &LiteralValue) -> Option<&'static str> {
    match literal {
        LiteralValue::Boolean(_) => None,
        LiteralValue::String(_) => Some("text"),
        LiteralValue::Null => Some("null"),
        LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_) => Some("a number"),
        _ => Some("no boolean"),
    }
}

fn of_call(call: &CallExpr, path_of: &dyn Fn(&IdedExpr) -> Option<Path>) -> Option<&'static str> {
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::CONDITIONAL, [_, yes, no]) => kind(yes, path_of).and(kind(no, path_of)),
        (operators::MULTIPLY | operators::DIVIDE | operators::MODULO | operators::NEGATE, _) => {
            Some("a number")
        }
        (operators::ADD, _) => Some("a sum"),
        (operators::SUBSTRACT, _) => Some("a difference"),
        ("string", _) => Some("text"),
        ("size" | "int" | "uint" | "double", _) => Some("a number"),
        ("bytes" | "duration" | "timestamp" | "type", _) => Some("no boolean"),
        (name, _) if name.starts_with("get") => Some("a number"),
        _ => None,
    }
}
