//! The types of expressions, as far as JSON Schemas say them.
//!
//! `kinds` are sets of kinds of values, `ty` is a type: kinds, and what is known of their parts;
//! `operators` says what each operator takes and gives; `sees` what each path is; `infer` walks an
//! expression. A type says what a value may be: whatever is not sure is left open, so nothing that could run
//! is refused.

mod compare;
mod infer;
mod kinds;
mod operators;
mod sees;
mod ty;

pub(crate) use infer::infer;
pub(crate) use kinds::Kinds;
pub(crate) use sees::{Sees, closed_schema};
pub(crate) use ty::Type;
