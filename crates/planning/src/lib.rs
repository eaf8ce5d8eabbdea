//! The capability catalog and the deterministic planner. Pure: no IO, no clock, no random numbers.
//!
//! A [`Catalog`] is read from YAML: capabilities, and methods that reach goals with them.
//! [`plan`] finds the method for a goal, plans its nested goals, and puts everything together
//! into one checked blueprint:
//!
//! ```text
//! GoalRequest -> method::matches (pattern, type) -> precondition -> assemble -> splice -> check -> Plan
//!                      ^                                              |
//!                      +------------- nested goals -------------------+
//! ```
//!
//! The format of a catalog is described in `docs/catalog.md`.

mod assemble;
mod catalog;
mod fragment;
mod goal;
mod graph;
pub mod llm;
mod method;
mod mistake;
mod no_plan;
mod parse;
mod pattern;
mod placeholder;
mod precondition;
mod raw;
mod rename;
mod sample;
mod scope;
mod search;
mod splice;
mod template;
mod tokens;
mod yaml;

pub use catalog::{Catalog, Source};
pub use goal::GoalRequest;
pub(crate) use method::Method;
pub use mistake::{Mistake, Mistakes};
pub use no_plan::{NoPlan, Rejection};
pub use search::{Plan, plan};
