//! The constant texts that may be in the value of an expression.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use crate::expression::{children, tree};
use crate::stack;

/// Stands in a text for what is known only when the expression is evaluated.
pub const UNKNOWN: char = '\u{fffc}';

/// The constant texts that may be in the value of an expression. Those that are joined are one text, with
/// [`UNKNOWN`] for what comes from elsewhere in between. Texts that are only compared are none of its value.
/// None of an expression that does not parse, of which the checker says so.
pub fn texts(expression: &str) -> Vec<String> {
    stack::deep(|| {
        let mut found = Vec::new();
        if let Ok(tree) = tree(expression) {
            gather(&tree, &mut found);
        }
        found
    })
}

fn gather(node: &IdedExpr, found: &mut Vec<String>) {
    let mut text = String::new();
    join(node, &mut text, found);
    if text.chars().any(|c| c != UNKNOWN) {
        found.push(text);
    }
}

/// Writes what the node adds to a text; texts inside of what is unknown of it are found on their own.
fn join(node: &IdedExpr, text: &mut String, found: &mut Vec<String>) {
    match &node.expr {
        Expr::Literal(LiteralValue::String(literal)) => text.push_str(literal.inner()),
        Expr::Literal(LiteralValue::Bytes(literal)) => {
            text.push_str(&String::from_utf8_lossy(literal.inner()))
        }
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::ADD, [left, right]) => {
                join(left, text, found);
                join(right, text, found);
            }
            ("string" | "bytes" | "dyn", [inner]) if call.target.is_none() => join(inner, text, found),
            _ => {
                text.push(UNKNOWN);
                of_call(call, found);
            }
        },
        Expr::Select(_) | Expr::List(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Comprehension(_) => {
            text.push(UNKNOWN);
            children(node).into_iter().for_each(|child| gather(child, found));
        }
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) => text.push(UNKNOWN),
    }
}

/// Of calls few hand on what they are given.
fn of_call(call: &CallExpr, found: &mut Vec<String>) {
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::CONDITIONAL, [_, one, other]) => {
            gather(one, found);
            gather(other, found);
        }
        (operators::INDEX, [from, _]) => gather(from, found),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_may_be_in_the_value() {
        for (expression, found) in [
            ("goal.input.a", vec![]),
            ("'a' + 'b' + string(b'c')", vec!["abc"]),
            (r"'\u0061' + r'\d'", vec![r"a\d"]),
            ("'a' + goal.input.x + 'b'", vec!["a\u{fffc}b"]),
            ("'a' + ('b' + (goal.input.x + 'c'))", vec!["ab\u{fffc}c"]),
            ("(goal.text == 'x' ? 'a' : 'b') + 'c'", vec!["a", "b", "\u{fffc}c"]),
            ("{'k': ['v', goal.text]}", vec!["k", "v"]),
            ("['a', 'b'][0] + 'c'", vec!["a", "b", "\u{fffc}c"]),
            ("['a'].map(x, x + 'b')", vec!["a", "\u{fffc}b"]),
            ("tasks['a-b'].output", vec![]),
            ("goal.text.contains('x') && 'y' in goal.input.list", vec![]),
            ("string(b'a' + b'b')", vec!["ab"]),
            ("'open", vec![]),
        ] {
            assert_eq!(texts(expression), found, "{expression}");
        }
    }
}
