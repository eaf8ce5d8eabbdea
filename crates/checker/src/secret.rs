//! Texts that look like references to secrets, where none would be resolved.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};
use goalpost_model::SecretReference;
use serde_json::Value;

use crate::code;
use crate::expression::children;
use crate::names::shown;
use crate::report::Problem;

const FIX: &str = "write the reference alone: secret://env/NAME or secret://file/NAME; a longer text is put together by the worker";

/// What is wrong with the texts of a constant.
pub(crate) fn in_value(value: &Value, found: &mut Vec<Problem>) {
    match value {
        Value::String(text) => found.extend(fault(text)),
        Value::Array(items) => items.iter().for_each(|item| in_value(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| in_value(field, found)),
        _ => {}
    }
}

/// What is wrong with the texts of an expression.
pub(crate) fn in_expression(node: &IdedExpr, found: &mut Vec<Problem>) {
    if let Expr::Call(call) = &node.expr
        && let (operators::ADD, [_, right]) = (call.func_name.as_str(), call.args.as_slice())
        && let Some(text) = text_of(right).filter(|text| text.starts_with(SecretReference::SCHEME))
    {
        found.push(inside(text));
    }
    // Whoever asks what a text begins with, or puts a name to it, writes the beginning of a reference.
    if let Some(text) = text_of(node).filter(|text| !text.ends_with('/')) {
        found.extend(fault(text));
    }
    children(node).into_iter().for_each(|child| in_expression(child, found));
}

fn text_of(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn fault(text: &str) -> Option<Problem> {
    match text.find(SecretReference::SCHEME)? {
        0 => text.parse::<SecretReference>().is_err().then(|| {
            let message = format!("'{}' begins as a reference to a secret does, and is none", shown(text));
            Problem::new(code::SECRET, message, FIX)
        }),
        _ => Some(inside(text)),
    }
}

fn inside(text: &str) -> Problem {
    let message = format!(
        "'{}' is a reference to a secret inside of a longer text, where it stays as it is",
        shown(text)
    );
    Problem::new(code::SECRET, message, FIX)
}
