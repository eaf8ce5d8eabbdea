//! What evaluating an expression may cost, bounded before it runs.
//!
//! A loop over a large list that reads a large value each time would cost their product. So what happens in
//! the bodies of its loops is counted once, and for each evaluation multiplied by the elements there can be.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators};
use goalpost_model::limits::MAX_PAYLOAD_BYTES;
use serde_json::Value;

use super::growth::{Growth, uses};
use super::limits::{COMPUTED_PATTERN_WORK, MAX_CACHED_PATTERNS, MAX_WORK};
use super::matches;
use super::path::children;

/// So many values cannot cost too much if each is read once.
const FREE_READS: usize = MAX_WORK / MAX_PAYLOAD_BYTES;

/// What happens in the bodies of an expression's loops.
#[derive(Clone, Debug, Default)]
pub(super) struct Cost {
    has_loops: bool,
    /// How often something is read outside of loops.
    reads_once: usize,
    /// Nodes of the whole expression.
    nodes: usize,
    /// Work of one turn that no value matters for.
    fixed: usize,
    /// How many patterns a turn looks for that are constants.
    patterns: usize,
    /// How often a turn looks at its element.
    elements: usize,
    /// Variables of values that a turn reads.
    reads: Vec<Read>,
    growth: Growth,
}

#[derive(Clone, Debug)]
struct Read {
    variable: String,
    how: How,
}

/// How much of a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Whole,
    /// `x[key]`.
    Entry,
    /// `key in x`.
    Key,
}

impl Cost {
    /// Of an expression whose reads are variables.
    pub(super) fn of(tree: &IdedExpr) -> Self {
        let mut cost = Self::default();
        cost.outside(tree);
        if cost.patterns > MAX_CACHED_PATTERNS {
            cost.fixed += cost.patterns * COMPUTED_PATTERN_WORK;
        }
        cost
    }

    fn outside(&mut self, node: &IdedExpr) {
        self.nodes += 1;
        self.reads_once += usize::from(matches!(&node.expr, Expr::Ident(name) if name.starts_with('@')));
        let Expr::Comprehension(inner) = &node.expr else {
            return children(node).into_iter().for_each(|child| self.outside(child));
        };
        self.has_loops = true;
        self.growth.then(uses(&inner.loop_step, &inner.iter_var));
        self.outside(&inner.iter_range);
        for part in [&inner.accu_init, &inner.loop_cond, &inner.loop_step, &inner.result] {
            self.inside(part, inner, How::Whole);
        }
    }

    fn inside(&mut self, node: &IdedExpr, around: &ComprehensionExpr, how: How) {
        self.nodes += 1;
        self.fixed += 1;
        match &node.expr {
            Expr::Ident(name) if *name == around.iter_var => self.elements += 1,
            Expr::Ident(name) if name.starts_with('@') => {
                self.reads.push(Read { variable: name.clone(), how });
            }
            Expr::Literal(LiteralValue::String(text)) => self.fixed += text.inner().len(),
            Expr::Literal(LiteralValue::Bytes(bytes)) => self.fixed += bytes.inner().len(),
            Expr::Call(call) if call.func_name == matches::NAME => {
                let is_constant = has_constant_pattern(call);
                self.patterns += usize::from(is_constant);
                self.fixed += if is_constant { 0 } else { COMPUTED_PATTERN_WORK };
            }
            _ => {}
        }
        let looked_up = looked_up(node);
        for child in children(node) {
            let how = looked_up.filter(|(object, _)| std::ptr::eq(*object, child));
            self.inside(child, around, how.map_or(How::Whole, |(_, how)| how));
        }
    }

    /// Refuses an evaluation over these values, by variable, that would cost too much.
    pub(super) fn check<'v>(&self, values: impl Iterator<Item = (&'v str, &'v Value)>) -> Result<(), String> {
        if !self.has_loops && self.reads_once <= FREE_READS {
            return Ok(());
        }
        let (mut turns, mut weight, mut read) = (self.nodes, 0_usize, self.fixed);
        for (variable, value) in values {
            turns += longest(value);
            weight += self::weight(value);
            read += self
                .reads
                .iter()
                .filter(|read| read.variable == variable)
                .map(|read| read.weight(value))
                .sum::<usize>();
        }
        let once = turns.saturating_mul(read).saturating_add((1 + self.elements).saturating_mul(weight));
        let work = once.saturating_mul(self.growth.factor());
        if work > MAX_WORK {
            return Err(format!(
                "it would cost up to {work} steps, over lists of {turns} elements; {MAX_WORK} are allowed"
            ));
        }
        Ok(())
    }
}

impl Read {
    fn weight(&self, value: &Value) -> usize {
        match (self.how, value) {
            (How::Entry, Value::Object(fields)) => fields.values().map(weight).max().unwrap_or_default(),
            (How::Entry, Value::Array(items)) => items.iter().map(weight).max().unwrap_or_default(),
            (How::Key, Value::Object(_)) => 1,
            _ => weight(value),
        }
    }
}

fn has_constant_pattern(call: &CallExpr) -> bool {
    matches!(call.args.last().map(|pattern| &pattern.expr), Some(Expr::Literal(_)))
}

/// What a node looks into: `x` of `x[key]` and of `key in x`.
fn looked_up(node: &IdedExpr) -> Option<(&IdedExpr, How)> {
    let Expr::Call(call) = &node.expr else { return None };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::INDEX, [object, _]) => Some((object, How::Entry)),
        (operators::IN, [_, object]) => Some((object, How::Key)),
        _ => None,
    }
}

/// Values inside of a value, and the bytes of its texts.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::String(text) => 1 + text.len(),
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Object(fields) => {
            1 + fields.iter().map(|(name, value)| name.len() + weight(value)).sum::<usize>()
        }
    }
}

/// How many elements the longest list or object inside of a value has.
fn longest(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        Value::Array(items) => items.iter().map(longest).fold(items.len(), usize::max),
        Value::Object(fields) => fields.values().map(longest).fold(fields.len(), usize::max),
    }
}
