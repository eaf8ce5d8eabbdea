//! A condition on one path, and what it gives for a value of the path.

use std::cmp::Ordering;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use super::Cell;
use crate::expression::path::Path;

/// Up to here a whole number is the same as an int and as a double.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A condition on one path. Without a path it is constant.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) path: Option<Path>,
    formula: Formula,
    /// How many comparisons it has.
    pub(crate) size: usize,
}

/// What a condition gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    True,
    False,
    /// It cannot be evaluated.
    Fails,
}

#[derive(Clone, Debug)]
enum Formula {
    Constant(bool),
    /// The value itself.
    Value,
    /// The value is one of these.
    Among(Vec<Cell>),
    /// The value is a number that stands so to this one.
    Ordered(&'static [Ordering], f64),
    Not(Box<Formula>),
    And(Box<[Formula; 2]>),
    Or(Box<[Formula; 2]>),
}

impl Decision {
    /// Reads a condition; `None`: it does more than to compare one path with constants.
    pub(crate) fn read(tree: &IdedExpr, path_of: &dyn Fn(&IdedExpr) -> Option<Path>) -> Option<Self> {
        let mut reader = Reader { path_of, path: None, size: 0 };
        let formula = reader.node(tree)?;
        Some(Self { path: reader.path, formula, size: reader.size })
    }

    /// What it gives where the path leads to such a value.
    pub(crate) fn outcome(&self, value: &Cell) -> Outcome {
        self.formula.outcome(value)
    }

    /// The constants that the path is compared with. A value that is a condition itself is a boolean.
    pub(crate) fn constants(&self) -> Vec<Cell> {
        let mut found = Vec::new();
        self.formula.constants(&mut found);
        found
    }
}

struct Reader<'a> {
    path_of: &'a dyn Fn(&IdedExpr) -> Option<Path>,
    path: Option<Path>,
    size: usize,
}

impl Reader<'_> {
    fn node(&mut self, node: &IdedExpr) -> Option<Formula> {
        match &node.expr {
            Expr::Literal(LiteralValue::Boolean(flag)) => {
                self.size += 1;
                Some(Formula::Constant(*flag.inner()))
            }
            Expr::Call(call) if call.target.is_none() => match self.call(call) {
                // `tasks["a-b"].output["x"]` is a call, too.
                None => self.is_path(node).then_some(Formula::Value),
                found => found,
            },
            _ => self.is_path(node).then_some(Formula::Value),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Option<Formula> {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, [inner]) => Some(Formula::Not(Box::new(self.node(inner)?))),
            (operators::LOGICAL_AND, [left, right]) => {
                Some(Formula::And(Box::new([self.node(left)?, self.node(right)?])))
            }
            (operators::LOGICAL_OR, [left, right]) => {
                Some(Formula::Or(Box::new([self.node(left)?, self.node(right)?])))
            }
            (operators::IN, [value, list]) => {
                let Expr::List(list) = &list.expr else { return None };
                let values = list.elements.iter().map(constant).collect::<Option<Vec<_>>>()?;
                self.size += values.len();
                self.is_path(value).then_some(Formula::Among(values))
            }
            (operator, [left, right]) => match (constant(left), constant(right)) {
                (None, Some(constant)) => self.comparison(left, operator, constant),
                (Some(constant), None) => self.comparison(right, flipped(operator), constant),
                _ => None,
            },
            _ => None,
        }
    }

    fn comparison(&mut self, path: &IdedExpr, operator: &str, constant: Cell) -> Option<Formula> {
        let orders: &'static [Ordering] = match operator {
            operators::EQUALS => return self.is_path(path).then(|| Formula::Among(vec![constant])),
            operators::NOT_EQUALS => {
                let equal = self.is_path(path).then(|| Formula::Among(vec![constant]))?;
                return Some(Formula::Not(Box::new(equal)));
            }
            operators::LESS => &[Ordering::Less],
            operators::LESS_EQUALS => &[Ordering::Less, Ordering::Equal],
            operators::GREATER => &[Ordering::Greater],
            operators::GREATER_EQUALS => &[Ordering::Greater, Ordering::Equal],
            _ => return None,
        };
        let Cell::Number(bound) = constant else { return None };
        self.is_path(path).then_some(Formula::Ordered(orders, bound))
    }

    /// Whether the node is the path that this is all about.
    fn is_path(&mut self, node: &IdedExpr) -> bool {
        let is_test = matches!(&node.expr, Expr::Select(select) if select.test);
        let Some(path) = (self.path_of)(node).filter(|_| !is_test) else { return false };
        self.size += 1;
        *self.path.get_or_insert_with(|| path.clone()) == path
    }
}

fn flipped(operator: &str) -> &str {
    match operator {
        operators::LESS => operators::GREATER,
        operators::LESS_EQUALS => operators::GREATER_EQUALS,
        operators::GREATER => operators::LESS,
        operators::GREATER_EQUALS => operators::LESS_EQUALS,
        other => other,
    }
}

fn constant(node: &IdedExpr) -> Option<Cell> {
    let cell = match &node.expr {
        Expr::Literal(LiteralValue::Boolean(flag)) => Cell::Bool(*flag.inner()),
        Expr::Literal(LiteralValue::String(text)) => Cell::Text(text.inner().to_owned()),
        Expr::Literal(LiteralValue::Null) => Cell::Null,
        #[expect(clippy::cast_precision_loss, reason = "what is too large to be exact is left out below")]
        Expr::Literal(LiteralValue::Int(whole)) => Cell::Number(*whole.inner() as f64),
        Expr::Literal(LiteralValue::Double(double)) => Cell::Number(*double.inner()),
        Expr::Call(call) if call.func_name == operators::NEGATE => match constant(call.args.first()?)? {
            Cell::Number(number) => Cell::Number(-number),
            _ => return None,
        },
        _ => return None,
    };
    let is_exact = !matches!(cell, Cell::Number(number) if number.is_nan() || number.abs() > MAX_EXACT);
    is_exact.then_some(cell)
}

impl Formula {
    fn outcome(&self, value: &Cell) -> Outcome {
        match self {
            Self::Constant(flag) => Outcome::of(*flag),
            Self::Value => match value {
                Cell::Bool(flag) => Outcome::of(*flag),
                _ => Outcome::Fails,
            },
            Self::Among(values) => Outcome::of(values.contains(value)),
            Self::Ordered(orders, bound) => match value {
                Cell::Number(number) => {
                    Outcome::of(number.partial_cmp(bound).is_some_and(|order| orders.contains(&order)))
                }
                _ => Outcome::Fails,
            },
            Self::Not(inner) => match inner.outcome(value) {
                Outcome::True => Outcome::False,
                Outcome::False => Outcome::True,
                Outcome::Fails => Outcome::Fails,
            },
            Self::And(sides) => decided(sides, value, Outcome::False),
            Self::Or(sides) => decided(sides, value, Outcome::True),
        }
    }

    fn constants(&self, into: &mut Vec<Cell>) {
        match self {
            Self::Constant(_) => {}
            Self::Value => into.push(Cell::Bool(true)),
            Self::Among(values) => into.extend(values.iter().cloned()),
            Self::Ordered(_, bound) => into.push(Cell::Number(*bound)),
            Self::Not(inner) => inner.constants(into),
            Self::And(sides) | Self::Or(sides) => sides.iter().for_each(|side| side.constants(into)),
        }
    }
}

impl Outcome {
    const fn of(flag: bool) -> Self {
        if flag { Self::True } else { Self::False }
    }
}

/// Of `and` and `or`: one side that is `deciding` decides, even beside one that fails.
fn decided(sides: &[Formula; 2], value: &Cell, deciding: Outcome) -> Outcome {
    let sides = [sides[0].outcome(value), sides[1].outcome(value)];
    if sides.contains(&deciding) {
        deciding
    } else if sides.contains(&Outcome::Fails) {
        Outcome::Fails
    } else {
        sides[0]
    }
}
