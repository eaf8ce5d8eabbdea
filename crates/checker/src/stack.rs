//! Room for recursion over expressions and schemas, whatever thread it happens on.

/// Parsing and walking expressions within their limits needs a fraction of this, even unoptimised.
const PARSE_STACK_BYTES: usize = 32 << 20;
/// What evaluating one level of an expression takes at most, unoptimised.
const LEVEL_BYTES: usize = 48 << 10;

/// Runs `work` on a stack that is deep enough for all expressions of a blueprint.
/// The memory is only reserved: what is not used is never touched.
pub(crate) fn deep<T>(work: impl FnOnce() -> T) -> T {
    stacker::grow(PARSE_STACK_BYTES, work)
}

/// Runs `work`, which evaluates an expression of so many levels; on the current stack if that has room.
pub(crate) fn for_levels<T>(levels: usize, work: impl FnOnce() -> T) -> T {
    let need = (levels + 4) * LEVEL_BYTES;
    stacker::maybe_grow(need, need + (1 << 20), work)
}
