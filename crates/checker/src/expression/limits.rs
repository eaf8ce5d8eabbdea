//! Bounds on the shape of an expression, besides `goalpost_model::limits::MAX_EXPRESSION_BYTES`.

/// Brackets inside one another.
pub(super) const MAX_BRACKETS: usize = 32;
/// Words, numbers, texts and operators.
pub(super) const MAX_TOKENS: usize = 1_000;
/// Levels of the syntax tree.
pub(super) const MAX_LEVELS: usize = 100;
/// Nodes of the syntax tree, macros expanded.
pub(super) const MAX_NODES: usize = 2_000;
/// Comprehensions inside one another: with one, the cost is bounded by the size of the payloads.
pub(super) const MAX_COMPREHENSIONS: usize = 1;
