//! Bounds on the shape of an expression, besides `goalpost_model::limits::MAX_EXPRESSION_BYTES`.

/// Brackets inside one another.
pub(super) const MAX_BRACKETS: usize = 32;
/// Words, numbers, texts and operators.
pub(super) const MAX_TOKENS: usize = 1_000;
/// Levels of the syntax tree.
pub(super) const MAX_LEVELS: usize = 100;
/// Nodes of the syntax tree, macros expanded.
pub(super) const MAX_NODES: usize = 2_000;
/// Comprehensions inside one another.
pub(super) const MAX_COMPREHENSIONS: usize = 1;
/// Steps that an evaluation with loops may cost: elements, times what happens with each; see `cost`.
pub(super) const MAX_WORK: usize = 1 << 24;
/// Steps for a pattern of `matches` that is computed for each element: it is compiled each time.
pub(super) const COMPUTED_PATTERN_WORK: usize = 1 << 14;
/// Bytes of a compiled pattern of `matches`.
pub(super) const MAX_PATTERN_BYTES: usize = 1 << 20;
/// Compiled patterns that a thread keeps.
pub(super) const MAX_CACHED_PATTERNS: usize = 16;
