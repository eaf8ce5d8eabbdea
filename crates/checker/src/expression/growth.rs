//! How loops after loops make values grow.

use cel::IdedExpr;
use cel::common::ast::{Expr, operators};

use super::matches;
use super::path::children;

/// How much larger loops make what they are given: each may go over what one before it made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    product: usize,
    least: usize,
}

impl Default for Growth {
    fn default() -> Self {
        Self { product: 1, least: usize::MAX }
    }
}

impl Growth {
    /// Another loop, whose value has its element in it so many times.
    pub(super) fn then(&mut self, uses: usize) {
        self.product = self.product.saturating_mul(uses.max(1));
        self.least = self.least.min(uses.max(1));
    }

    /// Of all loops but the last one: what that makes is counted by what it looks at.
    pub(super) fn factor(self) -> usize {
        self.product / self.least.min(self.product)
    }
}

/// How many times the value of a node has the variable in it.
pub(super) fn uses(node: &IdedExpr, variable: &str) -> usize {
    match &node.expr {
        Expr::Ident(name) => usize::from(name == variable),
        Expr::Select(select) if select.test => 0,
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::CONDITIONAL, [_, yes, no]) => uses(yes, variable) + uses(no, variable),
            (name, _) if is_small(name) => 0,
            _ => children(node).into_iter().map(|child| uses(child, variable)).sum(),
        },
        _ => children(node).into_iter().map(|child| uses(child, variable)).sum(),
    }
}

/// Whether what a function gives is small, whatever it is given.
fn is_small(function: &str) -> bool {
    const SMALL: [&str; 22] = [
        operators::EQUALS,
        operators::NOT_EQUALS,
        operators::LESS,
        operators::LESS_EQUALS,
        operators::GREATER,
        operators::GREATER_EQUALS,
        operators::LOGICAL_AND,
        operators::LOGICAL_OR,
        operators::LOGICAL_NOT,
        operators::NOT_STRICTLY_FALSE,
        operators::IN,
        matches::NAME,
        "bool",
        "contains",
        "double",
        "duration",
        "endsWith",
        "int",
        "size",
        "startsWith",
        "timestamp",
        "uint",
    ];
    SMALL.contains(&function)
}
