//! Expressions: CEL over the goal and the tasks of one workflow.
//!
//! `parse` bounds and parses the text; `analyse` finds what is wrong with it and what it reads; `types` says
//! what its value may be, and `decision` when a condition holds, as far as schemas and constants say it;
//! `rewrite` replaces what it reads by numbered slots; `evaluate` fills the slots from a
//! [`Scope`](crate::Scope) and runs the rest in CEL. An expression that is only a path, the usual
//! data flow, never touches CEL.

mod analyse;
mod cel_value;
mod cost;
mod decision;
mod evaluate;
mod functions;
mod growth;
mod limits;
mod matches;
mod parse;
mod path;
#[cfg(test)]
mod reference;
mod rewrite;
#[cfg(test)]
mod soundness;
mod tasks;
mod types;

pub(crate) use analyse::{Analysis, Known, Read, analyse};
pub(crate) use decision::{Cell, Decision, Outcome, cells};
pub(crate) use evaluate::Expression;
pub(crate) use parse::tree;
pub(crate) use path::{Key, Path, Root, Variable, children, task_path};
pub(crate) use tasks::TaskNames;
pub(crate) use types::{Kinds, Sees, Type};
