//! Comparisons that always come out the same.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};

use super::kinds::Kinds;
use super::ty::Type;
use crate::code;
use crate::names::{Suggestions, shown};
use crate::report::Problem;

/// So many words are listed in a finding.
const MAX_LISTED: usize = 10;

/// What is wrong with a comparison of two nodes of these types, if something is.
pub(super) fn equal(
    operator: &str,
    nodes: [&IdedExpr; 2],
    types: &[Type<'_>; 2],
    suggestions: &Suggestions,
) -> Option<Problem> {
    let [left, right] = types;
    let word = match (text(nodes[0]), text(nodes[1])) {
        (Some(word), None) => foreign(word, right, suggestions),
        (None, Some(word)) => foreign(word, left, suggestions),
        _ => None,
    };
    // To ask for null is a guard, even where there is none.
    let guards = [left, right].iter().any(|side| side.kinds == Kinds::NULL);
    if word.is_some() || guards || left.kinds.meets(right.kinds) {
        return word;
    }
    let always = if operator == operators::EQUALS { "never equal" } else { "always unequal" };
    let message = format!("{} and {} are {always}", left.kinds, right.kinds);
    let fix = "compare values of one kind; string(), int() and double() convert";
    Some(Problem::new(code::NEVER_EQUAL, message, fix))
}

/// What is wrong with a value of this type being looked for in a list of constants.
pub(super) fn among(value: &Type<'_>, list: &IdedExpr, suggestions: &Suggestions) -> Option<Problem> {
    let Expr::List(list) = &list.expr else { return None };
    list.elements.iter().filter_map(text).find_map(|word| foreign(word, value, suggestions))
}

/// A word that is none of those that the value may be.
fn foreign(word: &str, of: &Type<'_>, suggestions: &Suggestions) -> Option<Problem> {
    let words = of.schema().and_then(|_| of.words())?;
    if words.contains(&word) || words.is_empty() {
        return None;
    }
    let message = format!("the value is never '{}'", shown(word));
    let fix = match suggestions.nearest(word, words.iter().copied()) {
        Some(nearest) => format!("did you mean '{}'?", shown(nearest)),
        None => {
            let more = if words.len() > MAX_LISTED { ", ..." } else { "" };
            let some: Vec<String> = words.iter().take(MAX_LISTED).map(|word| shown(word)).collect();
            format!("it is one of {}{more}", some.join(", "))
        }
    };
    Some(Problem::new(code::NEVER_EQUAL, message, fix))
}

fn text(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}
